"""Letters of students' own, for `course build 05_generalization --variants` (docs/grading.md)."""

from course_tools.grading.orders import shuffle

shuffle("optimistic", task={"And five more:\n\n": ""})
