"""Letters of students' own, for `course build 09_localization --variants` (docs/grading.md)."""

from course_tools.grading.orders import shuffle

shuffle("invariances")
