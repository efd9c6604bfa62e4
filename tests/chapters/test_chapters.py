"""Every chapter: its notebook belongs to its source, it runs, its floors hold, its sections stand by themselves."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_tools.authoring import build, execution, floors, neighbours
from course_tools.authoring.rules import (
    answers_shown,
    bad_errata,
    misnumbered,
    not_alike,
    setup_problems,
    too_long,
    too_wordy,
    undescribed,
)
from course_tools.authoring.section_names import leaks
from course_tools.paths import ROOT

CHAPTERS = build.chapters()
EXERCISES = build.exercises()
each_chapter = pytest.mark.parametrize("source", CHAPTERS, ids=lambda p: p.stem)
each_exercise = pytest.mark.parametrize("source", EXERCISES, ids=lambda p: p.stem)


def test_there_are_chapters():
    assert CHAPTERS
    assert EXERCISES


# -- what is generated belongs to its source --------------------------------------------------------------------


@each_chapter
def test_a_chapter_ends_with_links_to_its_neighbours(source):
    text = source.read_text(encoding="utf-8")
    assert neighbours.with_links(text, source.stem) == text, "run `course build`"
    assert neighbours.TAG in text


def test_links_lead_to_written_chapters_alone(tmp_path):
    for name in ("02_optimization", "04_stable_training"):
        build.write_if_changed(tmp_path / "chapters" / f"{name}.py", "")
    first, last = (neighbours.links(name, tmp_path) for name in ("02_optimization", "04_stable_training"))
    assert first == "Next: [4 Making training work](04_stable_training.ipynb)."
    assert last == "Before: [2 Gradient descent and optimisers](02_optimization.ipynb)."
    text = neighbours.with_links("# %%\n1\n", "02_optimization", tmp_path)
    assert text == f'# %%\n1\n\n# %% [markdown] tags=["neighbours"]\n# {first}\n'
    assert neighbours.with_links(text, "02_optimization", tmp_path) == text
    assert neighbours.with_links("# %%\n1\n", "03_backpropagation", tmp_path) == "# %%\n1\n"


def cells(notebook: NotebookNode) -> list[tuple]:
    """Everything of a notebook that counts."""
    return [(c.id, c.cell_type, c.source, c.metadata, c.get("outputs", [])) for c in notebook.cells]


def rebuilt(source: Path, folder: Path) -> Path:
    """The notebook that `course build` would write now."""
    copy = folder / source.parent.name / source.name
    build.write_if_changed(copy, source.read_text(encoding="utf-8"))
    if source.parent.name == "chapters":
        build.pair(copy)
        return copy.with_suffix(".ipynb")
    build.assignment(copy, folder)
    return folder / "assignments" / source.stem / f"{source.stem}.ipynb"


def assert_same(committed: Path, source: Path, folder: Path) -> None:
    assert committed.exists(), f"{committed.name} is missing: run `course build`"
    here, wanted = (nbformat.read(path, as_version=4) for path in (committed, rebuilt(source, folder)))
    assert cells(here) == cells(wanted), f"{committed.name} does not belong to its source: run `course build`"
    assert here.metadata == wanted.metadata
    assert len({cell.id for cell in here.cells}) == len(here.cells)


@each_chapter
def test_notebook_belongs_to_its_source(source: Path, tmp_path: Path):
    assert_same(source.with_suffix(".ipynb"), source, tmp_path)


@each_exercise
def test_assignment_belongs_to_its_source(source: Path, tmp_path: Path):
    assert_same(ROOT / "assignments" / source.stem / f"{source.stem}.ipynb", source, tmp_path)


def test_a_changed_word_is_noticed(tmp_path: Path):
    source = CHAPTERS[0]
    stale = tmp_path / "stale.ipynb"
    stale.write_text(source.with_suffix(".ipynb").read_text(encoding="utf-8").replace("# ", "# Not ", 1))
    with pytest.raises(AssertionError, match="course build"):
        assert_same(stale, source, tmp_path)


def test_ids_stay_when_another_section_changes(tmp_path: Path):
    source = tmp_path / "90_tiny.py"
    source.write_text("# %% [markdown]\n# ## One\n\n# %%\na = 1\n\n# %% [markdown]\n# ## Two\n\n# %%\nb = 2\n")
    before = [cell.id for cell in build.read(source).cells]
    source.write_text(source.read_text().replace("a = 1\n", "a = 1\n\n# %%\na = 3\n"))
    after = [cell.id for cell in build.read(source).cells]
    assert [i for i in after if i in before] == before


def test_build_says_what_it_wrote_and_then_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    build.write_if_changed(tmp_path / "chapters" / "90_tiny.py", "# %%\na = 1\n")
    build.run([], tmp_path)
    assert capsys.readouterr().out == "chapter 90_tiny written\n"
    build.run(["90"], tmp_path)
    assert capsys.readouterr().out == "Everything was up to date.\n"


# -- it runs, and reaches what it promises ----------------------------------------------------------------------


@each_chapter
def test_runs_from_the_top(source: Path):
    notebook = execution.executed(source)
    ran = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count == i for i, cell in enumerate(ran, start=1))
    assert not [o for cell in ran for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]


@each_chapter
def test_floors_hold_on_five_seeds(source: Path):
    promised = {row["name"]: row for row in execution.executed(source).metadata["course"]["results"]}
    record = json.loads(floors.record_path(source.stem).read_text(encoding="utf-8")) if promised else None
    if record:
        assert floors.problems(record, floors.code_digest(source), promised) == []


def test_a_record_that_lies_is_noticed():
    bounds = {"at_least": 0.9, "at_most": None}
    good = {
        "code": "abc",
        "torch": floors.torch_version(),
        "seeds": [0, 1, 2, 3, 4],
        "results": {"accuracy": {**bounds, "values": [0.91, 0.92, 0.93, 0.94, 0.95]}},
    }
    promised = {"accuracy": {"name": "accuracy", **bounds}}
    assert floors.problems(good, "abc", promised) == []
    assert floors.problems(good, "other", promised)
    assert floors.problems({**good, "torch": "1.0"}, "abc", promised)
    assert floors.problems(good, "abc", {"accuracy": {**bounds, "at_least": 0.8}})
    assert floors.problems(good, "abc", {})
    for values in ([0.91, 0.92, 0.93, 0.94, 0.89], [0.91] * 4, [0.91, 0.92, 0.93, 0.94, float("nan")]):
        assert floors.problems({**good, "results": {"accuracy": {**bounds, "values": values}}}, "abc", promised)


def test_floors_record_each_seed(tmp_path: Path):
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    source = tmp_path / "chapters" / "90_tiny.py"
    lesson = 'from course_utils import check\n\n# %%\ncheck.reaches("ten seeds", 10 * check.seed(7), at_least=0)\n'
    build.write_if_changed(source, "# %%\n" + lesson)
    module, reached = (
        tmp_path / "course_utils" / "check.py",
        "def seed(n): return n\ndef reaches():\n    return _near\n_near = 1\n",
    )
    build.write_if_changed(module, reached)
    floors.run(["90_tiny"], tmp_path)
    record = json.loads(floors.record_path("90_tiny", tmp_path).read_text())
    assert record["results"] == {"ten seeds": {"at_least": 0, "at_most": None, "values": [0, 10, 20, 30, 40]}}
    assert record["code"] == floors.code_digest(source, tmp_path)
    build.write_if_changed(
        module, reached + "def unused():  # a function that the chapter does not reach\n    pass\n"
    )
    assert record["code"] == floors.code_digest(source, tmp_path)
    build.write_if_changed(module, reached.replace("1", "2"))
    assert record["code"] != floors.code_digest(source, tmp_path)


# -- its sections stand by themselves ---------------------------------------------------------------------------


@each_chapter
def test_no_section_lives_on_leaked_names(source: Path):
    assert list(leaks(build.read(source))) == []


def chapter(*cells: str) -> NotebookNode:
    """A notebook; a text that begins with # is Markdown."""
    return new_notebook(cells=[(new_markdown_cell if c.startswith(("#", "*")) else new_code_cell)(c) for c in cells])


LEAKY = (
    "for i in range(3): total += i",
    "total = total + 1",
    "def g(): return total",
    "total += 1",
    "[total for _ in range(2)]",
    "print(total)",
)
SOUND = (
    "total = 1\nprint(total)",
    "def total(n): return n and total(n - 1)",
    "for total in [1]: print(total)",
    "for i in range(3):\n    total = 0\n    total += i",
    "print(f(math.pi), RATE)",
)


@pytest.mark.parametrize("code", [*LEAKY, *SOUND])
def test_a_leaked_name_is_noticed(code: str):
    one = ("## 1 One", "import math\nRATE = 2\ndef f(x): return x\nfor step in range(3): total = step")
    found = list(leaks(chapter(*one, "## 2 Two", code)))
    assert len(found) == (code in LEAKY)
    assert all(sentence.startswith("'2 Two' reads `total`") for sentence in found)


def test_a_declared_name_may_be_used_and_must_be():
    declared = "## 2 Two\n\n*This section uses `total` and `step` from section 1.*"
    both, one = (list(leaks(chapter("## 1", "total, step = 1, 2", declared, c))) for c in ("total + step", "total"))
    assert both == []
    assert one == ["'2 Two' says that it uses `step`, and does not."]


# -- it is written as it should be ------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [*CHAPTERS, *EXERCISES], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_written_so_that_it_looks_alike_everywhere(source: Path):
    assert not_alike(build.read(source)) == []


@each_chapter
def test_code_cells_are_short(source: Path):
    assert too_long(build.read(source)) == []


@pytest.mark.parametrize(
    "cell",
    [
        "# A\n\n:::{note}\nhello\n:::",
        "# A\n\n```{figure} x.png\n```",
        "# A\n\nsee {ref}`x`",
        "# A\n\n(label)=\n",
        r"# A see $\eqref{x}$",
        "# A\n\n> [!NOTE]\n> hello",
        "# A\n<details><summary>Hint</summary>\ntext</details>",
    ],
)
def test_markdown_of_another_kind_is_noticed(cell: str):
    assert len(not_alike(chapter(cell))) == 1


def test_hints_and_code_in_markdown_pass():
    hint = "# A\n\n<details><summary>Hint</summary>\n\n$x_{i}$, and `{ref}` in code\n\n</details>"
    assert not_alike(chapter(hint)) == []


def test_a_long_cell_is_noticed_unless_it_is_a_class():
    assert len(too_long(chapter("x = 1\n" * 26, "class A:\n" + "    x = 1\n" * 40, "x = 1\n" * 25))) == 1


UNLINKED = (  # books, and papers for which no address is known that lasts
    "Augmented Grad-CAM", "On convergence proofs on perceptrons", "Perceptrons", "The Organization of Behavior",
    "Time series analysis", "Visualizing higher-layer features",
)  # fmt: skip
PAPER = re.compile(
    r"https://(?:arxiv\.org/abs/\d{4}\.\d{4,5}|doi\.org/10\.\d{4,5}/[\w./%-]+|(?!arxiv|doi)(?:[a-z-]+\.)+[a-z]{2,}/[\w./?=-]+)"
)


@each_chapter
def test_further_reading_links_to_what_it_names(source: Path):
    part = _further_reading(source)
    entries = [" ".join(entry.split()) for entry in re.split(r"^- ", part, flags=re.MULTILINE)[1:]]
    assert entries
    assert [e for e in entries if "](" not in e and not any(f"*{name}" in e for name in UNLINKED)] == []
    addresses = re.findall(r"\]\(([^)]*)\)", part)
    assert [address for address in addresses if not PAPER.fullmatch(address)] == []


def test_a_paper_has_one_address_in_all_chapters():
    found: dict[str, set[str]] = {}
    for source in CHAPTERS:
        for title, address in re.findall(r"\[\*([^*]*)\*\]\(([^)]*)\)", _further_reading(source)):
            found.setdefault(" ".join(title.split()), set()).add(address)
    assert [title for title, addresses in found.items() if len(addresses) > 1] == []
    assert len({address for addresses in found.values() for address in addresses}) == len(found)


def _further_reading(source: Path) -> str:
    """The text under a chapter's heading of that name."""
    notebook = neighbours.without_links(build.read(source))
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return "\n\n".join(texts).partition("## Further reading")[2].partition("\n#")[0]


@each_chapter
def test_no_question_shows_its_answer(source: Path):
    assert answers_shown(build.read(source)) == []


@pytest.mark.parametrize("asked", ["widgets.predict(", "widgets.choose(", "widgets.arrange(", "q = widgets.choose("])
def test_a_question_that_shows_its_answer_is_noticed(asked: str):
    shown = chapter(f"{asked}\n    'How many?', 2\n)", "x = widgets.Slider()")
    assert len(answers_shown(shown)) == 1
    shown.cells[0].metadata["tags"] = ["hide-input"]
    assert answers_shown(shown) == []


@each_chapter
def test_equations_are_numbered_in_order(source: Path):
    assert misnumbered(build.read(source)) == []


@pytest.mark.parametrize(
    ("numbers", "found"), [(["3.1", "3.2"], 0), ([], 0), (["3.1", "3.3"], 1), (["3.2", "3.1"], 1)]
)
def test_an_equation_out_of_order_is_noticed(numbers: list[str], found: int):
    text = "\n\n".join(f"$$ x \\tag{{{number}}} $$" for number in numbers)
    assert len(misnumbered(new_notebook(cells=[new_markdown_cell(text)]))) == found


# -- the first code cell sets up, in one shape ------------------------------------------------------------------


@each_chapter
def test_the_first_code_cell_sets_up(source: Path):
    assert setup_problems(build.read(source), int(source.stem[:2])) == []


SETUP = """import math

import torch
from torch import nn

from course_utils import check

SEED = check.seed(9)
"""
DOUBLE = "torch.set_default_dtype(torch.float64)  # gradients are compared in double precision\n"


def test_a_set_up_of_the_right_shape_passes():
    assert setup_problems(chapter("# 9", SETUP, "x = 1"), 9) == []
    assert setup_problems(chapter("# 9", SETUP + DOUBLE, "from math import pi\nx = pi"), 9) == []


@pytest.mark.parametrize(
    "cells",
    [
        ("import abc\nimport ast\nimport bz2\nimport csv\nimport dis\nimport io\n" + SETUP,),
        (SETUP.replace("import math\n\nimport torch", "import torch\nimport math"),),
        ("from course_utils import data\n" + SETUP,),
        (SETUP + "RATE = 0.1\n",),
        (SETUP + "\n\ndef f():\n    pass\n",),
        (SETUP.replace("seed(9)", "seed(8)"),),
        (SETUP + DOUBLE + DOUBLE,),
        (SETUP + DOUBLE, "torch.set_default_dtype(torch.float32)"),
        (SETUP, "def train():\n    torch.set_default_dtype(torch.float32)"),
        ("x = 1", SETUP),
    ],
)  # fmt: skip
def test_a_set_up_of_another_shape_is_noticed(cells: tuple[str, ...]):
    assert setup_problems(chapter("# 9", *cells), 9)


@each_chapter
def test_every_picture_has_an_alternative_text(source: Path):
    assert undescribed(execution.executed(source)) == []


@each_chapter
def test_the_errata_have_their_columns(source: Path):
    assert bad_errata(build.read(source)) == []


SVG = '<svg role="img" aria-label="{}">'


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"image/png": "iVBO"}, 1),
        ({"text/html": SVG.format("")}, 1),
        ({"text/html": SVG.format("A line.") + "<svg>"}, 1),
        ({"text/html": SVG.format("A line.") + '<img alt="A cat.">'}, 0),
        ({"text/plain": "3"}, 0),
    ],
)
def test_a_picture_without_an_alternative_text_is_noticed(data: dict[str, str], found: int):
    notebook = chapter("x = 1")
    notebook.cells[0].outputs = [new_output("display_data", data=data)]
    assert len(undescribed(notebook)) == found


def test_too_many_words_are_noticed_and_tables_do_not_count():
    words = "word " * 100
    assert too_wordy(chapter(f"# A\n\n{words}\n\n| {words} |\n\n<details>{words}</details>\n\n$$ {words} $$")) == []
    assert len(too_wordy(chapter(f"# A\n\n{words}\n\n{words}"))) == 1


@pytest.mark.parametrize(
    ("row", "found"), [("| a | b | c | d | e |", 0), ("| a | b | c | d |", 1), (r"| a \| a | b | c | d | e |", 0)]
)
def test_errata_of_another_form_are_noticed(row: str, found: int):
    head = "## What the lecture notes get wrong\n\n| where | they say | what is right | source | shown in |\n"
    assert len(bad_errata(chapter(f"{head}|---|---|---|---|---|\n{row}"))) == found
    assert len(bad_errata(chapter(head.replace("source", "by")))) == 1
