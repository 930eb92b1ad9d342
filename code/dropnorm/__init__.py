"""Dropout and batch normalization in 2D convolutional networks, put to the test.

``dropnorm.data``         the images
``dropnorm.figures``      one visual style
``dropnorm.scratch``      the layers in NumPy
``dropnorm.experiments``  trials, studies and statistics in PyTorch
``dropnorm.exercises``    what the exercises ask, and the checkers that answer
"""

__version__ = "0.1.0"
