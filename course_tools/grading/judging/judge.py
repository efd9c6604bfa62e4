"""The judging half: a test cell's mark, its reasons and hints, from what the student's child handed out.

Runs in the grader; the trace is untrusted, the reference is ours. Each seal that holds earns its share of the cell's
points; the first one is the task itself, and a cell whose first seal fails earns nothing, since what follows can
often be guessed. A person is asked for wherever the machine cannot be sure.
"""

import html
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from course_tools.grading.engine.program import Cell, Part
from course_tools.grading.inside.values import Malformed, Value, decode
from course_tools.grading.judging.reference import Expected, Outcome, Reference
from course_tools.grading.judging.rules import compare

NOT_RUN = "was not reached"


@dataclass(frozen=True)
class Line:
    """One check: its name, why it fails (empty when it holds) and the hint for the slip that was recognised."""

    check: str
    problem: str = ""
    hint: str = ""


@dataclass
class Verdict:
    """The mark of one test cell. `person` says why somebody should look at it."""

    cell: str
    points: float
    score: float = 0.0
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    person: list[str] = field(default_factory=list)

    def output(self) -> dict[str, Any]:
        """The nbformat output that people read, put first in the cell.

        Its plain text is the bare score: should nbgrader ever look for a mark there, it finds the same one. `hints`
        reads its metadata.
        """
        data = {"text/plain": f"{self.score:.6g}", "text/html": self.html()}
        metadata = {"hints": list(dict.fromkeys(line.hint for line in self.lines if line.hint))}
        return {"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": None}

    def html(self) -> str:
        """What the student reads: marks, each hint with the checks that it explains, and how many hold."""
        failing = dict.fromkeys((line.hint, line.problem) for line in self.lines if line.problem)
        rows = [self._failing(hint, problem) for hint, problem in sorted(failing, key=lambda pair: not pair[0])]
        rows += [html.escape(note) for note in self.notes]
        if held := sum(not line.problem for line in self.lines):
            rows.append(f"✓ {held} of {len(self.lines)} checks hold.")
        items = "".join(f"<li>{row}</li>" for row in rows)
        return f"<p><b>{self.score:.4g} of {self.points:.4g} points</b></p><ul>{items}</ul>"

    def _failing(self, hint: str, problem: str) -> str:
        """The checks that fail in one way, behind the hint that they share."""
        names = [line.check for line in self.lines if (line.hint, line.problem) == (hint, problem)]
        checks = ", ".join(f"<b>{html.escape(name)}</b>" for name in names)
        said = f"✗ {checks}: {html.escape(problem)}."
        return f"→ <b>{html.escape(hint)}</b><br>{said}" if hint else said


def hints(cell: NotebookNode) -> list[str]:
    """The hints that a graded test cell's verdict gave: its only result is the one that `Verdict.output` made."""
    return [
        str(hint)
        for output in cell.get("outputs", [])
        if output.output_type == "execute_result"
        for hint in output.metadata.get("hints", [])
    ]


def judge(test: str, cell: Cell, reference: Reference) -> Verdict:
    """The verdict on one test cell of one submission."""
    verdict = Verdict(test, reference.master.points[test])
    parts = reference.expected[test]
    if not any(parts):
        return _judge_unsealed(cell, verdict)
    got: dict[str, Value] = {}
    for i, wanted in enumerate(parts):
        part = cell.parts[i] if i < len(cell.parts) else Part(error="NotRun", detail=NOT_RUN)
        seals = _opened(part, wanted, verdict)
        got |= {name: seal for name, seal in seals.items() if isinstance(seal, Value)}
        for name, expected in wanted.items():
            verdict.lines.append(Line(name, _problem(seals.get(name), expected, part)))
    _add_hints(verdict, got, reference)
    _count(verdict, cell)
    return verdict


def _judge_unsealed(cell: Cell, verdict: Verdict) -> Verdict:
    """A test cell without seals, judged as nbgrader would: it earns its points when it runs to its end."""
    problem = "" if cell.ran and not cell.error else cell.detail or "fails"
    verdict.lines.append(Line("the cell", problem))
    verdict.score = 0.0 if problem else verdict.points
    return verdict


def _opened(part: Part, wanted: dict[str, Expected], verdict: Verdict) -> dict[str, Value | str]:
    """The seals of a part by name, each decoded, or a reason in its place. Forged ones are noted for a person."""
    opened: dict[str, Value | str] = {}
    for message, blob in part.seals:
        name = message.get("seal")
        if type(name) is not str or name not in wanted:
            _forged(verdict, "handed out a value under a name that no check has")
        elif name in opened:
            _forged(verdict, "handed out two values under one name")
            opened[name] = "was handed out twice"
        else:
            opened[name] = _open(message, blob)
    return opened


def _forged(verdict: Verdict, reason: str) -> None:
    if reason not in verdict.person:
        verdict.person.append(reason)


def _open(message: dict[str, Any], blob: bytes) -> Value | str:
    if type(refused := message.get("refused")) is str:
        return f"cannot be checked: it is {refused[:80]}"
    trees = message.get("trees")
    try:
        return decode(trees[0], blob) if type(trees) is list and len(trees) == 1 else "is malformed"
    except Malformed:
        return "is malformed"


def _problem(seal: Value | str | None, expected: Expected, part: Part) -> str:
    if isinstance(seal, Value):
        return compare(seal, expected.value, expected.rule)
    if isinstance(seal, str):
        return seal
    if part.error == "BannedCall":
        return f"calls {_word(part.detail)}, which this exercise asks you to write yourself"
    if part.error in ("Ended", "NotRun", "Timeout"):
        return part.detail or NOT_RUN
    return f"raises {_word(part.error)}" if part.error else "was not handed out"


def _word(text: str) -> str:
    """A name that came from the student's process, if it is one."""
    return text if text.isidentifier() else "an error"


def _add_hints(verdict: Verdict, got: dict[str, Value], reference: Reference) -> None:
    """Give each failing seal the hint of the slip that seals the same value, the one that agrees most if several.

    Only slips that agree on the first failing seal count: on a small input, such as one example, many mistakes agree.
    """
    failing = [line.check for line in verdict.lines if line.problem and line.check in got]
    if not failing:
        return
    rules = {name: _strict(e.rule) for part in reference.expected[verdict.cell] for name, e in part.items()}

    def agrees(sealed: Outcome, name: str) -> bool:
        return name in sealed and not compare(got[name], sealed[name], rules[name])

    candidates = [
        (slip.hint, sealed) for slip, sealed in reference.slips_of(verdict.cell) if agrees(sealed, failing[0])
    ]
    alike = [(hint, {name for name in got if agrees(sealed, name)}) for hint, sealed in candidates]
    alike.sort(key=lambda candidate: -len(candidate[1]))
    for i, line in enumerate(verdict.lines):
        if line.check in failing:
            hint = next((hint for hint, same in alike if line.check in same), "")
            verdict.lines[i] = Line(line.check, line.problem, hint)


def _strict(rule: dict[str, Any]) -> dict[str, Any]:
    """Rules that accept a range tell no slip from another; values must be close."""
    return rule if rule["rule"] in ("close", "exact", "number", "same_set", "choice") else {"rule": "close"}


def _count(verdict: Verdict, cell: Cell) -> None:
    held = [not line.problem for line in verdict.lines]
    forged = bool(verdict.person)
    verdict.score = 0.0 if forged or not held[0] else verdict.points * sum(held) / len(held)
    if not held[0] and any(held):
        verdict.notes.append(
            f"{verdict.lines[0].check!r} is the task itself: without it the other checks earn nothing."
        )
    if forged:
        verdict.notes.append("This cell was stopped for a person to look at.")
    if cell.error and all(held):
        verdict.person.append("the visible check failed, and every sealed one holds")
