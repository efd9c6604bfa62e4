"""A batch: resumed, killed, locked, late, unsafe, as an ordinary user, on a Dask cluster, through nbgrader."""

import contextlib
import csv
import itertools
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course_tools.grading import grade
from course_tools.grading.engine import program, runner, sandbox, workers
from course_tools.grading.grade import Summary
from course_tools.grading.inside import lockdown
from course_tools.paths import ROOT
from course_utils.errors import CourseError
from tests.support import grading_course as course
from tests.support import patience
from tests.support.patience import wait_until

ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": str(ROOT),
    "PYTHONWARNINGS": "ignore",
    "OMP_NUM_THREADS": "1",
}
SCRIPT = course.HERE / "grade_in_process.py"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with three submissions: all right, half right, nothing done."""
    root = course.make(tmp_path_factory.mktemp("small"))
    solved = course.solved(root)
    course.hand_in(root, "ada", solved)
    course.cell(solved, "softmax").source = "def softmax(Z): return Z"
    course.hand_in(root, "bob", solved)
    released = nbformat.read(root / "assignments" / course.NAME / f"{course.NAME}.ipynb", as_version=4)
    course.hand_in(root, "eve", released)
    return root


@pytest.fixture(scope="module")
def graded(small: Path) -> Summary:
    """The first batch of the small course."""
    return course.grade(small)


def scores(summary: Summary) -> dict[str, float]:
    return {row.student: row.score for row in summary.rows}


def test_the_marks_of_a_class(graded: Summary) -> None:
    assert scores(graded) == {"ada": 9.0, "bob": 7.0, "eve": 0.0}
    assert (graded.graded, graded.already) == (3, 0)


def test_a_second_batch_grades_nothing_again(small: Path, graded: Summary) -> None:
    again = course.grade(small)
    assert (again.graded, again.already) == (0, 3)
    assert scores(again) == scores(graded)


def test_feedback_names_checks_and_hints_and_hides_the_rest(small: Path, graded: Summary) -> None:
    html = course.outputs(small, "bob")["test_softmax"][0]["data"]["text/html"]
    assert "softmax: ordinary scores" in html
    for path in (small / ".grading" / "autograded").glob("*/*/*.ipynb"):
        text = path.read_text()
        assert "seal(" not in text
        assert "author import" not in text
        assert "Traceback" not in str(course.outputs(small, path.parent.parent.name)["test_linear"][0])


KEEPS = """
def softmax(Z):
    globals().setdefault("seen", []).append(Z)
    print("KEPT", Z)
    e = (Z - Z.max(dim=1, keepdim=True).values).exp()
    return e / e.sum(dim=1, keepdim=True)
"""


def test_no_hidden_input_is_shown_by_what_runs_later(tmp_path: Path) -> None:
    """An answer keeps what it is given; later cells and checks print it, raise it and draw it."""
    root = course.make(tmp_path)
    notebook = course.solved(root)
    course.cell(notebook, "softmax").source = KEEPS
    show = "print('KEPT', seen)", "raise ValueError(f'KEPT {seen}')", "from IPython.display import display, HTML"
    for code in (*show, "display(HTML(f'KEPT {seen}'))"):
        notebook.cells.append(nbformat.v4.new_code_cell(code))
    own = course.cell(notebook, "linear")
    own.source = f"print('KEPT', seen)\n{own.source}"
    notebook.cells.insert(1, nbformat.v4.new_code_cell("print('this is shown')"))
    course.hand_in(root, "eve", notebook)
    summary = course.grade(root)
    assert scores(summary) == {"eve": 9.0}
    path = root / ".grading" / "autograded" / "eve" / course.NAME / f"{course.NAME}.ipynb"
    shown = str([cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells])
    assert "this is shown" in shown
    assert shown.count("left out, for it ran after hidden checks") == 4
    assert "It stopped with ValueError." in shown
    assert shown.count("KEPT") <= 1, "the visible check of softmax ran before anything hidden"


def test_a_changed_submission_is_graded_again_and_manual_marks_stay(small: Path, graded: Summary) -> None:
    with Gradebook(f"sqlite:///{small}/.grading/gradebook.db", "deep-learning-by-hand") as book:
        grade = book.find_grade("test_softmax", course.NAME, course.NAME, "bob")
        grade.manual_score = 1.5
        book.db.commit()
    course.hand_in(small, "bob", course.solved(small))
    again = course.grade(small)
    assert again.graded == 1
    assert course.marks(again, "bob")["test_softmax"] == 1.5
    assert scores(again)["bob"] == 8.5


def test_a_corrected_test_regrades_everybody(small: Path, graded: Summary) -> None:
    source = small / "solutions" / course.NAME / f"{course.NAME}.py"
    source.write_text(source.read_text().replace("momentum: from rest", "momentum: corrected"))
    again = course.grade(small)
    assert again.graded == 3
    assert course.marks(again, "bob")["test_softmax"] == 1.5


def test_only_one_student(small: Path, graded: Summary) -> None:
    assert [row.student for row in course.grade(small, only="ada").rows] == ["ada"]
    with pytest.raises(CourseError, match="nobody has handed in nothing"):
        course.grade(small, only="nobody")


def test_marks_are_written_as_csv(small: Path, graded: Summary, tmp_path: Path) -> None:
    grade.write_csv(tmp_path / "marks.csv", graded.rows)
    rows = list(csv.DictReader((tmp_path / "marks.csv").open()))
    assert (rows[0]["student"], rows[0]["score"], rows[0]["test_linear"]) == ("ada", "9", "2")


def test_two_batches_at_once_are_refused(small: Path) -> None:
    again = pytest.raises(CourseError, match="being graded already")
    with grade._only_batch(small, course.NAME), again, grade._only_batch(small, course.NAME):
        pass


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('seal("accuracy: all right"', 'seal("accuracy: random scores"', "twice"),
        ("return X @ W.T + b", "return X @ W.T + b + undefined", "undefined"),
        ("accuracy(torch.eye(4), torch.arange(4)), rule=number()", "print", "hands out"),
        ("linear(torch.randn(5, 3), torch.randn(7, 3), torch.randn(7))", "1 / 0", "ZeroDivisionError"),
        (
            "linear(torch.randn(5, 3), torch.randn(7, 3), torch.randn(7))",
            "torch.ones(2)",
            "is the same in each batch",
        ),
    ],
)
def test_an_assignment_that_cannot_earn_full_marks_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    root = course.make(tmp_path)
    course.hand_in(root, "ada", course.solved(root))
    source = root / "solutions" / course.NAME / f"{course.NAME}.py"
    source.write_text(source.read_text().replace(old, new))
    with pytest.raises(CourseError, match=said):
        course.grade(root)


# -- killed ---------------------------------------------------------------------------------------------------


def _start(root: Path, count: int = 2) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(root), str(count)], env=ENVIRONMENT)


def _kept(root: Path) -> dict[str, tuple]:
    """What the gradebook holds for each kept result, and when its graded notebook was written."""
    path = root / ".grading" / "gradebook.db"
    if not path.exists():
        return {}
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'course_grading'").fetchone():
            return {}
        kept = {}
        for student, fingerprint in db.execute("SELECT student, fingerprint FROM course_grading").fetchall():
            marks = db.execute(
                "SELECT auto_score FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id "
                "JOIN submitted_assignment a ON n.assignment_id = a.id WHERE student_id = ? ORDER BY cell_id",
                (student,),
            ).fetchall()
            notebook = root / ".grading" / "autograded" / student / course.NAME / f"{course.NAME}.ipynb"
            kept[student] = (fingerprint, marks, notebook.stat().st_mtime_ns)
    return kept


KILLS = int(os.environ.get("COURSE_KILLS", "12"))  # 100 were tried


def _class(root: Path, size: int) -> None:
    solved = course.solved(root)
    for i in range(size):
        course.hand_in(root, f"student{i:03}", solved)


def _graded(root: Path) -> int:
    return len(list(root.glob(f".grading/autograded/*/{course.NAME}/{course.NAME}.ipynb")))


def _until_it_grades(root: Path, process: subprocess.Popen, rng: random.Random) -> None:
    """Wait for a result, and for some submissions more."""
    done = _graded(root)
    wait_until(lambda: _graded(root) > done, "the batch grades")
    time.sleep(rng.uniform(0, 0.3))
    assert process.poll() is None


def _for_a_while(root: Path, process: subprocess.Popen, rng: random.Random) -> None:
    """Wait anything from the start of the process to the end of a small batch."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(rng.uniform(0.5, 8.0))


def _killed_and_resumed(root: Path, kills: int, wait: Callable[..., None]) -> None:
    """Kill a batch at random moments; what was kept stays as it is, and the last batch ends with all marks."""
    rng = random.Random(kills)
    before: dict[str, tuple] = {}
    for _ in range(kills):
        process = _start(root)
        wait(root, process, rng)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = _kept(root)
        assert {student: kept.get(student) for student in before} == before
        before = kept
    assert _start(root).wait(patience.SECONDS) == 0
    kept = _kept(root)
    assert {student: kept[student] for student in before} == before
    assert [sum(mark for (mark,) in marks) for _, marks, _ in kept.values()] == [9.0] * len(kept)


def test_a_killed_batch_goes_on_where_it_was(tmp_path: Path) -> None:
    root = course.make(tmp_path)
    _class(root, 40)
    _killed_and_resumed(root, 3, _for_a_while)
    assert len(_kept(root)) == 40


@pytest.mark.slow
def test_a_batch_killed_while_it_grades_goes_on_where_it_was(tmp_path: Path) -> None:
    root = course.make(tmp_path)
    _class(root, 20 * KILLS)
    _killed_and_resumed(root, KILLS, _until_it_grades)
    assert len(_kept(root)) == 20 * KILLS


def _alive(text: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if text.encode() in path.read_bytes():
                return True
    return False


def test_nothing_survives_a_killed_grader(tmp_path: Path) -> None:
    """Not the warm process, and not what a submission started."""
    root = course.make(tmp_path)
    notebook = course.solved(root)
    nap = f"31415.{os.getpid()}"  # seconds that no other process of this machine sleeps
    course.cell(notebook, "linear").source = f"import subprocess\nsubprocess.run(['sleep', '{nap}'])"
    course.hand_in(root, "sleeper", notebook)
    process = _start(root)
    wait_until(lambda: _alive(nap), "the submission sleeps")
    started = _descendants(process.pid)
    assert len(started) > 2  # bubblewrap, the warm process and its children
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not _alive(nap), "what the submission started has ended")
    wait_until(lambda: not [pid for pid in started if Path(f"/proc/{pid}").exists()], "the warm process has ended")


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.9])
def test_a_warm_process_that_still_imports_ends_with_its_grader(seconds: float, tmp_path: Path) -> None:
    root = course.make(tmp_path)
    process = _start(root)
    wait_until(lambda: _descendants(process.pid), "the warm process has started")
    time.sleep(seconds)
    started = _descendants(process.pid)
    assert started
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not [pid for pid in started if Path(f"/proc/{pid}").exists()], "the warm process has ended")


def _descendants(pid: int) -> list[int]:
    """The processes that `pid` started, and those that they started."""
    children = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                children.append(int(path.parent.name))
    return [*children, *(grandchild for child in children for grandchild in _descendants(child))]


# -- with and without a sandbox -------------------------------------------------------------------------------


def test_without_bubblewrap_it_refuses_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    said = sandbox.missing.__wrapped__()
    assert "apt install bubblewrap" in said
    assert "--unsafe" in said


def test_without_landlock_or_linux_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockdown, "landlock_version", lambda: 0)
    assert "Landlock" in sandbox.missing.__wrapped__()
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    for unsafe in (False, True):
        with pytest.raises(CourseError, match="on Linux only"):
            sandbox.require(unsafe)


def test_unsafe_runs_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = course.make(tmp_path)
    course.hand_in(root, "ada", course.solved(root))
    monkeypatch.setattr(sandbox, "missing", lambda: "There is no sandbox.")
    workers.close()  # an earlier test's warm process has a sandbox already
    with pytest.raises(CourseError, match="no sandbox"):
        course.grade(root)
    summary = course.grade(root, unsafe=True)
    assert scores(summary) == {"ada": 9.0}
    assert "--unsafe" in summary.warnings[0]


READABLE = """
set -e
keep=$(mktemp -d)
for folder in "$@"; do
    case "$folder" in /root/*)
        mkdir -p "$keep$folder"; mount --bind "$folder" "$keep$folder";;
    esac
done
mount -t tmpfs -o mode=755 tmpfs /root
for folder in "$@"; do
    case "$folder" in /root/*)
        mkdir -p "$folder"; mount --bind "$keep$folder" "$folder";;
    esac
done
exec setpriv --reuid=4321 --regid=4321 --clear-groups "$PYTHON" "$SCRIPT" "$ROOT" 2
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter. Not pytest's: each pytest that starts shuts the one that they share."""
    folder = Path(tempfile.mkdtemp(prefix="course-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_as_an_ordinary_user(open_folder: Path) -> None:
    """As root, a batch is run as a user without rights, with the interpreter made readable in a mount of its own."""
    if os.getuid():
        pytest.skip("this machine's user is an ordinary one: every other test is this one")
    root = course.make(open_folder)
    course.hand_in(root, "ada", course.solved(root))
    for path in [root, *root.rglob("*")]:
        os.chown(path, 4321, 4321, follow_symlinks=False)
    extra = {"PYTHON": sys.executable, "SCRIPT": str(SCRIPT), "ROOT": str(root), "HOME": str(root)}
    line = ["unshare", "--mount", "sh", "-c", READABLE, "sh", sys.base_prefix, sys.prefix, str(ROOT)]
    done = subprocess.run(
        line, env=ENVIRONMENT | extra, capture_output=True, text=True, timeout=patience.SECONDS, check=False
    )
    assert done.stdout == "ada\t9\t\n", done.stderr[-2000:]
    assert (root / ".grading" / "gradebook.db").stat().st_uid == 4321


# -- time ------------------------------------------------------------------------------------------------------

ENDLESS = "def f():\n    while True: pass"
SWALLOWS = f"""{ENDLESS}
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)"""


@pytest.mark.parametrize("answer", [ENDLESS, SWALLOWS], ids=["endless", "swallows interrupts"])
@pytest.mark.parametrize("computes", [True, False])
def test_what_never_ends_is_paid_for_once(answer: str, computes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own checks are not tried again, what follows has less time, and only what waited is run by itself."""
    asked: list[tuple[str, float]] = []
    ask, used = runner.Child.ask, iter(range(0, 10**6, 100 if computes else 1))
    monkeypatch.setattr(program, "CELL_SECONDS", 3.0)
    monkeypatch.setattr(program, "LATE_SECONDS", 60.0)  # another number; busy machines need it
    monkeypatch.setattr(runner.Child, "_processor_time", lambda self: next(used))

    def noted(child: runner.Child, request: dict, seconds: float) -> runner.Ran:
        asked.append((request.get("run", request.get("part", "")), seconds))
        return ask(child, request, seconds)

    monkeypatch.setattr(runner.Child, "ask", noted)
    steps = [program.Step("f", answer), program.Step("test_f", "f()", ("f()", "f()")), program.Step("g", "x = 1")]
    trace = program.execute(program.Program(tuple(steps), "seed"), workers.warm((), unsafe=False))
    calls = [text for text, _ in asked]
    assert calls.count("f()") == 1
    assert asked[-1] == ("x = 1", 60.0)
    assert [part.error for part in trace.cells[1].parts] == ["Timeout", "Timeout"]
    assert trace.cells[1].detail == "ran longer than 3 seconds"
    assert trace.cells[2].ran
    assert not trace.cells[2].error
    assert trace.slow == (not computes)


@pytest.mark.parametrize(
    ("answer", "by_the_check"),
    [
        ("def softmax(Z):\n    while True: pass", True),
        ("calls = []\ndef softmax(Z):\n    while calls: pass\n    calls.append(Z)\n    return Z", True),
        ("while True: pass", False),
    ],
    ids=["in the visible check", "in a hidden part", "in the answer's cell"],
)
def test_a_regrade_does_not_wait_again(
    answer: str, by_the_check: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless what never ended, or anything that it rests on, is another now."""
    root = course.make(tmp_path)
    notebook = course.solved(root)
    course.cell(notebook, "softmax").source = answer
    course.hand_in(root, "loops", notebook)
    for name in ("CELL_SECONDS", "PART_SECONDS", "LATE_SECONDS"):
        monkeypatch.setattr(program, name, 5.0)
    used, late = itertools.count(0, 100), list[str]()
    monkeypatch.setattr(runner.Child, "_processor_time", lambda self: next(used))
    interrupt = runner.Child._interrupt
    monkeypatch.setattr(
        runner.Child, "_interrupt", lambda self, seconds: late.append("late") or interrupt(self, seconds)
    )
    first = course.marks(course.grade(root), "loops")
    assert first["test_softmax"] == 0
    assert first["test_linear"] == 2
    assert len(late) == 1
    source = root / "solutions" / course.NAME / f"{course.NAME}.py"
    source.write_text(source.read_text().replace("momentum: from rest", "momentum: corrected"))
    again = course.grade(root)
    assert again.graded == 1
    assert course.marks(again, "loops") == first
    assert len(late) == 1
    changed = source.read_text().replace("torch.randn(3, 5)", "torch.randn(3, 6)").replace("(4, 7)", "(4, 8)")
    source.write_text(changed)
    assert course.marks(course.grade(root), "loops") == first
    assert len(late) == 1 + by_the_check  # the check is another: the answer may be right for it


def test_the_processor_time_of_a_child_is_known() -> None:
    child = workers.warm((), unsafe=False).child()
    child.wait_until_ready()
    before = child._processor_time()
    busy = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
    child.ask({"run": busy, "seed": 1, "watch": False}, patience.SECONDS)
    assert 0.4 < child._processor_time() - before < 20
    child.end()
    assert child._processor_time() == 0


# -- nbgrader and Dask ----------------------------------------------------------------------------------------


def _rows(root: Path) -> list[tuple]:
    query = (
        "SELECT a.student_id, c.name, g.auto_score, g.needs_manual_grade, n.late_submission_penalty, a.timestamp "
        "FROM grade g JOIN base_cell c ON g.cell_id = c.id JOIN submitted_notebook n ON g.notebook_id = n.id "
        "JOIN submitted_assignment a ON n.assignment_id = a.id ORDER BY 1, 2"
    )
    comments = (
        "SELECT a.student_id, c.name, m.auto_comment FROM comment m JOIN base_cell c ON m.cell_id = c.id "
        "JOIN submitted_notebook n ON m.notebook_id = n.id JOIN submitted_assignment a ON n.assignment_id = a.id "
        "ORDER BY 1, 2"
    )
    with contextlib.closing(sqlite3.connect(root / ".grading" / "gradebook.db")) as db:
        return [*db.execute(query), *db.execute(comments)]


def test_nbgrader_autograde_gives_the_same_marks(tmp_path: Path) -> None:
    """nbgrader's own command, with a submission that stops stock nbgrader, against `course grade`."""
    roots = [tmp_path / "ours", tmp_path / "theirs"]
    for root in roots:
        root.mkdir()
        course.make(root)
        solved = course.solved(root)
        (course.hand_in(root, "ada", solved) / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
        solved.cells += [course.cell(solved, "test_linear"), course.cell(solved, "linear")]
        course.hand_in(root, "double", solved)
        course.hand_in(root, "broken", b"{")
        released = nbformat.read(root / "assignments" / course.NAME / f"{course.NAME}.ipynb", as_version=4)
        course.hand_in(root, "untouched", released)
    course.grade(roots[0])
    line = ["nbgrader", "generate_assignment", course.NAME, "--force"]
    subprocess.run(line, cwd=roots[1], env=ENVIRONMENT, check=True, capture_output=True, timeout=patience.SECONDS)
    line = ["nbgrader", "autograde", course.NAME]
    done = subprocess.run(
        line, cwd=roots[1], env=ENVIRONMENT, capture_output=True, text=True, timeout=patience.SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert _rows(roots[0]) == _rows(roots[1])


def test_stock_nbgrader_refuses_sealed_cells_with_one_sentence(tmp_path: Path) -> None:
    root = course.make(tmp_path)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text().replace("plug_in(c)", ""))
    course.hand_in(root, "ada", course.solved(root))
    for line in (["nbgrader", "generate_assignment", course.NAME, "--force"], ["nbgrader", "autograde", course.NAME]):
        subprocess.run(line, cwd=root, env=ENVIRONMENT, check=True, capture_output=True, timeout=patience.SECONDS)
    said = str(course.outputs(root, "ada")["test_linear"])
    assert "Grade with `course grade`" in said
    assert [row[2] for row in _rows(root)[:4]] == [0.0] * 4


@pytest.fixture
def cluster() -> Iterator[object]:
    """A Dask cluster of two worker processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made:
        yield made


def test_a_dask_cluster_grades_and_survives_a_dead_worker(tmp_path: Path, cluster: object) -> None:
    root = course.make(tmp_path)
    _class(root, 12)
    notebook = course.solved(root)
    course.hand_in(root, "zz-last", notebook)
    pid = next(iter(cluster.workers.values())).pid  # type: ignore[attr-defined]
    os.kill(pid, signal.SIGKILL)
    summary = course.grade(root, scheduler=cluster.scheduler_address)  # type: ignore[attr-defined]
    assert set(scores(summary).values()) == {9.0}
    assert summary.graded == 13


def test_a_scheduler_that_does_not_answer_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "SCHEDULER_SECONDS", 1)
    root = course.make(tmp_path)
    _class(root, 1)
    with pytest.raises(CourseError, match="No Dask scheduler answers"):
        course.grade(root, scheduler="tcp://127.0.0.1:9")
