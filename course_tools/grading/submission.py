"""One submission on its way: the program that its cells make, and the graded notebook that its trace makes.

Runs in the grader, before and after the executing half. `prepare` turns a cleaned notebook into what a child may
see; `finish` puts verdicts and harmless outputs into the notebook that teachers and students read. The hidden part
of a test cell is in neither.
"""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode, from_dict

from course_tools.grading.engine.program import Cell, Program, Step, Trace
from course_tools.grading.intake import sanitize
from course_tools.grading.intake.clean import Cleaned
from course_tools.grading.judging.judge import Line, Verdict, judge
from course_tools.grading.judging.master import Master, grade_id, is_answer, is_test
from course_tools.grading.judging.operators import Seen, for_a_person
from course_tools.grading.judging.reference import Reference
from course_utils.check.bans import text as bans

LETTERS = "The letters are those of your own options, which stand in the task."


@dataclass
class Graded:
    """A graded notebook, the verdicts on its test cells, why a person should look at it, and what had its time."""

    notebook: NotebookNode
    verdicts: list[Verdict]
    person: list[str] = field(default_factory=list)
    late: Mapping[str, int] = field(default_factory=dict)


def prepare(cleaned: Cleaned, master: Master, seed: str, late: Mapping[str, int] | None = None) -> Program:
    """What a child is given of a submission; nothing when it could not be read. `late`: what had its time before."""
    if cleaned.unreadable:
        return Program((), seed)
    steps = []
    for cell in cleaned.notebook.cells:
        if cell.cell_type != "code":
            continue
        if is_test(cell):
            test = master.tests[grade_id(cell)]
            steps.append(Step(test.name, test.source, test.parts, test.banned))
        else:
            steps.append(Step(grade_id(cell), cell.source))
    return Program(tuple(steps), seed, cleaned.files, late=late or {})


def finish(cleaned: Cleaned, trace: Trace, reference: Reference) -> Graded:
    """The notebook with its verdicts. Call once for each cleaned submission: its notebook is filled in."""
    graded = Graded(cleaned.notebook, [], list(dict.fromkeys(cleaned.person)), trace.late_at)
    cells, stopped, sealed = iter(trace.cells), dict[str, str](), False
    for number, cell in enumerate((c for c in cleaned.notebook.cells if c.cell_type == "code"), start=1):
        cell.execution_count = number
        ran = Cell() if cleaned.unreadable else next(cells)
        # what ran after a hidden part may show its inputs: an answer can keep them
        shown = sanitize.outputs(ran.outputs if not sealed else _hidden(cell, ran))
        if ran.detail and ran.error in ("Ended", "NotRun", "Timeout"):
            shown.append({"output_type": "stream", "name": "stdout", "text": f"(This cell {ran.detail}.)\n"})
        if is_test(cell):
            verdict = _verdict(cell, ran, cleaned, reference)
            if (numbers := reference.master.own.get(verdict.cell)) is not None:
                verdict.notes.insert(0, f"Your numbers: {numbers}." if numbers else LETTERS)
            _say_what_stopped(verdict, stopped)
            graded.verdicts.append(verdict)
            graded.person += [f"{verdict.cell}: {reason}" for reason in verdict.person]
            shown.insert(0, {**verdict.output(), "execution_count": number})
            cell.source = reference.master.tests[verdict.cell].visible
            sealed = sealed or bool(reference.master.tests[verdict.cell].parts)
        elif ran.error:
            stopped[grade_id(cell)] = _kind(ran)
        if table := reference.master.options.get(grade_id(cell)):
            # who handed in, and not the notebook, says whose they are
            cell.metadata["jupyter"] = {"source_hidden": True}
            shown = [{"output_type": "display_data", "data": table.data(), "metadata": {}}]
        if not is_test(cell) and (ran.ended or ran.error == "Timeout"):
            graded.person.append(f"the cell {grade_id(cell) or number} {ran.detail}")
        cell.outputs = [from_dict(output) for output in shown]
    return graded


def _hidden(cell: NotebookNode, ran: Cell) -> list[dict[str, Any]]:
    """In place of what a cell showed after a hidden part: that it is not shown, and the kind of error that it met."""
    if is_test(cell) or not (ran.outputs or ran.error):
        return []
    stopped = f" It stopped with {_kind(ran)}." if ran.error else ""
    text = f"(What this cell showed is left out, for it ran after hidden checks.{stopped})\n"
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def _kind(ran: Cell) -> str:
    """The kind of error that a cell met, as Python calls it; its text could be anything."""
    return ran.error if hasattr(builtins, ran.error) else "an error"


def _say_what_stopped(verdict: Verdict, stopped: Mapping[str, str]) -> None:
    """Tell a student whose answer's cell did not run to its end, which the checks show as a NameError at best."""
    exercise = verdict.cell.removeprefix("test_")
    if exercise in stopped and verdict.score < verdict.points:
        verdict.notes.append(
            f"Your cell {exercise} stopped with {stopped[exercise]}, and nothing after that line ran. "
            "Grading runs the notebook from its top, with the course's packages alone."
        )


def _verdict(cell: NotebookNode, ran: Cell, cleaned: Cleaned, reference: Reference) -> Verdict:
    name = grade_id(cell)
    if cleaned.unreadable:
        points = reference.master.points[name]
        return Verdict(name, points, lines=[Line("The submission", f"could not be graded: {cleaned.unreadable}")])
    verdict = judge(name, ran, reference)
    if any(part.error == "Ended" for part in ran.parts) or ran.ended:
        verdict.person.append("its check ended the process")
    if banned := reference.master.tests[name].banned:
        _apply_bans(verdict, cleaned, reference.master)
        reason = for_a_person(Seen.of(ran), reference.seen[name], banned)
        if reason and verdict.score:
            verdict.person.append(f"{reason}, where a call is banned")
    return verdict


def _apply_bans(verdict: Verdict, cleaned: Cleaned, master: Master) -> None:
    """Take the points where the exercise's cell names a banned call; tell a person of that and of doubts."""
    written = {grade_id(c) or f"free {i}": c for i, c in enumerate(cleaned.notebook.cells) if c.cell_type == "code"}
    given = {name for name in map(grade_id, master.notebook.cells) if name} - {
        s for s in written if is_answer(written[s])
    }
    exercise = verdict.cell.removeprefix("test_")
    own = "\n".join([*cleaned.split.get(exercise, []), *(c.source for n, c in written.items() if n == exercise)])
    others = [c.source for name, c in written.items() if name != exercise and name not in given]
    context = [c.source for name, c in written.items() if name in given]
    files = {
        name.removesuffix(".py"): text.decode(errors="replace")
        for name, text in cleaned.files
        if name.endswith(".py")
    }
    test = master.tests[verdict.cell]
    findings = bans.inspect(
        own, [*others, *files.values()], context, test.banned, modules=files, asked=test.asks_for()
    )
    if findings.hits:
        verdict.score = 0.0
        called = ", ".join(findings.hits)
        verdict.notes.insert(
            0,
            f"Your answer uses {called}, which this exercise asks you to write yourself: it earns nothing. "
            "To compare with it, call it outside the answer, best in a cell of its own.",
        )
        verdict.person.append(f"uses {called}, which is banned")
    if any("asks you to write yourself" in line.problem for line in verdict.lines):
        verdict.person.append("a banned call was stopped while it was graded")
    verdict.person += [f"{doubt}, where a call is banned" for doubt in findings.doubts]
