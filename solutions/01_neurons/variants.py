"""Letters of students' own, for `course build 01_neurons --variants` (docs/grading.md)."""

from course_tools.grading.orders import shuffle

shuffle("separable")
