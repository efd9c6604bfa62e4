"""What a shut-in process can still read: Python and the course, wherever they lie; and that it changes none of it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from course_tools.paths import ROOT

PROGRAM = """
import os, sys
from course_tools.grading.inside import lockdown

folder = sys.argv[1]
lockdown.shut_in([sys.prefix, sys.base_prefix, folder])
print(open(f"{folder}/lesson.py").read())
import fractions  # a module that nobody had asked for before
for name in (f"{folder}/lesson.py", f"{folder}/new.py"):
    try:
        open(name, "w")
        print("written", name)
    except OSError:
        pass
print(sorted(os.listdir("/tmp")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has namespaces and Landlock")
def test_a_course_below_the_scratch_folder_can_be_read_and_not_written() -> None:
    """The empty /tmp of each child would hide it, and what is imported late would not be found."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="course-lock-") as folder:
        package = Path(folder, "deep", "course_utils")
        package.mkdir(parents=True)
        (package / "lesson.py").write_text("taught = 1")
        Path(folder, "secret").write_text("not for a student")
        command = [sys.executable, "-c", PROGRAM, str(package)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert ran.returncode == 0, ran.stderr
        assert "taught = 1" in ran.stdout
        assert "written" not in ran.stdout
        assert (package / "lesson.py").read_text() == "taught = 1"
        shown = ran.stdout.splitlines()[-1]
        assert shown == str([Path(folder).name]) or sys.prefix.startswith("/tmp/"), shown


LATE = """
def softmax(Z):
    from course_utils import theme, plots
    from fractions import Fraction
    import mailbox
    E = (Z - Z.amax(1, keepdim=True)).exp()
    return E / E.sum(1, keepdim=True)
"""


def test_an_answer_may_import_late(tmp_path: Path) -> None:
    """What an answer imports while it is graded is found: the course's own modules, and Python's."""
    from tests.support import grading_course as course

    root = course.make(tmp_path)
    solved = course.solved(root)
    course.cell(solved, "softmax").source = LATE
    course.hand_in(root, "ada", solved)
    assert course.marks(course.grade(root, count=1), "ada")["test_softmax"] == course.FULL["test_softmax"]
