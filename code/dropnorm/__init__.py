"""Dropout and batch normalization in 2D convolutional networks, put to the test.

``dropnorm.data``          the images
``dropnorm.figures``       one visual style
``dropnorm.notebook``      numbers and intervals on their way into the text
``dropnorm.scratch``       the layers in NumPy
``dropnorm.experiments``   trials, studies and statistics in PyTorch
``dropnorm.claims``        what the course claims, and the rule that judges it
``dropnorm.replications``  published figures beside ours, one paper a module
``dropnorm.exercises``     what the exercises ask, and the checkers that answer
``dropnorm.doctor``        examines a PyTorch model of your own
"""

__version__ = "0.1.0"
