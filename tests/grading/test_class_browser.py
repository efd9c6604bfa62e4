"""nbgrader's four JupyterLab extensions in a real browser: the student's two, then the instructor's two.

The tests run in order on one course: what the student hands in, the instructor collects and grades.
"""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_tools import demo
from course_tools.authoring import build
from course_tools.grading.course import Course
from course_tools.paths import ROOT
from tests.support import patience
from tests.support.patience import wait_until

TINY = ROOT / "tests" / "support" / "tiny_course" / "solutions" / "90_tiny" / "90_tiny.py"
NAME = "90_tiny"
START = """
import sys, pathlib
from course_tools.paths import ROOT
from course_tools.lab import lab
lab.run(sys.argv[3:], sys.argv[2] == "edit", pathlib.Path(sys.argv[1]))
"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one released assignment."""
    folder = demo.prepare(tmp_path_factory.mktemp("course"), TINY)
    build.environment_on_path()
    for step in ("generate_assignment", "release_assignment"):
        command = [
            sys.executable,
            "-m",
            "nbgrader",
            step,
            NAME,
            *(["--force"] if step == "generate_assignment" else []),
        ]
        subprocess.run(command, cwd=folder, env=environment(folder), check=True, capture_output=True)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """The environment of somebody whose home is `folder`/home: no settings of the machine's user."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "XDG_", "COURSE_"))}
    return kept | {"HOME": str(folder / "home"), "COURSE_EXCHANGE": str(folder / ".grading" / "exchange")}


@pytest.fixture
def lab(course: Path, free_port: Callable[[], int], request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a JupyterLab that `course lab` (or, as parameter "edit", `course lab --edit`) opened."""
    port = free_port()
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command = [sys.executable, "-c", START, str(course), request.param, *options]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=environment(course), start_new_session=True, **quiet)
    try:
        wait_for(f"http://localhost:{port}/api", server)
        yield f"http://localhost:{port}/lab"
    finally:
        end(server)


def end(server: subprocess.Popen) -> None:
    """Ask JupyterLab to end; when it waits for a kernel, end it with its kernels."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait(10)


def wait_for(address: str, server: subprocess.Popen) -> None:
    def answers() -> bool:
        assert server.poll() is None, "JupyterLab ended"
        with suppress(OSError):
            urllib.request.urlopen(address, timeout=patience.SECONDS).close()
            return True
        return False

    wait_until(answers, "JupyterLab answers")


def open_lab(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 1400, "height": 1000})
    page.goto(address)
    page.wait_for_selector("#jp-main-dock-panel")
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def choose(page: Any, entry: str) -> None:
    """An entry of the menu Nbgrader."""
    page.locator(".lm-MenuBar-item", has_text="Nbgrader").click()
    page.locator(".lm-Menu-itemLabel", has_text=entry).first.click()


@pytest.mark.parametrize("lab", ["student"], indirect=True)
def test_a_student_validates_and_hands_in(lab: str, course: Path, page: Any) -> None:
    solved = demo.solutions(build.nbgrader_source(TINY))
    copy = course / "work" / "assignments" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(copy, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = solved[name] if name in solved and name != "variance" else cell.source
    nbformat.write(notebook, copy)

    open_lab(page, f"{lab}/tree/assignments/{NAME}/{NAME}.ipynb")
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog", has_text="Validation Results")
    dialog.wait_for()
    assert "variance" in dialog.inner_text()
    assert "3 of 4 checks hold, 5 of 8 points" in dialog.inner_text()
    assert "The following cell failed" not in dialog.inner_text()  # the course's style sheet is there
    page.keyboard.press("Escape")
    label = page.locator(".lm-TabBar-tab", has_text=f"{NAME}.ipynb").locator(".lm-TabBar-tabLabel")
    assert label.evaluate("label => getComputedStyle(label, '::before').content") == '"Exercises "'

    choose(page, "Assignment List")
    page.get_by_role("button", name="Submit").click()
    page.locator("#submitted_assignments_list", has_text=NAME).wait_for()
    assert list((course / ".grading" / "exchange").glob(f"*/inbound/*+{NAME}+*"))


@pytest.mark.parametrize("lab", ["edit"], indirect=True)
def test_an_instructor_grades_in_formgrader(lab: str, course: Path, page: Any) -> None:
    open_lab(page, lab)
    choose(page, "Formgrader")
    frame = page.frame_locator("iframe")
    row = frame.locator("tbody tr", has_text=NAME)
    row.locator(".collect a").click()
    frame.get_by_text("Successfully collected").wait_for()
    frame.locator(".modal-footer button").first.click()
    row.locator(".num-submissions a").click()
    frame.locator("tbody tr .autograde a").first.click()
    frame.get_by_text("Successfully autograded").wait_for()
    with Course(course).gradebook() as book:
        [submission] = book.assignment_submissions(NAME)
        assert {g.name: g.auto_score for n in submission.notebooks for g in n.grades}["test_relu"] == 2
        assert {g.name: g.auto_score for n in submission.notebooks for g in n.grades}["test_variance"] == 0


@pytest.mark.parametrize("lab", ["edit"], indirect=True)
def test_an_author_sees_points_in_create_assignment(lab: str, page: Any) -> None:
    open_lab(page, f"{lab}/tree/solutions/{NAME}/{NAME}.ipynb")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_role("tab", name="Create Assignment").click()
    panel = page.locator(".nbgrader-NotebookPanelWidget")
    panel.first.wait_for()
    assert "10" in page.locator(".nbgrader-TotalPointsInput").first.input_value()
