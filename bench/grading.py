"""The grader: stock nbgrader, otter-grader, ours, and the bare cells, on the same submissions.

python -m bench.grading --stock 1 8 --ours 1 8 200 --batch 1000

otter-grader is measured where `--otter` names the Python of an environment that has it, and torch.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_tools.paths import ROOT


@dataclass
class Measured:
    """One run: seconds by the clock, seconds of processors, and the most memory of all its processes, in MiB."""

    wall: float
    cpu: float
    memory: float


def run(
    stock: Sequence[int] = (1, 8), ours: Sequence[int] = (1, 8, 200), batch: int = 1000, otter: Path | None = None
) -> str:
    """Print the table and return it. The others are measured on fewer submissions, since each takes them seconds."""
    rows: list[tuple[str, int, Measured]] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        rows += [("stock nbgrader", n, _stock(Path(folder) / f"stock{n}", n)) for n in stock]
        if otter:
            rows += [("otter-grader", n, _otter(Path(folder) / f"otter{n}", n, otter)) for n in stock]
        for n in ours:
            rows += [(f"ours, {w} at once", n, _ours(Path(folder) / f"ours{n}-{w}", n, w)) for w in (1, 2)]
        if batch:
            rows.append(("ours, 2 at once", batch, _ours(Path(folder) / "batch", batch, 2)))
        bare = _bare(Path(folder) / "bare")
    text = table(rows, bare)
    print(text)
    return text


DOCUMENT = ROOT / "docs" / "grading.md"


def write(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Put `text` between the document's two comments for `name`."""
    before, rest = document.read_text(encoding="utf-8").split(f"<!-- {name}:")
    first, _, after = rest.partition(f"<!-- end of {name} -->")
    head = first.partition("-->")[0]
    whole = f"{before}<!-- {name}:{head}-->\n{text}\n<!-- end of {name} -->{after}"
    document.write_text(whole, encoding="utf-8")


def table(rows: Sequence[tuple[str, int, Measured]], bare: float) -> str:
    """The rows as Markdown, each with its gain over stock's seconds for one more submission."""
    stock = [(n, m) for name, n, m in rows if name.startswith("stock")]
    each = stock[-1][1].wall / stock[-1][0] if stock else float("nan")
    lines = ["| way | submissions | wall s | ms each | CPU s | peak MiB | gain |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, n, m in rows:
        gain = each / (m.wall / n)
        numbers = f"{m.wall:.1f} | {1000 * m.wall / n:.0f} | {m.cpu:.1f} | {m.memory:.0f} | {gain:.1f}"
        lines.append(f"| {name} | {n} | {numbers} |")
    lines.append(f"| the bare cells, warm, no sandbox | 1 | | {1000 * bare:.0f} | | | |")
    return "\n".join(lines)


def _measured(line: Sequence[str], cwd: Path) -> Measured:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }
    group = _group()
    started = time.perf_counter()
    process = subprocess.Popen(
        line,
        cwd=cwd,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: group and (group / "cgroup.procs").write_text(str(os.getpid())),
    )
    peak: list[float] = [0.0]
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, stop))
    watcher.start()
    status = process.wait()
    wall = time.perf_counter() - started
    stop.set()
    watcher.join()
    if status:
        raise RuntimeError(f"{line} ended with {status}")
    print(f"{cwd.name}: {wall:.1f} s", flush=True)  # with a whole class, stock alone takes ten minutes
    return Measured(wall, _used(group), peak[0])


def _group() -> Path | None:
    """A control group for one run, which counts what every process in it used, those that nobody waits for, too."""
    for parent in (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup")):
        with contextlib.suppress(OSError):
            group = parent / f"bench-{os.getpid()}-{time.monotonic_ns()}"
            group.mkdir()
            if (group / "cgroup.procs").exists():
                return group
            group.rmdir()
    return None


def _used(group: Path | None) -> float:
    """Seconds of processors; not a number where there may be no control groups."""
    if group is None:
        return float("nan")
    if (group / "cpuacct.usage").exists():
        used = int((group / "cpuacct.usage").read_text()) / 1e9
    else:
        used = int((group / "cpu.stat").read_text().split()[1]) / 1e6
    for _ in range(50):  # until the kernel has cleared its last process away
        with contextlib.suppress(OSError):
            group.rmdir()
            break
        time.sleep(0.1)
    return used


def _watch(pid: int, peak: list[float], stop: threading.Event) -> None:
    while not stop.wait(0.5):
        peak[0] = max(peak[0], sum(map(_memory, _family(pid))))


def _family(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _memory(pid: int) -> float:
    """MiB of a process; a page that several share is divided among them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _stock(root: Path, n: int) -> Measured:
    from tests.support import grading_stock

    root.mkdir()
    grading_stock.make(root)
    _hand_in(root, n)
    return _measured(["nbgrader", "autograde", "01_layers"], root)


OTTER = """
import subprocess, sys
from pathlib import Path
for notebook in sorted(Path().glob("*.ipynb")):
    line = ["run", "--no-logo", "-a", "autograder.zip", "-o", ".", str(notebook)]
    subprocess.run([sys.executable, "-c", "from otter.cli import cli; cli()", *line], check=True)
"""


def _otter(root: Path, n: int, python: Path) -> Measured:
    """otter-grader without containers: its command for each submission in turn, with the hidden asserts of stock."""
    from tests.support import grading_course, grading_stock

    root.mkdir()
    solved = json.dumps(grading_course.solved(grading_course.make(root / "course")))
    for i in range(n):
        (root / f"student{i:04}.ipynb").write_text(solved)
    with zipfile.ZipFile(root / "autograder.zip", "w") as file:
        file.writestr("otter_config.json", '{"pdf": false}')
        for name, asserts in grading_stock.HIDDEN.items():
            code = "\n".join(f">>> {line}" for line in asserts.splitlines())
            suite = {"type": "doctest", "scored": True, "cases": [{"code": code}]}
            test = {"name": name, "points": 2, "suites": [suite]}
            file.writestr(f"tests/{name}.py", f"OK_FORMAT = True\ntest = {test!r}\n")
    measured = _measured([str(python), "-c", OTTER], root)
    points = [test.get("score", 0) for test in json.loads((root / "results.json").read_text())["tests"]]
    if sum(points) != 2 * len(grading_stock.HIDDEN):
        raise RuntimeError(f"otter-grader gave {points} for the instructor's own answers")
    return measured


def _ours(root: Path, n: int, workers: int) -> Measured:
    from tests.support import grading_course

    root.mkdir()
    grading_course.make(root)
    _hand_in(root, n)
    return _measured(
        [sys.executable, str(ROOT / "tests" / "support" / "grade_in_process.py"), str(root), str(workers)], root
    )


def _hand_in(root: Path, n: int) -> None:
    from tests.support import grading_course

    solved = grading_course.solved(root)
    for i in range(n):
        grading_course.hand_in(root, f"student{i:04}", solved)


def _bare(root: Path) -> float:
    """Seconds of the cells and of their sealed parts in a process that is warm, the median of 21."""
    from course_tools.grading.cells import take_apart
    from course_tools.grading.judging.master import grade_id, is_test
    from tests.support import grading_course

    root.mkdir()
    notebook = grading_course.solved(grading_course.make(root))
    from course_tools.grading.judging.master import load

    masters = {grade_id(c): c for c in load(root / "solutions" / "01_layers").notebook.cells}
    sources: list[str] = []
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        sources.append(cell.source)
        if is_test(cell):
            sources += take_apart(grade_id(cell), masters[grade_id(cell)].source).parts
    return sorted(_timed(lambda: _run_cells(sources)) for _ in range(21))[10]


def _run_cells(sources: Sequence[str]) -> None:
    namespace: dict[str, object] = {"seal": lambda name, value: None}
    for source in sources:
        exec(source, namespace)


def _timed(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        before, sys.stdout = sys.stdout, nowhere
        try:
            call()
        finally:
            sys.stdout = before
    return time.perf_counter() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stock", type=int, nargs="*", default=[1, 8])
    parser.add_argument("--ours", type=int, nargs="*", default=[1, 8, 200])
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--otter", type=Path, help="the Python of an environment with otter-grader and torch")
    parser.add_argument("--write", action="store_true", help="put the table into docs/grading.md")
    parser.add_argument(
        "--attacks", action="store_true", help="write the tables of attacks there, and measure nothing"
    )
    asked = parser.parse_args()
    if asked.attacks:
        from tests.support import grading_stock

        write("attacks", grading_stock.table())
        write("ways around a ban", grading_stock.ways_around())
    else:
        measured = run(asked.stock, asked.ours, asked.batch, asked.otter)
        if asked.write:
            write("speed", measured)
