"""Letters of students' own, for `course build 10_segmentation --variants` (docs/grading.md)."""

from course_tools.grading.orders import shuffle

shuffle("unchanged")
