"""What a chapter imports and is not deep learning: data, pictures, checks, widgets.

Nothing is imported here, so that nobody waits for torch who does not use it. Chapters import what they use:
``from course_utils import check, data, plots``.
"""

__version__ = "0.1.0"
