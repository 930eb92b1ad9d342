"""What a course made with Jupyter Book needs.

Quizzes, progress, glossary links, figures that move, and the reader's own notebooks. It knows
Sphinx and MyST-NB, and nothing of the course that uses it.
"""
