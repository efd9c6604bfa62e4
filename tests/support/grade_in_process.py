"""Run by tests in a process of its own: one batch of the small course in the folder given, which may be killed."""

import sys
from pathlib import Path

from course_tools.grading.engine import workers

if __name__ == "__main__":
    workers.begin(unsafe=False)  # as the command does
    from tests.support import grading_course

    summary = grading_course.grade(Path(sys.argv[1]), count=int(sys.argv[2]))
    for row in summary.rows:
        print(row.student, "no mark" if row.score is None else f"{row.score:g}", "; ".join(row.person), sep="\t")
