"""Mutation testing: what the operators make, that a weak check is found out, and that nothing can hang the trial."""

import ast
import difflib
import time
from functools import partial
from pathlib import Path

import pytest

from course_tools.authoring import build, exercises
from course_tools.authoring.mutants import mutants, proved, trial
from course_tools.mutation import forks
from course_tools.mutation.operators import OPERATORS, Mutant
from course_tools.mutation.operators import mutants as mutants_of
from course_utils.errors import CourseError

# -- operators -------------------------------------------------------------------------------------------------

# the operator, the body of `def f(x, y, n)` (its last line changes), and that line in each of its mutants
EXAMPLES = [
    ("sign", "return x - y", ["return -(x - y)", "return x + y", "return y - x"]),
    ("sign", "return x + y", ["return -(x + y)", "return x - y"]),
    ("sign", "return x - 1", ["return -(x - 1)", "return x + 1"]),
    ("sign", "return (x - y) * n", ["return -((x - y) * n)", "return (x + y) * n", "return (y - x) * n"]),
    ("sign", "return [-x]", ["return [x]"]),
    ("sign", "return x, len(y)", ["return -x, len(y)"]),
    ("factor", "return x * y", ["return x / y"]),
    ("factor", "return x / (y + n)", ["return x * (y + n)", "return x // (y + n)", "return (y + n) / x"]),
    ("factor", "return x @ y", ["return x * y"]),
    ("factor", "return x // y", ["return x / y"]),
    ("constant", "return 2 * x", ["return 3 * x"]),
    ("constant", "return x**2", ["return x**3"]),
    ("constant", "return 3 - x", ["return 4 - x", "return 2 - x"]),
    ("constant", "return 0.5 * x", ["return 1.0 * x", "return 0.0 * x"]),
    ("constant", "return 0.3 * x", ["return 1.0 * x", "return 0.0 * x", "return 0.6 * x"]),
    ("constant", "return x[0].sum(dim=1)", []),
    ("comparison", "return x < y", ["return x <= y", "return x >= y", "return x > y"]),
    ("comparison", "return x == y", ["return x != y"]),
    ("comparison", "return x is None", ["return x is not None"]),
    ("term", "return x + y", ["return x", "return y"]),
    ("term", "return x - y", ["return x", "return -y"]),
    ("term", "return n * (x + y)", ["return n", "return x + y", "return n * (x)", "return n * (y)"]),
    ("term", "return x / y", ["return x"]),
    ("term", "return x > 0 and y > 0", ["return (x > 0)", "return (y > 0)"]),
    ("term", "return x, y", ["return y, x"]),
    ("axis", "return x.sum(dim=1)", ["return x.sum(dim=0)", "return x.sum(dim=2)", "return x.sum()"]),
    ("axis", "return x.mean(0)", ["return x.mean(1)", "return x.mean(2)", "return x.mean()"]),
    ("axis", "return x.sum(dim=(1, 2))", ["return x.sum(dim=(2,))", "return x.sum(dim=(1,))", "return x.sum()"]),
    (
        "axis",
        "return torch.cat([x, y], 1)",
        ["return torch.cat([x, y], 0)", "return torch.cat([x, y], 2)", "return torch.cat([x, y])"],
    ),
    ("axis", "return max(x, 1)", []),
    ("keepdim", "return x.sum(dim=1)", ["return x.sum(dim=1, keepdim=True)"]),
    ("keepdim", "return x.sum(dim=1, keepdim=True)", ["return x.sum(dim=1)"]),
    ("keepdim", "return x.sum()", []),
    ("reduction", "return x.mean()", ["return x.sum()"]),
    ("reduction", "return torch.argmax(x)", ["return torch.argmin(x)"]),
    ("reduction", "return x.var(correction=0)", ["return x.std(correction=0)", "return x.var(correction=1)"]),
    ("reduction", "return x.std()", ["return x.var()", "return x.std(correction=0)"]),
    ("transpose", "return x.T", ["return x"]),
    ("transpose", "return x.permute(1, 0)", ["return x"]),
    ("transpose", "return x @ y.T", ["return y.T @ x", "return x.T @ y.T", "return x @ y"]),
    ("index", "return x[1]", ["return x[0]", "return x[2]"]),
    ("index", "return x[-1]", ["return x[-2]", "return x[0]"]),
    ("index", "return x.shape[0]", ["return x.shape[1]"]),
    (
        "index",
        "return x[n:]",
        ["return x[n + 1:]", "return x[n - 1:]", "return x[:]"],
    ),
    ("index", "return x[::n]", ["return x[::]"]),
    (
        "index",
        "return range(1, n)",
        [
            "return range(2, n)",
            "return range(0, n)",
            "return range(1, n + 1)",
            "return range(1, n - 1)",
            "return range(n)",
        ],
    ),
    ("dtype", "return x.double()", ["return x"]),
    ("dtype", "return torch.zeros(n, dtype=x.dtype)", ["return torch.zeros(n)"]),
    ("call", "return torch.exp(x)", ["return x"]),
    ("call", "return 1 - x.tanh()", ["return 1 - x", "return 1 - x.sigmoid()"]),
    ("call", "return x.floor()", ["return x", "return x.ceil()", "return x.round()"]),
    ("call", "return x.clamp(min=0)", ["return x", "return x.clamp(max=0)"]),
    ("call", "return max(x, y)", ["return min(x, y)"]),
    ("call", "return not x", ["return x"]),
    ("call", "return (x - y).abs() * n", ["return (x - y) * n"]),
    ("in-place", "return x.clone()", ["return x"]),
    ("in-place", "return torch.zeros_like(x)", ["return x"]),
    ("in-place", "return x + y, n", ["x += y; return x, n"]),
    ("in-place", "x = x + y", ["x += y"]),
    ("in-place", "z = x + y", []),
    ("line", "x += y", ["pass  # x += y", "x = y", "x -= y"]),
    ("line", "x = 2 * y", ["pass  # x = 2 * y"]),
    ("line", "z = 2 * y", []),
    ("line", "x, y = y, x + y", ["pass  # x, y = y, x + y", "x = y; y = x + y"]),
    ("line", "for i in x: break", ["for i in x: pass  # break"]),
    ("argument", "return y.view(x, n)", ["return y.view(n, x)"]),
    ("argument", "return f(x, stride=n)", ["return f(x)"]),
    ("argument", "return [x, y]", ["return [y, x]"]),
    ("argument", "return x**n", ["return n ** x"]),
    ("control", "return x if n else y", ["return x", "return y"]),
    ("control", "if n: x = y", ["if False and n: x = y", "if True or n: x = y"]),
    ("variable", "return x[n]", ["return y[n]", "return n[n]", "return x[x]", "return x[y]"]),
]


def body(text: str) -> str:
    return f'def f(x, y, n: int = 3):\n    """Say x - y."""\n    {text}\n'


@pytest.mark.parametrize(("kind", "text", "after"), EXAMPLES)
def test_an_operator_makes_what_students_make(kind: str, text: str, after: list[str]) -> None:
    made = [m.after for m in mutants_of(body(text)) if m.kind == kind]
    assert sorted(made) == sorted(after)


def test_every_operator_has_an_example() -> None:
    assert {kind for kind, _, _ in EXAMPLES} == {*OPERATORS, "variable"}


SNIPPETS = [body(text) for _, text, _ in EXAMPLES]
LARGE = '''\
def pooled(größe, x):  # ä before x: columns count bytes
    """Not 1 + 1."""
    if größe < 1:
        raise ValueError("at least " + str(1))
    total: list[int] = [0]
    for i in range(1, größe + 1):
        total[0] += i; x = x - i
        if i == größe - 1:
            total[0] -= 1
            break
    return (
        total[0]
        * x
    )
'''


@pytest.mark.parametrize(
    "source", [*SNIPPETS, LARGE, "scale = 2 * 3\n", "class A:\n    def f(self):\n        return 1\n"]
)
def test_a_mutant_compiles_differs_and_changes_one_place(source: str) -> None:
    made = mutants_of(source)
    assert made
    trees = [ast.dump(ast.parse(m.source)) for m in made]
    assert len(set(trees)) == len(trees)
    assert ast.dump(ast.parse(source)) not in trees
    for m in made:
        old, new = source.split("\n"), m.source.split("\n")
        changed = [
            c for c in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if c[0] != "equal"
        ]
        assert len(changed) <= 2  # two where neighbouring lines are exchanged
        assert old[m.line - 1].strip() == m.before.split("\n")[0]
        assert new[m.line - 1].strip() == m.after.split("\n")[0]


def test_words_defaults_annotations_and_messages_stay() -> None:
    for m in mutants_of(LARGE):
        assert '"""Not 1 + 1."""' in m.source
        assert 'ValueError("at least " + str(1))' in m.source or m.kind == "control"
        assert "total: list[int]" in m.source


def test_two_neighbouring_lines_are_exchanged_where_the_order_matters() -> None:
    source = "def f(size, jump, k):\n    size += k * jump\n    jump *= k\n    k = 1\n    return size\n"
    exchanged = [m.after for m in mutants_of(source) if m.kind == "line" and "\n" in m.after]
    assert exchanged == ["jump *= k\nsize += k * jump", "k = 1\njump *= k"]


def test_a_mutant_knows_the_parameters_in_what_it_changes() -> None:
    made = mutants_of("def f(x, y, z):\n    a = x + y\n    return a - z\n")
    assert [m.names for m in made if m.after == "a = x - y"] == [("x", "y")]
    assert [m.names for m in made if m.after == "return a + z"] == [("z",)]


def test_a_name_is_exchanged_with_those_alike_only() -> None:
    made = mutants_of(body("return x[n]"), {"x": {"y"}, "n": set()})
    assert [m.after for m in made if m.kind == "variable"] == ["return y[n]"]


# -- a tiny assignment -----------------------------------------------------------------------------------------

HEAD = """\
# %% setup
import torch
from course_utils import check

# %% total
def total(x):
    ### BEGIN SOLUTION
    return x.sum(dim=0)
    ### END SOLUTION

# %% test_total points=1
x = torch.tensor({shown})
check.close("total", total(x), torch.tensor({answer}), slips={slips})
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal
seal("other numbers", total({hidden}))
### END HIDDEN TESTS
"""
SQUARE = "[[1.0, 2.0], [2.0, 1.0]]"  # its rows and columns have the same sums
OBLONG = "[[1.0, 2.0, 4.0], [2.0, 1.0, 0.0]]"


def written(root: Path, shown: str, answer: str, hidden: str, planted: str = "", slips: str = "{}") -> Path:
    source = root / "solutions" / "01_tiny" / "01_tiny.py"
    source.parent.mkdir(parents=True)
    source.write_text(HEAD.format(shown=shown, answer=answer, hidden=hidden, slips=slips), encoding="utf-8")
    (source.parent / "slips.py").write_text(planted, encoding="utf-8")
    return source


def test_a_strong_check_leaves_no_survivor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, OBLONG, "[3.0, 3.0, 4.0]", "torch.randn(3, 2)")
    mutants.run("1", root=tmp_path)
    assert capsys.readouterr().out == "total: 6 mutants, 6 rejected, 0 equivalent\n"


@pytest.mark.parametrize(
    ("shown", "answer", "hidden", "side"),
    [
        (SQUARE, "[3.0, 3.0]", "torch.randn(3, 2)", "the visible check"),
        (OBLONG, "[3.0, 3.0, 4.0]", f"torch.tensor({SQUARE})", "the hidden checks"),
        (SQUARE, "[3.0, 3.0]", f"torch.tensor({SQUARE})", "both"),
    ],
)
def test_a_weak_check_is_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shown: str, answer: str, hidden: str, side: str
) -> None:
    written(tmp_path, shown, answer, hidden)
    with pytest.raises(CourseError, match=r"1 mutants survive, 0 listed"):
        mutants.run("01_tiny", root=tmp_path)
    line = f"total line 3 [axis]  passes {side}:  return x.sum(dim=0)  →  return x.sum(dim=1)"
    assert line in capsys.readouterr().out


def test_an_equivalent_is_no_survivor_and_a_stale_one_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = 'equivalent("total", "the picture is symmetric", "return x.sum(dim=1)")\n'
    source = written(tmp_path, SQUARE, "[3.0, 3.0]", "torch.randn(3, 2)", planted)
    mutants.run("1", root=tmp_path)
    assert "total: 6 mutants, 5 rejected, 1 equivalent" in capsys.readouterr().out
    stale = 'equivalent("total", "rejected by both", "return x.sum()", "no such line")\n'
    (source.parent / "slips.py").write_text(planted + stale, encoding="utf-8")
    with pytest.raises(CourseError, match=r"0 mutants survive, 2 listed equivalents are stale"):
        mutants.run("1", root=tmp_path)
    assert "listed as equivalent:  return x.sum()\n" in capsys.readouterr().out
    (source.parent / "slips.py").write_text(planted.replace("total", "totle"), encoding="utf-8")
    with pytest.raises(CourseError, match="totle, which is no exercise"):
        mutants.run("1", root=tmp_path)


def test_a_solution_that_its_own_check_rejects_is_refused(tmp_path: Path) -> None:
    written(tmp_path, OBLONG, "[3.0, 3.0, 5.0]", "torch.randn(3, 2)")
    with pytest.raises(CourseError, match="test_total rejects the solution: total differs"):
        mutants.run("1", root=tmp_path)
    with pytest.raises(CourseError, match="no exercise"):
        mutants.run("1", only="totla", root=tmp_path)


def test_hints_propose_what_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slips = '{"One sum too many.": torch.tensor(10.0)}'
    source = written(tmp_path, OBLONG, "[3.0, 3.0, 4.0]", "torch.randn(3, 2)", slips=slips)
    mutants.run("1", hints=True, root=tmp_path)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("change(")]
    arguments = [[a.value for a in ast.parse(line).body[0].value.args] for line in lines]  # type: ignore[attr-defined]
    assert arguments[0] == ["total", "...", "return x.sum(dim=0)", "return x.sum(dim=1)"]
    assert "return x.sum()" not in [new for *_, new in arguments]  # it has a hint
    cell = exercises.instructors(source)["total"].source
    assert all(cell.count(old) == 1 for _, _, old, _ in arguments)


# -- the trial -------------------------------------------------------------------------------------------------


def tried(source: Path, answer: str, limit: float = 5.0) -> trial.Verdict:
    (exercise,) = trial.load(source)
    job = partial(trial.outcome, exercise, exercise.source)
    solution = trial.require_sound(exercise, dict(forks.results([forks.Job(0, job, 30.0)], 1))[0])
    jobs = [forks.Job(0, partial(trial.outcome, exercise, answer), limit)]
    return trial.verdict(dict(forks.results(jobs, 1))[0], solution)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("tiny"), OBLONG, "[3.0, 3.0, 4.0]", "torch.randn(3, 2)")


def test_an_endless_loop_is_ended(tiny: Path) -> None:
    began = time.monotonic()
    verdict = tried(tiny, "def total(x):\n    while True:\n        pass\n", limit=1.0)
    assert verdict.visible == verdict.hidden == "it does not end"
    assert time.monotonic() - began < 20


def test_a_memory_hog_gets_an_error(tiny: Path) -> None:
    python = tried(tiny, "def total(x):\n    return [0] * (1 << 40)\n")
    assert "MemoryError" in python.visible
    assert python.hidden
    tensors = tried(tiny, "def total(x):\n    return torch.ones(1 << 32)\n")
    assert "memory" in tensors.visible
    growing = tried(
        tiny, "def total(x):\n    all = ['']\n    while True: all.append(all[-1] + 'x' * 1000)\n", limit=30.0
    )
    assert "MemoryError" in growing.visible


@pytest.mark.parametrize(
    ("answer", "visible"),
    [
        ("def total(x):\n    raise SystemExit\n", "SystemExit"),
        ("import os\ndef total(x):\n    os._exit(0)\n", "its process died"),
        ("def total(x) return", "SyntaxError"),
        ("x = 1", "NameError"),
        ("def total(x):\n    return x.sum(0).tolist()\n", "is a list"),
        ("def total(x):\n    return x.sum(0, keepdim=True)[0].requires_grad_()\n", ""),
    ],
)
def test_whatever_an_answer_does_is_a_verdict(tiny: Path, answer: str, visible: str) -> None:
    verdict = tried(tiny, answer)
    assert visible in verdict.visible
    assert bool(verdict.hidden) is bool(visible)


def test_random_numbers_are_the_same_for_every_answer(tiny: Path) -> None:
    drawing = "def total(x):\n    torch.randn(7)\n    return x.sum(0)\n"
    assert tried(tiny, drawing) == trial.Verdict("", "")


def test_jobs_run_side_by_side_and_all_come_back() -> None:
    jobs = [forks.Job(i, partial(pow, i, 2), 30.0) for i in range(7)] + [
        forks.Job("late", partial(time.sleep, 60), 0.5)
    ]
    found = dict(forks.results(jobs, 3))
    assert found.pop("late") == forks.Lost("it does not end")
    assert found == {i: i**2 for i in range(7)}


def test_names_are_alike_that_held_the_same_shape(tiny: Path) -> None:
    (exercise,) = trial.load(tiny)
    answer = "def total(x):\n    y = x + 1\n    n = 3\n    k = 2\n    return (y - 1).sum(0)\n"
    outcome = dict(forks.results([forks.Job(0, partial(trial.outcome, exercise, answer, watched=True), 30.0)], 1))[0]
    assert trial.alike(outcome) == {"x": {"y"}, "y": {"x"}, "n": {"k"}, "k": {"n"}}


# -- the real assignments --------------------------------------------------------------------------------------


def answers(number: str) -> dict[str, list[Mutant]]:
    source = next(path for path in build.exercises() if path.stem.startswith(number))
    named = exercises.instructors(source)
    return {name: mutants_of(named[name].source, {}) for name in exercises.solutions(named)}


@pytest.mark.parametrize("source", build.exercises(), ids=lambda path: path.stem)
def test_each_exercise_has_mutants(source: Path) -> None:
    """A choice, whose truth is told later, may have none."""
    tests = {e.name: e.test for e in trial.load(source)}
    for name, made in answers(source.stem[:2]).items():
        assert (0 if tests[name].is_told_later else 3) <= len(made) <= 200, name


@pytest.mark.parametrize("source", build.exercises(), ids=lambda path: path.stem)
def test_planted_slips_are_rejected_by_both_sides(source: Path) -> None:
    """The trial judges as the grader does: what the author proved to be wrong is wrong here, with the same hint."""
    found = {e.name: e for e in trial.load(source)}
    solutions = mutants._solutions(list(found.values()), 2)
    wrong = [slip for slip in exercises.planted(source) if not found[slip.cell].test.is_told_later]
    planted = wrong[::10]  # all are judged in tests/grading/test_grading_solutions.py
    jobs = [forks.Job(i, partial(trial.outcome, found[s.cell], s.source), 30.0) for i, s in enumerate(planted)]
    for i, result in forks.results(jobs, 2):
        verdict = trial.verdict(result, solutions[planted[i].cell])
        assert planted[i].hint in verdict.failed.hints, planted[i].name
        assert verdict.hidden, planted[i].name


# -- the course's own ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("source", build.exercises(), ids=lambda path: path.stem)
def test_no_mutant_survives_in_what_has_changed(
    source: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make test ARGS="--all-mutants tests/tools/test_mutants.py"` runs the mutants of every exercise."""
    monkeypatch.setattr(proved, "note", lambda *_: None)  # only `course mutants` writes
    if request.config.getoption("--all-mutants"):
        mutants.run(source.stem)
    for exercise in [] if request.config.getoption("--all-mutants") else mutants.unproved(source):
        mutants.run(source.stem, only=exercise)


def test_a_changed_exercise_is_to_be_proved_again(tmp_path: Path) -> None:
    source = written(tmp_path, OBLONG, "[3.0, 3.0, 4.0]", "torch.randn(3, 2)")
    assert mutants.unproved(source, tmp_path) == ["total"]
    mutants.run("1", root=tmp_path)
    assert mutants.unproved(source, tmp_path) == []
    text = source.read_text(encoding="utf-8")
    for old, new in (
        ("(3, 2)", "(2, 3)"),
        ("x.sum", "torch.sum(x)  # x.sum"),
        ("import torch", "import torch, math"),
    ):
        source.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert mutants.unproved(source, tmp_path) == ["total"], old
    source.write_text(text, encoding="utf-8")
    (source.parent / "slips.py").write_text('equivalent("total", "why", "a line")', encoding="utf-8")
    assert mutants.unproved(source, tmp_path) == ["total"]


def test_an_exercise_with_a_survivor_is_not_noted(tmp_path: Path) -> None:
    source = written(tmp_path, SQUARE, "[3.0, 3.0]", "torch.randn(3, 2)")
    with pytest.raises(CourseError, match="1 mutants survive"):
        mutants.run("1", root=tmp_path)
    assert mutants.unproved(source, tmp_path) == ["total"]
