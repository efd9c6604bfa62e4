"""Notebooks, messages, HTML and archives that a grammar makes up: none stops the grader, none takes over a second.

200 of each here; COURSE_FUZZ=10000 makes 10,000 of each. Time is processor time.
"""

import io
import json
import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from course_tools.grading.engine.program import Cell, Part, Trace
from course_tools.grading.engine.runner import Ran
from course_tools.grading.inside.values import Malformed, decode
from course_tools.grading.intake import collect, owners, sanitize
from course_tools.grading.intake.clean import clean
from course_tools.grading.judging.judge import _open
from course_tools.grading.judging.master import Master, load
from course_tools.grading.similarity import compare
from course_tools.grading.submission import prepare
from course_utils.check.bans import text as bans
from tests.support import grading_course as course
from tests.support import hostile
from tests.support.hostile import DONE, within_a_second

CASES = int(os.environ.get("COURSE_FUZZ", "200"))
fuzz = settings(
    max_examples=CASES,
    deadline=None,
    derandomize=CASES == 200,
    suppress_health_check=list(HealthCheck),
)
NAMES = ("softmax", "test_softmax", "linear", "test_linear", "setup", "accuracy")

# -- the grammars ---------------------------------------------------------------------------------------------

PIECES = (
    "\ud800", "\udfff", "\x00", "\x1b[31m", "\u202e", "\ufeff", "é", "😀", "\r\n", "\t", " " * 9, "\\", "'", '"', "`",
    "(", "[", "{", "<", ">", "&#x", "&#99999999999;", "&amp;", "<b>", "</b>", "<ul><li>", "<svg><style>", "<!--",
    "-->",    "<![CDATA[", "<p style='color:((", "javascript:", "](",
    "![", "$$", "***", "```\n", "|-|\n", "> ", "%%bash\n",
    "!ls\n",
    "?", ";x", "def f(x):\n    return ", "lambda: ", "import torch\n", "torch.softmax",
    "getattr(torch, '_\\ud800').x\n",
    "'\\ud800'", "x = 1\n", "async ", "match x:\n", "0" * 50, "1e999", "f'{", "### BEGIN HIDDEN TESTS\n", "\f", "\v",
)  # fmt: skip
repeated = st.tuples(st.sampled_from(PIECES), st.sampled_from((1, 1, 1, 2, 30, 3000))).map(lambda p: p[0] * p[1])
texts = st.lists(repeated, max_size=8).map("".join) | st.text(st.characters(), max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda x: st.lists(x, max_size=5) | st.dictionaries(texts, x, max_size=5), max_leaves=12
)
sources = texts | st.lists(texts | scalars, max_size=5) | values
pictures = st.dictionaries(
    texts, st.dictionaries(st.sampled_from(sanitize.PICTURES) | texts, values | st.just("AAAA"))
)
marks = st.fixed_dictionaries(
    {}, optional={"grade_id": st.sampled_from(NAMES) | values, "solution": values, "points": values}
)
outputs = st.fixed_dictionaries(
    {"output_type": st.sampled_from(("stream", "error", "display_data", "execute_result")) | values},
    optional={
        "text": sources,
        "name": values,
        "traceback": values,
        "data": st.dictionaries(
            st.sampled_from(("text/html", "text/plain", "image/png", "image/svg+xml", "text/markdown")) | texts,
            values,
        ),
    },
)
cells = values | st.fixed_dictionaries(
    {"cell_type": st.sampled_from(("code", "markdown", "raw", "heading")) | values},
    optional={
        "source": sources,
        "input": sources,
        "level": st.integers(0, 7) | st.floats() | values,
        "metadata": st.fixed_dictionaries({}, optional={"nbgrader": marks | values, "id": values}) | values,
        "attachments": pictures | values,
        "outputs": st.lists(outputs, max_size=3) | values,
        "execution_count": values,
        "id": values,
    },
)
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cells, max_size=8) | values, "nbformat": st.sampled_from((4, 4, 4, 3, 2, 1)) | values},
    optional={
        "nbformat_minor": st.integers(-1, 9) | values,
        "metadata": values,
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(cells, max_size=4)}), max_size=2) | values,
    },
)


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes, now and then cut, or with some of them changed."""
    raw = draw(whole)
    if raw and draw(st.integers(0, 3)) == 0:
        where = draw(st.integers(0, len(raw) - 1))
        raw = raw[:where] + draw(st.binary(max_size=4)) + raw[where + draw(st.integers(0, 3)) :]
    return raw


def as_json(x: Any, escaped: bool) -> bytes:
    """JSON with halves of characters in it, escaped or raw."""
    return json.dumps(x, ensure_ascii=escaped).encode("utf-8", "surrogatepass")


def as_utf16(x: Any) -> bytes:
    """JSON as some editors on Windows save it."""
    return json.dumps(x).encode("utf-16")


@pytest.fixture(scope="module")
def master() -> Master:
    """The small assignment."""
    return load(course.SOURCE)


# -- notebooks ------------------------------------------------------------------------------------------------


@fuzz
@given(raw=damaged(st.builds(as_json, notebooks, st.booleans()) | st.builds(as_utf16, notebooks)))
def test_notebooks(raw: bytes, master: Master) -> None:
    """Cleaned, prepared and written; read for the similarity report."""
    with TemporaryDirectory() as folder, within_a_second():
        path = Path(folder) / "ada" / course.NAME / f"{course.NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(raw)
        made = clean(path.parent, master)
        "\n".join(made.person).encode()
        nbformat.validate(made.notebook)
        nbformat.v4.writes(made.notebook).encode()
        prepare(made, master, "seed")
        students, unread = compare.read([path])
        str([students, unread]).encode()


@fuzz
@example(own="$" + "\t" * 15_000 + "$", others=[], asked=[])  # what the tokenizer cannot read, before a long rest
@example(own="$ '" + "\\'" * 9_000, others=[], asked=[])
@given(own=texts, others=st.lists(texts, max_size=3), asked=st.lists(st.sampled_from(("f", "x", "torch"))))
def test_code(own: str, others: list[str], asked: list[str]) -> None:
    with within_a_second():
        found = bans.inspect(own, others, [], ["softmax", "autograd"], asked=asked)
        "".join([*found.hits, *found.doubts]).encode()


@fuzz
@example(text=" " * 250_000 + "<b>")
@given(text=texts)
def test_html(text: str) -> None:
    with within_a_second():
        sanitize.html(text.encode("utf-8", "replace").decode())
        sanitize.markdown(text.encode("utf-8", "replace").decode())


# -- messages -------------------------------------------------------------------------------------------------

kinds = st.sampled_from(("none", "bool", "int", "float", "str", "tensor", "array", "scalar", "list", "tuple", "dict"))
shapes = st.lists(st.integers(-1, 9), max_size=20)
trees = st.recursive(
    st.builds(
        lambda kind, rest: [kind, *rest], kinds | texts, st.lists(scalars | st.lists(st.integers(-1, 9)), max_size=3)
    ),
    lambda x: st.builds(lambda kind, items: [kind, items], kinds, st.lists(x | st.lists(x, max_size=2), max_size=4)),
    max_leaves=10,
)
messages = st.one_of(
    st.fixed_dictionaries(
        {"seal": values}, optional={"trees": st.lists(trees, max_size=2) | values, "refused": values}
    ),
    st.fixed_dictionaries({"output": outputs | values}),
    st.fixed_dictionaries({"done": values}, optional={"error": values, "detail": values, "operators": values}),
    values,
)


@fuzz
@given(raws=st.lists(damaged(st.builds(as_json, messages, st.booleans())), max_size=5))
def test_messages(raws: list[bytes]) -> None:
    """Collected, opened and shown; what comes of them can be written."""
    with within_a_second():
        ran = hostile.collect(*raws, DONE)
        str(ran).encode()
        if isinstance(ran, Ran):
            str([_open(message, blob) for message, blob in ran.seals]).encode()
            json.dumps(sanitize.outputs(ran.outputs), ensure_ascii=False).encode()
            Trace([Cell(outputs=ran.outputs, parts=[Part(ran.seals, ran.error, ran.detail, ran.operators)])])


@fuzz
@given(tree=trees | values, blob=st.binary(max_size=64))
def test_trees(tree: Any, blob: bytes) -> None:
    with within_a_second():
        try:
            decode(tree, blob)
        except Malformed:
            return


# -- archives -------------------------------------------------------------------------------------------------

WHO = ("Ada Lovelace_4711_assignsubmission_file_/", "lovelaceada_4711_90210_", "żółw_1_assignsubmission_file/", "")
INNER = (f"{course.NAME}.ipynb", "x.zip", "../x.ipynb", "/etc/passwd", ".", "", "a/", "C:x.ipynb", "\x00")
names = st.builds(
    lambda who, rest, more: who + rest + more,
    st.sampled_from(WHO),
    st.sampled_from(INNER) | texts,
    st.just("") | texts,
)


@st.composite
def zips(draw: st.DrawFn, depth: int = 1) -> bytes:
    """An archive, perhaps with archives in it, perhaps damaged."""
    contents = st.builds(as_json, notebooks, st.booleans()) | st.binary(max_size=50)
    buffer = io.BytesIO()
    packers = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with zipfile.ZipFile(buffer, "w", draw(st.sampled_from(packers))) as archive:
        for name in draw(st.lists(names, max_size=3)):
            entry = zipfile.ZipInfo(name.encode("utf-8", "replace").decode()[:200])
            entry.external_attr = draw(st.sampled_from((0o644 << 16, 0o120777 << 16, 0)))
            archive.writestr(entry, draw(zips(depth - 1) if depth and draw(st.booleans()) else contents))
    return draw(damaged(st.just(buffer.getvalue())))


class Nobody:
    """An empty class list."""

    students: tuple[()] = ()


@fuzz
@given(raw=zips(), name=st.sampled_from(("all.zip", *(f"{who[:-1]}_x.zip" for who in WHO[:3]))))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives(raw: bytes, name: str) -> None:
    """Chosen from; what is said of them can be written."""
    with TemporaryDirectory() as folder, within_a_second():
        (Path(folder) / name).write_bytes(raw)
        people = owners.People(Nobody())  # type: ignore[arg-type]
        for item in collect.choose(Path(folder), course.NAME, nbformat.v4.new_notebook(), people):
            said = [item] if isinstance(item, str) else [item.student, item.submission.prefix, *item.submission.told]
            "\n".join(said).encode()
