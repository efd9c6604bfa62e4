"""Text and sizes that once stopped the grader: on the wire, in notebooks, beside them, and on the way out.

Time is processor time, so that a busy machine changes nothing.
"""

import io
import json
import os
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from rich.console import Console

from course_tools.grading import grade
from course_tools.grading.engine.runner import Ran
from course_tools.grading.grade import Summary
from course_tools.grading.gradebook import feedback
from course_tools.grading.gradebook.kept import KeptResults
from course_tools.grading.intake import sanitize
from course_tools.grading.intake.clean import Cleaned, clean
from course_tools.grading.intake.locked import difference
from course_tools.grading.intake.notebooks import MAX_CELLS
from course_tools.grading.judging.master import Master, load
from course_tools.grading.similarity import compare, similarity
from course_utils.check.bans import text as bans
from tests.support import grading_course as course
from tests.support.hostile import DONE, collect, within_a_second

HALVES = ("\ud800", "\udfff", "\ud800\ud800", "\udc00\ud800")
K = 1000


@pytest.fixture(scope="module")
def master() -> Master:
    """The small assignment."""
    return load(course.SOURCE)


# -- the wire -------------------------------------------------------------------------------------------------


def _messages() -> dict[str, bytes]:
    seal = '{"seal": "x", "trees": [["str", "%s"]]}'
    return {
        **{f"escaped {half!a}": (seal % json.dumps(half)[1:-1]).encode() for half in HALVES},
        **{f"raw {half!a}": (seal % half).encode("utf-8", "surrogatepass") for half in HALVES},
        "as a key": b'{"seal": "x", "\\ud800": 1}',
        "as an output": b'{"output": {"output_type": "stream", "text": "\\udc00"}}',
        "as an error": b'{"done": "error", "error": "\\ud800", "detail": "\\udc00"}',
        "as an operator": b'{"done": "ok", "operators": ["\\ud800"]}',
        "UTF-16": (seal % "a").encode("utf-16"),
        "UTF-16 with a half": (seal % "\ud800").encode("utf-16-le", "surrogatepass"),
        "UTF-32": (seal % "a").encode("utf-32"),
        "Latin-1": (seal % "\xe9").encode("latin-1"),
        "deep": b'{"seal": ' + b"[" * 900 * K + b"]" * 900 * K + b"}",
        "long number": b'{"seal": ' + b"9" * 900 * K + b"}",
        "nothing": b"",
        "a list": b"[]",
    }


@pytest.mark.parametrize("kind", _messages())
def test_what_a_child_says_can_be_written(kind: str) -> None:
    with within_a_second():
        str(collect(_messages()[kind], DONE)).encode()


def test_whole_characters_stay_what_they_are() -> None:
    message = json.dumps({"seal": "😀 é \\ud800", "trees": []}).encode()
    ran = collect(message, DONE)
    assert isinstance(ran, Ran)
    assert ran.seals[0][0]["seal"] == "😀 é \\ud800"


MANY_VALUES = {
    "lists": b"[],",
    "dicts": b"{},",
    "numbers": b"1,",
    "texts": b'"",',
    "pairs": b"[[],1],",
    "texts with escapes": b'"\\"",',
}


@pytest.mark.parametrize("kind", MANY_VALUES)
@pytest.mark.parametrize("field", ["seal", "output"])
def test_small_messages_do_not_fill_the_memory(kind: str, field: str) -> None:
    """Four megabytes of JSON text can ask for a hundred; a dozen such messages for more."""
    one = MANY_VALUES[kind]
    for size in (4 << 20, 900 * K):  # too many values in one message; in all of them
        inside = b"[" + one * (size // len(one) - 20) + b"1]"
        raw = b'{"%s": {"x": %s}}' % (field.encode(), inside)
        tracemalloc.start()
        try:
            collect(*[raw] * 12, DONE)
            assert tracemalloc.get_traced_memory()[1] < 120 << 20
        finally:
            tracemalloc.stop()


# -- notebooks ------------------------------------------------------------------------------------------------


def notebook(*cells: Any, **more: Any) -> dict[str, Any]:
    """A notebook as JSON holds it."""
    return {"cells": list(cells), "nbformat": 4, "nbformat_minor": 5, "metadata": {}, **more}


def text(source: Any, **more: Any) -> dict[str, Any]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def code(source: Any, name: str = "", outputs: Any = ()) -> dict[str, Any]:
    """A code cell, that of an exercise with a name."""
    marks = {"nbgrader": {"grade_id": name}} if name else {}
    return {
        "cell_type": "code",
        "metadata": marks,
        "source": source,
        "outputs": list(outputs),
        "execution_count": None,
    }


def cleaned(folder: Path, master: Master, content: Any, files: Mapping[str | bytes, bytes] | None = None) -> Cleaned:
    """A submission, cleaned; its notebook must be one that can be written."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / f"{course.NAME}.ipynb").write_bytes(raw)
    for name, data in (files or {}).items():
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).write_bytes(data)
    made = clean(folder, master)
    nbformat.v4.writes(made.notebook).encode()
    "\n".join(made.person).encode()
    return made


PICTURE = {"image/png": "AAAA"}


def _odd_notebooks() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for half in (*HALVES, "\x00", "\x07\x7f"):
        found |= {
            f"attachment {half!a}": notebook(text("x", attachments={f"{half}.png": PICTURE})),
            f"type of attachment {half!a}": notebook(text("x", attachments={"a": {half: "AAAA"}})),
            f"picture {half!a}": notebook(text("x", attachments={"a": {"image/png": half}})),
            f"source {half!a}": notebook(text(half), code(half), {"cell_type": "raw", "source": half}),
            f"lines {half!a}": notebook(text([half, half]), code([half])),
            f"answer {half!a}": notebook(code(f"x = '{half}'", "softmax")),
            f"name {half!a}": notebook(code("x", half), code("x", "softmax" + half)),
            f"HTML {half!a}": notebook(text(f"<b title='{half}'>{half}</b>")),
            f"metadata {half!a}": notebook(metadata={half: half}),
            f"output {half!a}": notebook(code("x", outputs=[{"output_type": "stream", "text": half}])),
        }
    for digits in (8, 9, 4300, 5000, 300 * K):
        found[f"reference of {digits}"] = notebook(text("&#" + "9" * digits + ";"), text("<b>&#x" + "f" * digits))
    return found


@pytest.mark.parametrize("kind", _odd_notebooks())
def test_an_odd_notebook_is_cleaned(kind: str, master: Master, tmp_path: Path) -> None:
    with within_a_second():
        assert not cleaned(tmp_path, master, _odd_notebooks()[kind]).unreadable


def _large_notebooks() -> dict[str, Any]:
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}}
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * 50_000 * K}
    return {
        "20,000 cells": notebook(*[text("x")] * 20 * K),
        "as many cells as are graded": notebook(*[text("x")] * MAX_CELLS),
        "cells of format 3": {**old, "worksheets": [{"cells": [text("x")] * 20 * K}]},
        "200,000 cells of format 3": {**old, "worksheets": [{"cells": [text("x")] * 200 * K}]},
        "an output of 50 MB": notebook(code("x", outputs=[stream])),
        "60 MB of empty lists": b'{"nbformat": 4, "cells": [], "x": [' + b"[]," * 20_000 * K + b"1]}",
        "lists in the cells": b'{"nbformat": 4, "cells": [' + b"[]," * 300 * K + b"1]}",
        "20 MB of HTML": notebook(*[text("<b>x</b>" * K)] * MAX_CELLS),
        "a name in every cell": notebook(*[code("x", "softmax")] * MAX_CELLS),
        "pictures": notebook(text("x", attachments={str(i): {"image/png": "A" * 4 * K} for i in range(10 * K)})),
        "a cell in a million lines": notebook(text(["x\n"] * 900 * K)),
        "a cell of 1 MB": notebook(code("x = 1\n" * 170 * K), text("x " * 500 * K), text("<p>" * 300 * K)),
        "1 MB of brackets": notebook(
            text("[" * K * K), text("(" * K * K), text("](" * 500 * K), text("&lt" * 300 * K)
        ),
    }


@pytest.mark.parametrize("kind", _large_notebooks())
def test_a_large_notebook_is_cleaned_or_refused_within_a_second(kind: str, master: Master, tmp_path: Path) -> None:
    content = json.dumps(made).encode() if isinstance(made := _large_notebooks()[kind], dict) else made
    (tmp_path / f"{course.NAME}.ipynb").write_bytes(content)
    with within_a_second():
        clean(tmp_path, master)


FILES: dict[str | bytes, bool] = {  # and whether the file is kept
    "__main__.py": False,
    "__mp_main__.py": False,
    "__main__/__init__.py": False,
    "torch.py": False,
    "usercustomize.py": False,
    ".py": True,
    "..py": True,
    ".vscode/settings.json": True,
    "my tools.py": True,
    "1st.py": True,
    "my_tools.py": True,
    "данные.csv": True,
    b"\xff.py": False,
    b"\xff/data.csv": False,
    b"data\xed\xa0\x80.csv": False,
    "bell\x07.csv": False,
}


@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_a_file_beside_the_notebook_harms_nothing(name: str | bytes, master: Master, tmp_path: Path) -> None:
    made = cleaned(tmp_path, master, notebook(), {name: b"1"})
    assert len(made.files) == FILES[name]
    assert any("left out" in reason for reason in made.person) != FILES[name]


# -- looking at code and HTML ---------------------------------------------------------------------------------

CODE = {
    "lines": "x = 1\n" * 170 * K,
    "a sum": "1+" * 500 * K + "1",
    "minus signs": "-" * K * K + "1",
    "parentheses": "(" * K * K,
    "attributes": "import torch\ntorch" + ".a" * 400 * K,
    "calls": "f" + "()" * 4 * K,
    "getattr in getattr": "import torch\n" + "getattr(" * 90 + "torch" + ", 'a')" * 90,
    "magics": "%a\n" * 300 * K,
    "one long magic": "%a " + "x" * K * K,
    "shell and text": "!a\n" * 90 + "x" * 19 * K,
    "brackets that stay open": "[(\n" * 5 * K + "!a",
    "many magics in a long cell": "!a\n" * 90 + "x\n" * 9_400,
    "brackets after magics": "!a\n" * 15 + "[\n" * 9_400,
    "quotes": "'" * 19 * K + "\n%a",
    "a null": "x = '\x00'\n%a",
    "chains of methods": ("x" + ".a()" * 900 + "\n") * 24,
    "chains of attributes": "import torch\n" + ("torch" + ".a" * 900 + "\n") * 48,
    "100,000 characters": "x = 1\n" * 16 * K,
}


@pytest.mark.parametrize("kind", CODE)
@pytest.mark.parametrize("place", ["own", "other"])
def test_code_is_looked_at_within_a_second(kind: str, place: str) -> None:
    own, others = (CODE[kind], []) if place == "own" else ("x = 1", [CODE[kind]])
    with within_a_second():
        bans.inspect(own, others, [], ["softmax"])


@pytest.mark.parametrize("kind", CODE)
def test_what_stands_in_an_instructors_cell_is_compared_within_a_second(kind: str) -> None:
    with within_a_second():
        difference(CODE[kind], "import torch\n%matplotlib inline\nx = 1")


@pytest.mark.parametrize("half", HALVES)
def test_a_text_of_an_answer_that_is_no_text_can_be_told(half: str) -> None:
    escaped = half.encode("unicode_escape", "surrogatepass").decode()
    for answer in (f"getattr(torch.softmax, '{escaped}')", f"getattr(torch, '_{escaped}').x"):
        found = bans.inspect(f"import torch\n{answer}", [], [], ["softmax"])
        assert "\n".join([*found.hits, *found.doubts]).encode()


HTML = {
    "lists": "<ul><li>" * 90 * K,
    "10,000 nested tags": "<div>" * 9_999,
    "10,000 nested lists": "<ul><li>" * 4_999,
    "tables": "<table><tr><td>" * 3 * K,
    "formats": "<b class=%d><i><a href=x><p></b>" * 2 * K,
    "attributes": "<p " + " ".join(f"a{i}" for i in range(60 * K)) + ">",
    "parentheses in a style": "<p style='color:" + "(" * 300 * K + "'>x</p>",
    "brackets in a style": "<p style='color:" + "{[" * 150 * K + "'>x</p>",
    "functions in a style": "<p style='color:" + "f(" * 150 * K + "'>x</p>",
    "comments": "<!--" * 90 * K,
    "left angles": "<" * 300 * K,
    "entities": "&amp" * 90 * K,
    "pictures": "<svg><g>" * 4_999,
    "closing tags": "<b>" * 5 * K + "</p>" * 4 * K,
}


@pytest.mark.parametrize("kind", HTML)
def test_html_is_made_harmless_within_a_second(kind: str) -> None:
    with within_a_second():
        sanitize.html(HTML[kind])
    with within_a_second():
        sanitize.markdown(HTML[kind])


@pytest.mark.parametrize("lines", [[["x"]], [[[]] * 9], [1, None, {"a": 1}], "x", None, [[] for _ in range(9)]])
def test_a_traceback_that_is_none_is_left_out(lines: Any) -> None:
    assert sanitize.outputs([{"output_type": "error", "traceback": lines}]) == []


@pytest.mark.parametrize("kind", CODE)
def test_answers_are_compared_within_a_second(kind: str, tmp_path: Path) -> None:
    cell = code(CODE[kind] + "\ud800")
    cell["metadata"] = {"nbgrader": {"grade_id": "softmax\ud800", "solution": True}}
    for student in ("ada", "bob"):
        path = tmp_path / student / course.NAME / f"{course.NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook(cell)))
        with within_a_second():
            students, unread = compare.read([path])
        str([students, unread]).encode()


def test_reasons_kept_before_are_read_as_text() -> None:
    class Rows:
        def execute(self, *_: Any) -> list[tuple[str, str]]:
            return [("ada", json.dumps(["uses \ud800"]))]

        def commit(self) -> None:
            """Nothing to keep."""

    "".join(KeptResults(Rows(), "x").person()["ada"]).encode()  # type: ignore[arg-type]


# -- a class of them -------------------------------------------------------------------------------------------


def _hostile_class(root: Path) -> dict[str, Path]:
    """Submissions that once stopped the whole batch, each of its kind, beside two honest ones."""
    solved = course.solved(root)
    folders = {student: course.hand_in(root, student, solved) for student in ("aaa-honest", "zzz-honest")}

    def spoiled(name: str, *cells: Any) -> Path:
        content = json.loads(json.dumps(solved))
        content["cells"] += cells
        folders[name] = course.hand_in(root, name, json.dumps(content))
        return folders[name]

    spoiled("attachment", text("hi", attachments={"\ud800.png": PICTURE}))
    spoiled("style", text("<p style='color:" + "(" * 100 * K + "'>x</p>"))
    spoiled("reference", text("&#" + "9" * 5000 + ";"))
    spoiled("brackets", text("[" * 400 * K))
    spoiled("long-code", code("x = 1\n" * 170 * K))
    (spoiled("main") / "__main__.py").write_text("")
    settings = spoiled("settings") / ".vscode" / "settings.json"
    settings.parent.mkdir()
    settings.write_text("{}")
    spoiled("file").joinpath(os.fsdecode(b"\xff.csv")).write_text("1")
    spoiled("wire", code(RAW_WIRE))
    spoiled("display", code("from IPython.display import HTML\nHTML('x' * 50_000_000)"))
    spoiled("widget", code("from IPython.display import display\ndisplay({'x/y': [[]] * 900_000}, raw=True)"))
    course.hand_in(root, os.fsdecode(b"\xff"), solved)
    named = course.solved(root)
    course.cell(named, "softmax").source += "\ngetattr(torch, '_\\ud800\\x00')"
    folders["name-in-a-text"] = course.hand_in(root, "name-in-a-text", named)
    return folders


RAW_WIRE = r"""
import os, stat, struct
raw = b'{"output": {"output_type": "stream", "name": "stdout", "text": "\xed\xa0\x80"}}'
for fd in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            os.write(fd, struct.pack("!II", len(raw), 0) + raw)
    except OSError:
        pass
"""


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """A class of hostile and honest submissions, graded in one batch."""
    root = course.make(tmp_path_factory.mktemp("hostile"))
    _hostile_class(root)
    return root, course.grade(root)


def test_each_of_a_hostile_class_has_its_row(batch: tuple[Path, Summary]) -> None:
    root, summary = batch
    rows = {row.student: row for row in summary.rows}
    assert summary.failed.keys() == {"\ufffd"}  # a folder whose name no gradebook can hold
    assert "rename it" in course.person(summary, "\ufffd")
    for student in rows.keys() - {"\ufffd", "wire", "name-in-a-text"}:
        assert course.marks(summary, student) == course.FULL
    grade.write_csv(root / "marks.csv", summary.rows)
    assert len((root / "marks.csv").read_text(encoding="utf-8").splitlines()) == len(rows) + 1
    grade.print_summary(Console(file=io.StringIO()), course.NAME, summary, root / "marks.csv")


def test_a_person_is_told_of_what_was_left_out(batch: tuple[Path, Summary]) -> None:
    _, summary = batch
    assert "__main__.py" in course.person(summary, "main")
    assert "too long" in course.person(summary, "long-code")
    assert "left out" in course.person(summary, "file")
    assert "not one of ours" in course.person(summary, "wire")
    for student in ("settings", "display", "widget", "aaa-honest", "zzz-honest"):
        assert course.person(summary, student) == ""


def test_its_pages_can_be_written(batch: tuple[Path, Summary]) -> None:
    root, summary = batch
    similarity.run(course.NAME, root)
    (root / ".grading" / "reports" / f"{course.NAME}-similarity.html").read_text(encoding="utf-8")
    feedback.run(course.NAME, root)
    pages = {path.parent.parent.name for path in (root / ".grading" / "feedback").glob("*/*/*.html")}
    assert pages == {row.student for row in summary.rows} - {"\ufffd"}
