"""The experiments of the course in PyTorch.

``trial``       everything that decides a run
``model``       the running CNN
``training``    ``run_trial``: trial → record
``records``     records on disk, one JSON line each
``studies``     named lists of trials, each answering one question
``runner``      runs what is missing of a study
``statistics``  paired differences with intervals
"""
