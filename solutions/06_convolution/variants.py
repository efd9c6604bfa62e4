"""Letters of students' own, for `course build 06_convolution --variants` (docs/grading.md)."""

from course_tools.grading.orders import shuffle

shuffle("unchanged")
