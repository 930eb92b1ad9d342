"""The reader's own copy of the notebooks, in ``my-course/``: safe when the course is updated.

``plain``    a chapter as Jupyter shows it: Markdown without directives, exercises that start from a stub
``merge``    carries the reader's cells over into a new version of a chapter
``copies``   makes and renews the copies, and says where the reader left off
"""
