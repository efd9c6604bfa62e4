"""The page of feedback: marks at its top, then each exercise with its hint first, the task and the checks folded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nbformat import NotebookNode

from course_tools.grading.intake import sanitize
from course_tools.grading.judging.master import is_answer, is_grade
from course_tools.grading.pages import code, prose
from course_tools.grading.pages.page import page

HEADING = re.compile(r"^#{1,2} +(.+)$", re.MULTILINE)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b")  # colours of a terminal
WAIT, WAITS = "wait for a person", "waits for a person"
STYLE = """
body{max-width:52rem}
section{margin-top:2.5rem;border-top:2px solid var(--grid)}
h2{display:flex;justify-content:space-between;gap:1rem;align-items:baseline;flex-wrap:wrap}
h3{font-size:1rem;color:var(--muted);margin:1rem 0 .2rem}
.points{font-variant-numeric:tabular-nums}
section h1{font-size:1.2rem}
.verdict{border-left:.3rem solid var(--orange);background:var(--panel);padding:.2rem 1rem;margin:.5rem 0}
.verdict.full{border-color:var(--green)}
.verdict.waits{border-color:var(--muted)}
.verdict li{list-style:none}.verdict ul{padding:0}
.teacher{border-left:.3rem solid var(--blue);background:var(--panel);padding:.2rem 1rem;margin:.5rem 0}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--blue)}
img{max-width:100%;background:#fff}
math{font-size:1.05em}math[display=block]{overflow-x:auto;max-width:100%}
.late{color:var(--orange)}
"""


@dataclass
class Section:
    """What stands under one heading of the notebook, in order."""

    title: str
    given: list[NotebookNode] = field(default_factory=list)  # the text of the task, and code that was handed out
    own: list[NotebookNode] = field(default_factory=list)  # what the student wrote
    graded: list[NotebookNode] = field(default_factory=list)

    @property
    def marks(self) -> tuple[float, float]:
        """(the points that were earned, the points that there are)."""
        marks = [cell.metadata.nbgrader for cell in self.graded]
        return sum(m.get("score") or 0 for m in marks), sum(m.get("points") or 0 for m in marks)

    @property
    def waiting(self) -> float:
        """The points of the answers that nobody has marked yet."""
        return sum(cell.metadata.nbgrader.get("points") or 0 for cell in self.graded if _waits(cell))

    @property
    def earned(self) -> str:
        """The points so far, in words where an answer waits."""
        earned, most = self.marks
        if not self.waiting:
            return f"{earned:.4g}"
        return WAITS if self.waiting == most else f"{earned:.4g} so far, {self.waiting:.4g} {WAIT}"


def render(notebook: NotebookNode, about: dict[str, Any]) -> str:
    """The page of a graded notebook; `about` has nbgrader's assignment, student, score, max_score, late_penalty."""
    title = f"{about['assignment']}: feedback for {about['student']}"
    found = list(enumerate(sections(notebook), start=1))
    parts = [
        _head(title, about, sum(section.waiting for _, section in found)),
        _table(found),
        *(_section(number, section) for number, section in found),
    ]
    return page(title, "\n".join(parts), code.STYLE + STYLE)


def sections(notebook: NotebookNode) -> list[Section]:
    """The notebook cut at its headings, without what is neither graded nor has a cell that a student wrote."""
    found = [Section("The beginning")]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not is_answer(cell) and (heading := HEADING.search(cell.source)):
            found.append(Section(heading[1].strip()))
        if _is_own(cell):
            found[-1].own.append(cell)
        if is_grade(cell):
            found[-1].graded.append(cell)
        elif not _is_own(cell):
            found[-1].given.append(cell)
    return [section for section in found if section.own or section.graded]


def _is_own(cell: NotebookNode) -> bool:
    """Whether a student wrote it: an answer, or a cell of code that the assignment does not have."""
    return is_answer(cell) or ("nbgrader" not in cell.metadata and cell.cell_type == "code")


def _waits(cell: NotebookNode) -> bool:
    """Whether a graded cell is an answer in words that nobody has marked yet: its score of 0 says nothing."""
    return bool(cell.metadata.nbgrader.get("waits"))


def _head(title: str, about: dict[str, Any], waiting: float) -> str:
    late = about.get("late_penalty") or 0
    penalty = f' <span class="late">({late:.4g} less, since it came late)</span>' if late else ""
    total = f"{about['score']:.4g} of {about['max_score']:.4g} points"
    so_far = f" so far</strong>; an answer {WAITS} ({_points(waiting)})" if waiting else "</strong>"
    return f"<h1>{escape(title)}</h1>\n<p><strong>{total}{so_far}{penalty}</p>"


def _points(points: float) -> str:
    return f"{points:.4g} point{'' if points == 1 else 's'}"


def _table(found: Iterable[tuple[int, Section]]) -> str:
    """The exercises with their points, each a link."""
    rows = "\n".join(
        f'<tr><td><a href="#section-{number}">{prose.line(section.title)}</a></td>'
        f'<td class="number">{section.earned}</td><td class="number">{section.marks[1]:.4g}</td></tr>'
        for number, section in found
        if section.graded
    )
    head = '<th scope="col">exercise</th>' + "".join(
        f'<th scope="col" class="number">{x}</th>' for x in ("points", "of")
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _section(number: int, section: Section) -> str:
    of = f"({_points(section.marks[1])})" if section.waiting else f"/ {section.marks[1]:.4g}"
    points = f'<span class="points">{section.earned} {of}</span>' if section.graded else ""
    parts = [
        f'<section id="section-{number}"><h2><span>{prose.line(section.title)}</span> {points}</h2>',
        *map(_verdict, section.graded),
        *(_comment(cell) for cell in [*section.own, *(c for c in section.graded if not is_answer(c))]),
        *(f"<h3>{'Your answer' if is_answer(cell) else 'A cell of yours'}</h3>{_cell(cell)}" for cell in section.own),
        _folded("The task", section.given),
        _folded("The checks that you saw", [cell for cell in section.graded if not is_answer(cell)]),
        "</section>",
    ]
    return "\n".join(filter(None, parts))


def _verdict(cell: NotebookNode) -> str:
    """What the grader, or a person, says of a graded cell."""
    marks = cell.metadata.nbgrader
    if _waits(cell):
        return f'<div class="verdict waits"><p><b>This answer {WAITS}: up to {_points(marks.points)}.</b></p></div>'
    score, points = marks.get("score") or 0, marks.get("points") or 0
    said = "".join(sanitize.html(output.data.get("text/html", "")) for output in _verdicts(cell))
    said = said or f"<p><b>{score:.4g} of {points:.4g} points</b></p>"
    return f'<div class="verdict{" full" if score >= points else ""}">{said}</div>'


def _verdicts(cell: NotebookNode) -> list[NotebookNode]:
    """The output in which the grader wrote its verdict: the only result that a graded cell has."""
    return [output for output in cell.get("outputs", []) if output.output_type == "execute_result"]


def _comment(cell: NotebookNode) -> str:
    said = cell.metadata.get("nbgrader", {}).get("comment")
    return f'<div class="teacher"><p><b>From your teacher:</b></p>{prose.html(said)}</div>' if said else ""


def _folded(title: str, cells: list[NotebookNode]) -> str:
    body = "\n".join(map(_cell, cells)).strip()
    return f"<details><summary>{title}</summary>\n{body}\n</details>" if body else ""


def _cell(cell: NotebookNode) -> str:
    if cell.cell_type != "code":
        text = cell.source if is_answer(cell) else HEADING.sub("", cell.source)  # the section has the task's heading
        return prose.html(text, cell.get("attachments", {}))
    shown = [output for output in cell.outputs if output.output_type != "execute_result"]
    folded = cell.metadata.get("jupyter", {}).get("source_hidden")
    return ("" if folded else code.html(cell.source)) + "".join(map(_output, shown))


def _output(output: NotebookNode) -> str:
    """An output as it may be shown; `sanitize.outputs` made it, and leaves these kinds alone."""
    if output.output_type == "stream":
        return f'<pre tabindex="0">{escape(ESCAPES.sub("", output.text))}</pre>'
    data = output.data
    for kind in sanitize.PICTURES:
        if kind in data:
            return f'<img alt="{escape(data.get("text/plain", "a picture"))}" src="data:{kind};base64,{data[kind]}">'
    if "text/html" in data:
        return sanitize.html(data["text/html"])
    if "text/markdown" in data:
        return prose.html(data["text/markdown"])
    return f'<pre tabindex="0">{escape(ESCAPES.sub("", data.get("text/plain", "")))}</pre>'
