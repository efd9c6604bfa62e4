"""Run a chapter once; the tests and the site share the run.

A chapter is run by nbclient and its outputs are kept in a file that is named by everything the run depends on:
the code of its cells, what that code reaches in course_utils (depends.py), the pinned versions and Python's. A
change in the prose, or in a widget that the chapter does not use, runs nothing again; one in the JavaScript of a
widget that it uses does.

(jupyter-cache knows only the cells' code, and needs a database made before two processes may use it. A file with
the right name does more with less; MyST-NB is fed the executed notebook.)
"""

import hashlib
import json
import os
import platform
import re
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from course_tools.authoring import build, depends
from course_tools.paths import ROOT, UTILS
from course_utils.errors import CourseError

CACHE = ROOT / ".cache" / "executed"

TAGS_OF_A_RUN = ("raises-exception", "skip-execution")  # the tags that nbclient heeds
SECONDS_A_CELL = 600
KEY_LENGTH = 20
KEPT = 4  # runs kept for each chapter: enough to go back and forth between two branches

Say = Callable[[str], None]
# Python 3.11 counts the depth of a syntax tree for all threads together: two that make one at a time may fail.
_reading = threading.Lock()
_running: set[NotebookClient] = set()  # the chapters that run in this process now


def executed_all(sources: Sequence[Path], cache: Path = CACHE, say: Say | None = None) -> list[NotebookNode]:
    """`executed` for each chapter, in the order given; as many run at a time as there are cores.

    A chapter runs on one thread, so that each has a core. `say` is told when one begins and ends, from the thread
    that runs it.

    Raises CourseError when chapters fail, once the others have finished (their runs are kept), with one sentence
    for each. An interrupt ends the running chapters first.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        futures = [pool.submit(executed, source, cache, say) for source in sources]
        try:
            wait(futures)
        except BaseException:
            _end(futures)
            raise
    failures = [str(error) for error in (future.exception() for future in futures) if isinstance(error, CourseError)]
    if failures:
        raise CourseError("\n".join(failures))
    return [future.result() for future in futures]


def _end(futures: list[Future[NotebookNode]]) -> None:
    """Let no chapter begin, and kill the kernels of those that run: their threads end with them."""
    for future in futures:
        future.cancel()
    while wait(futures, timeout=0.2).not_done:  # a kernel that was just starting is killed in the next turn
        for client in list(_running):
            process = getattr(client.km and client.km.provisioner, "process", None)
            if process is not None:
                process.kill()


def executed(source: Path, cache: Path = CACHE, say: Say | None = None) -> NotebookNode:
    """The chapter `source` (py:percent) as a notebook with outputs and widget state, run only if nothing fits.

    `notebook.metadata.course` holds `seconds`, the wall time of the run, and `results`, the values that
    `check.reaches` measured (name, value, at_least, at_most, and the id of the cell). Two processes that ask at
    the same time share one run. `say` is told when the chapter begins to run and when it has ended.

    Raises CourseError when the chapter cannot be read, or a cell fails.
    """
    notebook = read(source)
    kept = cache / f"{source.stem}-{key(notebook)}.ipynb"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{source.stem}.lock"):
        if not kept.exists():
            _keep(_announced(source, say or _silent), kept)
        ran = nbformat.read(kept, as_version=4)
    return _with_outputs(notebook, ran)


def _announced(source: Path, say: Say) -> NotebookNode:
    say(f"{source.stem} runs ...")
    notebook = run(source)
    say(f"{source.stem} ran in {notebook.metadata['course']['seconds']:.0f} s")
    return notebook


def _silent(line: str) -> None:
    """Say nothing."""


def read(source: Path) -> NotebookNode:
    """A chapter's source as a notebook, each cell with the id that its committed notebook has."""
    try:
        with _reading:
            return build.read(source)
    except build.BuildError as e:
        raise CourseError(f"{source.name} cannot be read: {e}") from e


def key(notebook: NotebookNode, package: Path = UTILS, versions: Path = ROOT / "constraints.txt") -> str:
    """The name of everything that a run of `notebook` depends on."""
    digest = hashlib.sha256(platform.python_version().encode())
    for cell in _code(notebook):
        tags = [tag for tag in cell.metadata.get("tags", []) if tag in TAGS_OF_A_RUN]
        digest.update(json.dumps([cell.source, tags]).encode())
    with _reading:
        reached = depends.reached("\n".join(cell.source for cell in _code(notebook)), package.parent)
    digest.update(json.dumps(reached.definitions).encode())
    for path in [*reached.files, versions]:
        digest.update(json.dumps(str(path.relative_to(package.parent))).encode() + path.read_bytes())
    return digest.hexdigest()[:KEY_LENGTH]


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run(source: Path, seed: int | None = None) -> NotebookNode:
    """Run every cell of a chapter now; `seed` replaces the chapter's own (`check.seed`). See `executed`."""
    notebook = read(source)
    with tempfile.TemporaryDirectory(prefix="course-run-") as folder:
        measured = Path(folder, "measured.jsonl")
        client = NotebookClient(
            notebook,
            timeout=SECONDS_A_CELL,
            startup_timeout=180,
            record_timing=False,
            coalesce_streams=True,  # else what was printed in pieces stands on several lines of the page
            extra_arguments=["--log-level=ERROR"],
            kernel_name=build.KERNELSPEC["name"],
            resources={"metadata": {"path": folder}},
        )
        start = time.perf_counter()
        _execute(client, source.name, _environment(measured, seed))
        seconds = round(time.perf_counter() - start, 2)
        rows = [json.loads(line) for line in measured.read_text("utf-8").splitlines()] if measured.exists() else []
    notebook.metadata["course"] = {"seconds": seconds, "results": [_placed(row, notebook) for row in rows]}
    return notebook


def _environment(measured: Path, seed: int | None) -> dict[str, str]:
    """Quiet, on one thread, with no start-up files of the user's, and with this course_utils."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    course = {
        "COURSE_QUIET": "1",
        "COURSE_AUTHOR": "1",
        "COURSE_RECORD": str(measured),
        "IPYTHONDIR": str(measured.parent / ".ipython"),
    }
    if seed is not None:
        course["COURSE_SEED"] = str(seed)
    inherited = {name: value for name, value in os.environ.items() if name != "COURSE_SEED"}
    return {**inherited, "OMP_NUM_THREADS": "1", "PYTHONPATH": path, **course}


def _execute(client: NotebookClient, name: str, environment: dict[str, str]) -> None:
    _running.add(client)
    try:
        client.execute(env=environment)
    except CellExecutionError as e:
        raise CourseError(f"{name}, {_failed_cell(client.nb)}: {e.ename}: {e.evalue}") from e
    except CellTimeoutError as e:
        raise CourseError(f"{name}, {_failed_cell(client.nb)}: still running after {SECONDS_A_CELL} s.") from e
    except DeadKernelError as e:
        raise CourseError(f"{name}, {_failed_cell(client.nb)}: Python died; perhaps there was no memory left.") from e
    finally:
        _running.discard(client)


def _failed_cell(notebook: NotebookNode) -> str:
    """The cell that ran last, as a person finds it: its section and its first lines."""
    section, last, text = "", "", ""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#{1,3} +(.+)$", cell.source, re.MULTILINE)
            section = headings[-1] if headings else section
        elif cell.get("execution_count") is not None:
            last, text = f"cell {number} of {section!r}", cell.source
    return f"{last} ({text.strip().splitlines()[0][:60]})" if text.strip() else "before its first cell"


def _placed(row: dict[str, Any], notebook: NotebookNode) -> dict[str, Any]:
    """A measured result with the id of the cell that printed it."""
    line = f"✓ {row['name']}: "
    for cell in _code(notebook):
        if any(line in output.get("text", "") for output in cell.outputs):
            return {**row, "cell": cell.id}
    return {**row, "cell": None}


def _keep(notebook: NotebookNode, path: Path) -> None:
    """Write whole or not at all, and let the chapter's oldest runs go."""
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)
    runs = sorted(path.parent.glob(f"{path.stem[:-KEY_LENGTH]}*.ipynb"), key=lambda p: p.stat().st_mtime)
    for old in runs[:-KEPT]:
        old.unlink(missing_ok=True)


def _with_outputs(notebook: NotebookNode, ran: NotebookNode) -> NotebookNode:
    """The notebook as it reads now, with the outputs of the run: its prose may have changed since."""
    for cell, done in zip(_code(notebook), _code(ran), strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    for name in ("course", "widgets"):
        if name in ran.metadata:
            notebook.metadata[name] = ran.metadata[name]
    return notebook
