"""nbgrader's settings for this course: docs/instructors.md says what each folder holds.

The exchange, through which a class on one machine fetches and hands in, is .grading/exchange unless the environment
variable COURSE_EXCHANGE names a folder that everybody can reach, for example /srv/nbgrader/exchange.
"""

import os
from pathlib import Path

from course_tools.grading.nbgrader_0_9.plug import plug_in

ROOT = Path(__file__).absolute().parent  # where a link to this file lies, if it is one: a student's, on a hub
c = get_config()  # noqa: F821  (traitlets runs this file and provides it)

for folder in (".grading", "work/assignments"):  # neither sqlite nor the assignment list makes its own
    (ROOT / folder).mkdir(parents=True, exist_ok=True)

c.CourseDirectory.course_id = "deep-learning-by-hand"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
for step in ("submitted", "autograded", "feedback", "solution", "source_with_tests"):
    setattr(c.CourseDirectory, f"{step}_directory", f".grading/{step}")
c.CourseDirectory.db_url = f"sqlite:///{ROOT}/.grading/gradebook.db"

# nbgrader copies the files beside a source notebook to the students, and into each graded submission: what must
# never get there is a Python file (the sources, slips.py) or lies in a folder called `private`.
c.CourseDirectory.ignore = [
    *("*.py", "*.py[co]", "__pycache__", "private", "variants.json"),
    *(".*", "*~", "*.bak", "*.orig", "*.swp"),
    "feedback",  # what a student fetched earlier is not handed in again
]

c.Exchange.root = os.environ.get("COURSE_EXCHANGE", str(ROOT / ".grading" / "exchange"))
c.Exchange.assignment_dir = str(ROOT / "work" / "assignments")

# `nbgrader zip_collect`: the archive that a learning management system gives out
c.ZipCollectApp.downloaded_directory = ".grading/downloaded"
c.FileNameCollectorPlugin.named_regexp = r".*/(?P<student_id>[^/]+)/(?P<file_id>[^/]+)\.ipynb$"

# Executing and judging submissions: sandboxed and sealed (docs/grading.md), for nbgrader autograde, formgrader and
# `course grade` alike; and how zip_collect reads the archive
plug_in(c)
