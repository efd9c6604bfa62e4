"""Letters of students' own, for `course build 11_detection --variants` (docs/grading.md)."""

from course_tools.grading.orders import shuffle

shuffle("unchanged")
