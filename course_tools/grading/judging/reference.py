"""What the instructor's own notebook seals, and what each planted slip seals: the values to compare with.

Runs in the grader. The instructor's notebook and the slips run in children of the same engine, by themselves, before
or beside the students': no value of theirs is ever in a process that runs a student's code.
"""

import threading
from dataclasses import dataclass, field, replace

from course_tools.grading.author import Rule
from course_tools.grading.engine.program import Cell, Part, Program, Step, execute
from course_tools.grading.engine.runner import Warm
from course_tools.grading.inside.values import Malformed, Value, decode_all, plain
from course_tools.grading.judging.master import Master, grade_id, is_test
from course_tools.grading.judging.operators import Seen
from course_tools.grading.judging.rules import compare
from course_tools.grading.slips import Slip
from course_utils.errors import CourseError

Outcome = dict[str, Value]


@dataclass(frozen=True)
class Expected:
    """One seal of the instructor's: its value and the rule by which it is compared."""

    value: Value
    rule: Rule


@dataclass
class Reference:
    """The expected seals of each test cell, part by part, and the slips' seals, found when first asked for.

    `seen`: the operators of each test cell that bans calls.
    """

    master: Master
    seed: str
    expected: dict[str, list[dict[str, Expected]]]
    warm: Warm
    seen: dict[str, Seen] = field(default_factory=dict)
    slips: dict[str, list[tuple[Slip, Outcome]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    first: "Reference | None" = None  # with students' own numbers: what holds for all other tests

    def measured_there(self) -> list[str]:
        """The tests whose first seal is held to a bound: what reaches it was measured beside the student's code."""
        first = {test: parts[0].values() for test, parts in self.expected.items() if parts}
        return [test for test, seals in first.items() if any(seal.rule["rule"] == "between" for seal in seals)]

    def slips_of(self, test: str) -> list[tuple[Slip, Outcome]]:
        """For the test cell `test`: each slip of its exercise with what it seals. Run once a batch, if at all."""
        if self.first and test not in self.master.own:
            return self.first.slips_of(test)
        with self.lock:
            if test not in self.slips:
                self.slips[test] = [(slip, _sealed(cell)) for slip, cell in self.run_slips(test)]
            return self.slips[test]

    def run_slips(self, test: str) -> list[tuple[Slip, Cell]]:
        """Each slip of an exercise with what its test cell gave, one after the other in one child: they are ours."""
        exercise, cell = test.removeprefix("test_"), self.master.tests[test]
        planted = [slip for slip in self.master.slips if slip.cell == exercise]
        # the visible part runs once, for the names that it defines: what it says to slips is not asked here
        steps = [step for step in _steps(self.master, {}) if not step.parts] + [Step(test, cell.source)]
        for slip in planted:
            steps += [Step(exercise, slip.source), Step(test, "", cell.parts, cell.banned)]
        cells = execute(Program(tuple(steps), self.seed), self.warm).cells
        return list(zip(planted, cells[len(cells) - 2 * len(planted) + 1 :: 2], strict=True))


def _sealed(cell: Cell) -> Outcome:
    sealed: Outcome = {}
    for part in cell.parts:
        sealed |= _values(part)
    return sealed


def run_reference(master: Master, seed: str, warm: Warm) -> Reference:
    """Run the instructor's notebook, and again with other seeds.

    Raises CourseError unless each cell runs, each seal holds against itself, and the first seal of each test changes
    with the seed: what is the same in each batch can be looked up instead of computed.
    """
    reference = _run(master, seed, warm)
    same = {test: parts[0] for test, parts in reference.expected.items() if _must_be_drawn(master, test, parts)}
    for i in range(DRAWS):  # a number of few values may be the same by chance
        if not same:
            return reference
        again = _run(master, f"{seed}, {i}", warm).expected
        same = {test: first for test, first in same.items() if _agree(first, again[test][0])}
    for test, first in same.items():
        names = " and ".join(map(repr, first))
        _refuse(master, f"the hidden check {names} of {test} is the same in each batch; draw its inputs")
    return reference


DRAWS = 10  # runs with other seeds, at most


def _must_be_drawn(master: Master, test: str, parts: list[dict[str, Expected]]) -> bool:
    """Not a choice or a prediction, a bound that an open design must reach, or labels to be predicted."""
    rules = {wanted.rule["rule"] for wanted in parts[0].values()} if parts else set()
    return bool(parts) and not master.tests[test].is_told_later and rules.isdisjoint({"between", "agree"})


def _agree(first: dict[str, Expected], again: dict[str, Expected]) -> bool:
    return all(not compare(again[name].value, wanted.value, wanted.rule) for name, wanted in first.items())


def run_variant(master: Master, first: Reference) -> Reference:
    """What the same assignment seals with the numbers of another variant: only the tests that vary are run.

    Raises CourseError as `run_reference` does.
    """
    steps = tuple(step for step in _steps(master, {}) if step.name not in master.tests or step.name in master.own)
    ran = _run(master, first.seed, first.warm, steps)
    return replace(ran, expected=first.expected | ran.expected, seen=first.seen | ran.seen, first=first)


def _run(master: Master, seed: str, warm: Warm, steps: tuple[Step, ...] = ()) -> Reference:
    """`steps`: those to run; all, when none are named."""
    steps = steps or _steps(master, {})
    trace = execute(Program(steps, seed, rules=True), warm)
    expected: dict[str, list[dict[str, Expected]]] = {}
    seen: dict[str, Seen] = {}
    for step, cell in zip(steps, trace.cells, strict=True):
        if cell.error:
            said = next((o.get("evalue", "") for o in cell.outputs if o.get("output_type") == "error"), cell.detail)
            _refuse(master, f"the cell {step.name or step.source[:40]!r} fails: {said}")
        if step.name in master.tests:
            expected[step.name] = [_expected(master, step.name, part) for part in cell.parts]
            seen[step.name] = Seen.of(cell)
            names = [name for part in expected[step.name] for name in part]
            if len(set(names)) < len(names):
                _refuse(master, f"{step.name} uses a seal's name twice")
    return Reference(master, seed, expected, warm, seen)


def _steps(master: Master, replaced: dict[str, str]) -> tuple[Step, ...]:
    """The instructor's cells as steps, solution cells replaced by name."""
    steps = []
    for cell in master.notebook.cells:
        name = grade_id(cell)
        if cell.cell_type != "code":
            continue
        if is_test(cell):
            test = master.tests[name]
            steps.append(Step(name, test.source, test.reference_parts, test.banned))
        else:
            steps.append(Step(name, replaced.get(name, cell.source)))
    return tuple(steps)


def _expected(master: Master, test: str, part: Part) -> dict[str, Expected]:
    if part.error:
        _refuse(master, f"a hidden check of {test} fails: {part.error} {part.detail}")
    found: dict[str, Expected] = {}
    for message, blob in part.seals:
        name = message["seal"]
        if "refused" in message:
            _refuse(master, f"{test}: the seal {name!r} hands out {message['refused']}")
        value, rule = decode_all(message["trees"], blob)
        if name in found:
            _refuse(master, f"{test} uses the seal's name {name!r} twice")
        found[name] = Expected(value, plain(rule))
        if problem := compare(value, value, found[name].rule):
            _refuse(master, f"{test}: the seal {name!r} does not hold against itself: it {problem}")
    return found


def _values(part: Part) -> Outcome:
    """The decoded seals of a run of ours."""
    sealed: Outcome = {}
    for message, blob in part.seals:
        try:
            sealed[str(message["seal"])] = decode_all(message["trees"], blob)[0]
        except (KeyError, Malformed):
            continue
    return sealed


def _refuse(master: Master, problem: str) -> None:
    raise CourseError(f"{master.name} cannot be graded: {problem}. Correct solutions/{master.name}/{master.name}.py.")
