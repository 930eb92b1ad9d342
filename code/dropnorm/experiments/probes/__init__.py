"""What is measured of a network besides loss and accuracy, without a change to its training.

A probe is a module of its name with one function: ``measure(trained)`` at the end, or
``observer(trial, images)`` for looks on the way, one a point of the curves. ``registry`` says of
each which trials it knows: to add a probe, write its module and its line there.
"""
