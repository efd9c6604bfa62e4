"""The parts of the course that are not deep learning: data, pictures, checks, widgets, grading.

Nothing is imported here, so that ``course --help`` does not wait for torch.
Chapters import what they use: ``from course_utils import check, data, plots``.
"""

__version__ = "0.1.0"
