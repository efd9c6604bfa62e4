"""Numbers and letters of students' own: a class of 200, answers to a neighbour's, and ways to choose another's."""

import ast
import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.apps import NbGraderAPI
from rich.console import Console

from course_tools.authoring import build, options
from course_tools.grading import grade as command
from course_tools.grading import orders, variants
from course_tools.grading.course import Course
from course_tools.grading.engine import workers
from course_tools.grading.grade import Summary
from course_tools.grading.intake.clean import clean
from course_tools.grading.judging.judge import judge
from course_tools.grading.judging.master import Master, grade_id, load, load_variants
from course_tools.grading.judging.own import References, Variants
from course_tools.grading.judging.reference import run_reference
from course_tools.grading.judging.rules import compare
from course_tools.grading.nbgrader_0_9.tables import StudentMarks
from course_tools.grading.pages import feedback
from course_tools.grading.report import examples, submissions
from course_tools.grading.similarity import compare as similarity
from course_tools.grading.submission import finish, prepare
from course_tools.paths import ROOT
from course_utils import check
from course_utils.check.options import Options
from course_utils.errors import CourseError
from tests.support.real_assignments import handed_in

NAME = "03_backpropagation"
VARIED = [path.parent for path in sorted((ROOT / "solutions").glob("*/variants.py"))]
TASK = "four_sizes"
NAMES = [f"student{i:03}" for i in range(200)]
CLASS = NAMES[: int(os.environ.get("COURSE_CLASS", "20"))]  # 200 were tried
MODULES = ("torch", "course_utils.check")


def beside(text: str, cell: str) -> str:
    """Of a slips.py or variants.py, what is about one cell."""
    tree = ast.parse(text)
    about = [node for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    return "\n".join(ast.unparse(node) for node in about if ast.literal_eval(node.value.args[0]) == cell)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one assignment, the task of chapter 3 whose numbers vary, built with variants."""
    root = tmp_path_factory.mktemp("own")
    source = ROOT / "solutions" / NAME / f"{NAME}.py"
    text = source.read_text(encoding="utf-8")
    setup, task = text.index("# %% setup"), text.index("# %% [markdown]\n# ## 3.7")
    short = text[:setup] + text[setup : text.index("# %% [markdown]", setup)] + text[task : text.index("# ## 3.8")]
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True)
    (folder / source.name).write_text(short.rpartition("# %% [markdown]")[0], encoding="utf-8")
    for name in ("slips.py", "variants.py"):
        (folder / name).write_text(beside((source.parent / name).read_text(encoding="utf-8"), TASK), encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    build.run([NAME], root, own_numbers=True)
    return root


@pytest.fixture(scope="module")
def known(root: Path) -> Variants:
    return Variants(load(root / "solutions" / NAME))


def other(known: Variants, student: str) -> str:
    """A classmate with other numbers."""
    return next(mate for mate in NAMES if known.number(mate) != known.number(student))


def answered(root: Path, known: Variants, student: str, stated: str = "") -> NotebookNode:
    """What a student hands in who computed the right answers to the numbers of `student`."""
    notebook = nbformat.read(root / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)
    solution = next(c.source for c in known.of(student).notebook.cells if grade_id(c) == TASK)
    for cell in notebook.cells:
        if grade_id(cell) == TASK:
            cell.source = "\n".join(line for line in solution.splitlines() if "SOLUTION" not in line)
        cell.source = cell.source.replace('student("")', f'student("{stated or student}")')
    return notebook


def hand_in(root: Path, student: str, notebook: NotebookNode) -> None:
    folder = root / ".grading" / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


# -- ways to be graded by another's numbers ----------------------------------------------------------------------


def first_cell(notebook: NotebookNode, code: str) -> None:
    notebook.cells.insert(1, new_code_cell(code))


def redefined(notebook: NotebookNode) -> None:
    """The functions that choose and show the numbers give a neighbour's."""
    code = "import course_utils.check.own as own\nfrom course_utils import check\nown.variant = lambda *a: 0\n"
    first_cell(notebook, f"{code}own._plain = lambda name: 'student000'\ncheck.own = print\ncheck.student = print")


def relabelled(notebook: NotebookNode) -> None:
    """All metadata name a neighbour; the cell with the numbers is open, and has the neighbour's alone."""
    notebook.metadata["student"] = notebook.metadata["owner"] = "student000"
    for cell in notebook.cells:
        if grade_id(cell) == f"own_{TASK}":
            cell.metadata["nbgrader"] |= {"locked": False, "solution": True}
            cell.source = 'check.own("00000000", C=[8])'


def rewritten(notebook: NotebookNode) -> None:
    """The cell with the numbers does something else."""
    for cell in notebook.cells:
        cell.source = cell.source.replace("check.own(", "check.own(*[], **{}) if 0 else print(")


def told_the_grader(notebook: NotebookNode) -> None:
    """What might say whose submission it is, says another's."""
    code = "import os, builtins\nos.environ.update(JUPYTERHUB_USER='student000', USER='student000')\n"
    first_cell(notebook, f"{code}open('variants.json', 'w').write('{{}}')\nbuiltins.student = 'student000'")


WAYS: list[Callable[[NotebookNode], None]] = [redefined, relabelled, rewritten, told_the_grader]


@pytest.fixture(scope="module")
def graded(root: Path, known: Variants) -> Summary:
    """The class: three of five honest, a fifth copied from a neighbour, a fifth tampered with such a copy."""
    for i, student in enumerate(CLASS):
        mate = other(known, student)
        if i % 5 == 3:
            notebook = answered(root, known, mate, stated=(mate, student)[i % 2])
        elif i % 5 == 4:
            notebook = answered(root, known, mate, stated=student)
            WAYS[i // 5 % len(WAYS)](notebook)
        else:
            notebook = answered(root, known, student)
        hand_in(root, student, notebook)
    course = Course(root)
    with course.gradebook() as book:
        return command.grade(course, book, NAME, 2, "", False, "", Console(quiet=True))


def test_everybody_earns_by_their_own_numbers_and_nobody_by_a_neighbours(graded: Summary) -> None:
    assert {row.student: row.score for row in graded.rows} == {
        student: 2.0 if i % 5 < 3 else 0.0 for i, student in enumerate(CLASS)
    }
    assert graded.failed == {}


def test_a_notebook_that_names_another_student_is_shown_to_a_person(graded: Summary) -> None:
    told = {row.student: "\n".join(row.person) for row in graded.rows}
    named = {student for student, text in told.items() if "shows the numbers of" in text}
    assert named == {student for i, student in enumerate(CLASS) if i % 5 == 3 and i % 2 == 0}
    assert all(not told[student] for i, student in enumerate(CLASS) if i % 5 < 3)
    tampered = [told[student] for i, student in enumerate(CLASS) if i % 5 == 4 and i // 5 % 4 in (1, 2)]
    assert all(f"own_{TASK}" in text for text in tampered)


def test_feedback_says_which_numbers_were_whose(root: Path, known: Variants, graded: Summary) -> None:
    for student in CLASS[:5]:
        path = root / ".grading" / "autograded" / student / NAME / f"{NAME}.ipynb"
        cells = {grade_id(cell): cell for cell in nbformat.read(path, as_version=4).cells}
        assert known.of(student).own[f"test_{TASK}"] in cells[f"test_{TASK}"].outputs[0]["data"]["text/html"]
    honest = root / ".grading" / "autograded" / CLASS[0] / NAME / f"{NAME}.ipynb"
    text = next(c for c in nbformat.read(honest, 4).cells if grade_id(c) == f"own_{TASK}").outputs[0]["text"]
    assert text.strip() == f"The numbers of {CLASS[0]}: {known.of(CLASS[0]).own[f'test_{TASK}']}"


def test_who_states_a_wrong_name_and_uses_their_own_numbers_keeps_the_marks(
    root: Path, known: Variants, tmp_path: Path
) -> None:
    notebook = answered(root, known, "ada", stated="b<b>ob")
    (tmp_path / f"{NAME}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    cleaned = clean(tmp_path, known.of("ada"))
    assert known.another(cleaned.notebook, "ada") == [
        "the notebook shows the numbers of 'b<b>ob'; it was graded with ada's"
    ]
    assert known.another(answered(root, known, "ada", stated=" Ada "), "ada") == []


def test_nbgraders_own_autograde_knows_whose_numbers_they_are(root: Path, known: Variants, tmp_path: Path) -> None:
    for name in ("solutions", "assignments"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    hand_in(tmp_path, "ada", answered(tmp_path, known, "ada"))
    hand_in(tmp_path, "bob", answered(tmp_path, known, other(known, "bob")))
    build.environment_on_path()
    api = NbGraderAPI(config=Course(tmp_path).settings)
    assert api.generate_assignment(NAME)["success"]
    assert [path.name for path in (tmp_path / "assignments" / NAME).iterdir()] == [f"{NAME}.ipynb"]
    assert api.autograde(NAME, "*")["success"]
    with Course(tmp_path).gradebook() as book:
        assert {s.student.id: s.score for s in book.assignment_submissions(NAME)} == {"ada": 2.0, "bob": 0.0}


# -- the assignments of the course -------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=VARIED, ids=lambda folder: folder.name)
def every(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> References:
    """An assignment of the course with variants, cut down to the tasks that vary, and what each variant seals."""
    folder = tmp_path_factory.mktemp("varied") / request.param.name
    shutil.copytree(request.param, folder)
    variants.begin(folder)
    known = Variants(load(folder))
    known.__dict__["masters"] = [only_varied(master) for master in known.masters]
    first = run_reference(known.masters[0], "seed 5", workers.warm(MODULES, unsafe=False))
    found = References(known, first)
    assert {known.number(student) for student in NAMES} == set(range(len(known.masters)))
    for student in NAMES:
        found.of(student)
    return found


def only_varied(master: Master) -> Master:
    """The assignment without the other exercises: they run in test_grading_solutions."""
    tests = {name: test for name, test in master.tests.items() if name in master.own}
    left_out = {name.removeprefix(prefix) for name in master.tests.keys() - tests.keys() for prefix in ("", "test_")}
    notebook = copy.deepcopy(master.notebook)
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in left_out]
    return replace(master, notebook=notebook, tests=tests)


def test_each_variants_solution_fits_that_variant_alone(every: References) -> None:
    found = [every.first, *(every.others[i] for i in sorted(every.others))]
    for test in every.first.master.own:
        first = [next(iter(of.expected[test][0].values())) for of in found]
        for i, mine in enumerate(first):
            assert [j for j, other in enumerate(first) if not compare(other.value, mine.value, mine.rule)] == [i]


def test_each_slip_gets_its_hint_with_the_first_and_the_last_variant(every: References) -> None:
    """That no slip is right in any variant is held when the file is read."""
    for of in (every.first, every.others[max(every.others)]):
        for test in of.master.own:
            for slip, cell in of.run_slips(test):
                verdict = judge(test, cell, of)
                assert verdict.score == 0, slip
                assert slip.hint in [line.hint for line in verdict.lines], (slip, of.master.own[test])


def test_each_variants_solution_earns_full_marks(every: References, tmp_path: Path) -> None:
    for student in {every.variants.number(name): name for name in NAMES}.values():
        master, of = every.variants.of(student), every.of(student)
        (tmp_path / f"{master.name}.ipynb").write_text(json.dumps(handed_in(master, {})), encoding="utf-8")
        cleaned = clean(tmp_path, master)
        trace = workers.run_program(prepare(cleaned, master, of.seed), MODULES, unsafe=False)
        graded = finish(cleaned, trace, of)
        assert {v.cell: v.score for v in graded.verdicts} == {test: master.points[test] for test in master.own}
        assert graded.person == []


def test_the_tasks_and_the_hints_have_letters(every: References) -> None:
    master = every.first.master
    texts = "\n".join(cell.source for cell in master.notebook.cells if cell.cell_type == "markdown")
    for task in variants.load(master.folder / "variants.py"):
        assert all(new in texts and old not in texts for old, new in task.task.items())
        assert all(letter in "".join(task.task.values()) for letter in task.letters)
        said = "\n".join(slip.hint for slip in master.slips if slip.cell == task.cell)
        assert all(new in said for new in task.hints.values()), "a hint that no slip has"


# -- letters -----------------------------------------------------------------------------------------------------

Lettered = list[tuple[orders.Shuffled, Master]]
LETTER = re.compile(r"\b[A-J]\b")  # no hint has an article "A"


@pytest.fixture
def lettered(every: References) -> Lettered:
    """The tasks of an assignment whose answer is letters, in each variant."""
    return [(task, of) for of in every.variants.masters for task in orders.shown(of.notebook)]


def source(master: Master, cell: str) -> str:
    return next(str(c.source) for c in master.notebook.cells if grade_id(c) == cell)


def test_seven_tasks_have_letters_of_ones_own() -> None:
    declared = [task.cell for folder in VARIED for task in orders.load(folder / "variants.py")]
    assert sorted(declared) == ["faulty_lines", "invariances", "optimistic", "separable", *["unchanged"] * 3]


def test_letters_stand_for_the_same_options_in_each_variant(every: References, lettered: Lettered) -> None:
    for task, of in lettered:
        texts = dict(zip("ABCDEFGHIJ", of.options[f"options_{task.cell}"].texts, strict=False))
        firsts = dict(zip("ABCDEFGHIJ", task.texts, strict=False))
        assert sorted(texts.values()) == sorted(task.texts)
        right = orders.answer(task.cell, source(of, task.cell))[1]
        pairs = zip(every.variants.first.slips, of.slips, strict=True)
        slips = [(slip, mine) for slip, mine in pairs if slip.cell == task.cell]
        assert len(slips) > 5
        for slip, mine in slips:
            letters = orders.answer(task.cell, slip.source)[1]
            assert set(letters) != set(right), "a slip's letters, as they are without variants, are right"
            own = orders.answer(task.cell, mine.source)[1]
            assert {firsts[x] for x in letters} == {texts[x] for x in own}
            assert [firsts[x] for x in LETTER.findall(slip.hint)] == [texts[x] for x in LETTER.findall(mine.hint)]
            assert LETTER.sub("", slip.hint) == LETTER.sub("", mine.hint)


def test_students_see_the_options_that_the_grader_takes_for_theirs(
    every: References, lettered: Lettered, monkeypatch: pytest.MonkeyPatch
) -> None:
    displayed: list[Options] = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    for name in ["", *{every.variants.number(name): name for name in NAMES}.values(), ""]:
        check.student(name)
        for cell, table in every.variants.of(name).options.items():
            assert build.KEY.match(source(every.first.master, cell))  # by which a lost key is known
            exec(source(every.first.master, cell), {"check": check})
            assert displayed == ([table] if name else [])
            displayed.clear()


def test_two_students_with_letters_of_their_own(every: References, lettered: Lettered, tmp_path: Path) -> None:
    """One hands in a neighbour's letters, the other a slip's, whose hint names that student's letters."""
    for task, _ in lettered[:1]:
        ada, bob = ({every.variants.number(name): name for name in NAMES}[i] for i in (1, 2))
        slip = next(slip for slip in every.variants.of(bob).slips if slip.cell == task.cell)
        answers = {ada: source(every.variants.of(bob), task.cell), bob: slip.source}
        for student, answer in answers.items():
            master, of = every.variants.of(student), every.of(student)
            notebook = handed_in(master, {task.cell: answer})
            (tmp_path / f"{master.name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
            cleaned = clean(tmp_path, master)
            graded = finish(cleaned, workers.run_program(prepare(cleaned, master, "seed 5"), MODULES, False), of)
            verdict = next(v for v in graded.verdicts if v.cell == f"test_{task.cell}")
            assert (verdict.score, slip.hint in verdict.html()) == (0, student == bob)
            assert "your own options, which stand in the task" in verdict.html()
            shown = next(c for c in graded.notebook.cells if grade_id(c) == f"options_{task.cell}")
            assert shown.outputs[0].data == master.options[f"options_{task.cell}"].data()
            page = feedback._cell(shown)
            assert page.count("<tr>") == len(task.texts) + 1
            assert "check.options" not in page
            assert "$" not in page
            if student == bob:
                in_the_report(graded.notebook, every.variants.first, student, tmp_path, slip.name)


def in_the_report(notebook: NotebookNode, master: Master, student: str, folder: Path, slip: str) -> None:
    """A mistake counts as one, with the author's letters and answer, whatever letters the students had."""
    file = folder / student / master.name / f"{master.name}.ipynb"
    file.parent.mkdir(parents=True)
    nbformat.write(notebook, file)
    planted = next(known for known in master.slips if known.name == slip)
    marks = {student: StudentMarks({f"test_{planted.cell}": 0.0})}
    (read,) = submissions.read([file], submissions.questions(master), marks)
    assert read.hints == {f"test_{planted.cell}": [planted.hint]}
    example = examples.of_students([read], master)[f"test_{planted.cell}", planted.hint]
    assert (example.student, example.text in planted.source) == ("", True)


@pytest.fixture(scope="module")
def optimistic() -> NotebookNode:
    return build.nbgrader_source(ROOT / "solutions/05_generalization/05_generalization.py")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("shuffle('optimistic', ", "shuffle('optimistic', later=3, ", "shuffle takes"),
        ("shuffle('optimistic'", "shuffle('pessimistic'", "no such cell"),
        ("more:\n\n- **F", "more\n\n- **F", "0 times"),
        (", task={'And five more:\\n\\n': ''}", "", "once and in order"),
        ("in A the labels", "A has the labels", "may be no option"),
        ("B chooses the columns", "Z chooses the columns", "may be no option"),
        ('["B", "F", "H", "I"]', '["B", 5]', "one list of letters"),
        ("- **B.** The 20", "- **B.** As A, but the 20", "names A"),
        ("- **C.** ", "- **K.** ", "once and in order"),
        ('"ABCDEFGHIJ", count=4)\n### BEGIN', '"ABCDEFGHI", count=4)\n### BEGIN', "must have the options ABCDEFGHI,"),
        ("check.chosen(", "check.close(", "Use check.chosen"),
        ("Ask of each:", "Ask of B:", "names B"),
    ],
)
def test_what_an_author_of_options_gets_wrong_is_said(
    optimistic: NotebookNode, tmp_path: Path, old: str, new: str, said: str
) -> None:
    notebook, found = copy.deepcopy(optimistic), 0
    for cell in notebook.cells:
        if "ptimistic" in cell.source:
            found += old in cell.source
            cell.source = cell.source.replace(old, new)
    for name in ("slips.py", "variants.py"):
        text = beside((ROOT / "solutions/05_generalization" / name).read_text(encoding="utf-8"), "optimistic")
        found += old in text
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    assert found == 1
    with pytest.raises(CourseError, match=said):
        options.ask(notebook, tmp_path, "00000000")


def test_too_few_sets_of_letters_are_refused() -> None:
    assert orders.draw("k", "task", "ABC", ["A"], [["B"]], 2)[1].index("A") == 2
    with pytest.raises(CourseError, match="cannot be shuffled"):
        orders.draw("k", "task", "ABC", ["A"], [["B"]], 3)


# -- building ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", VARIED, ids=lambda folder: folder.name)
def test_without_variants_an_assignment_is_as_it_was(folder: Path) -> None:
    """The file alone changes neither the notebook that is graded nor, in test_assignments, the one that is built."""
    assert load(folder).notebook == build.nbgrader_source(folder / f"{folder.name}.py")
    assert Variants(load(folder)).masters == [load(folder)]


def test_the_key_stays_and_a_plain_build_keeps_the_variants(root: Path) -> None:
    released = root / "assignments" / NAME / f"{NAME}.ipynb"
    before = (root / "solutions" / NAME / "variants.json").read_text(), released.read_text()
    assert not build.assignment(root / "solutions" / NAME / f"{NAME}.py", root)
    variants.begin(root / "solutions" / NAME)
    assert ((root / "solutions" / NAME / "variants.json").read_text(), released.read_text()) == before
    notebook = nbformat.reads(before[1], as_version=4)
    assert "the same logit to each of $C$ classes" in before[1]
    assert [cell.source for cell in notebook.cells].count('check.student("")') == 1


def test_an_assignment_that_students_have_gets_no_other_key(root: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(root, course, ignore=shutil.ignore_patterns(".grading", "variants.json"))
    with pytest.raises(CourseError, match=r"was built with the key [0-9a-f]{8}, and .*variants\.json is gone"):
        build.run([NAME], course, own_numbers=True)
    hand_in(course, "ada", nbformat.v4.new_notebook())
    with pytest.raises(CourseError, match="was handed in already"):
        build.run([NAME], course, own_numbers=True)


def test_what_was_handed_out_stays_when_more_may_vary(tmp_path: Path) -> None:
    """A variants.json of an earlier version names no tasks: the letters were the author's for everybody."""
    folder = tmp_path / "02_optimization"
    shutil.copytree(ROOT / "solutions" / folder.name, folder)
    (folder / "variants.json").write_text('{"key": "0123abcd"}', encoding="utf-8")
    earlier = load_variants(folder)[3]
    assert "faulty_lines" not in {test.removeprefix("test_") for test in earlier.own}
    assert len(earlier.own) == len(variants.load(folder / "variants.py")) > 0
    (folder / "variants.json").unlink()
    variants.begin(folder)
    assert "test_faulty_lines" in load_variants(folder)[3].own


def test_variants_need_a_name_and_a_file_that_says_what_varies(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="Name the assignment"):
        build.run([], own_numbers=True)
    with pytest.raises(CourseError, match="numbers that can vary"):
        variants.begin(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("log(C)", "log(C", "cannot be computed"),
        ("log(C)", "log(D)", "not to 2.079"),
        ("'C': [8, 5,", "'C': [8, 8,", "nearly the same in two variants"),
        ("'C': [8, 5,", "'C': [8,", "as many values"),
        ("'903'", "'904'", ""),
        ("'0.903': 'log(C) / log(10)'", "'0.903': 'log(C) / log(10)', '2.08': 'log(C)'", "right in some variant"),
        ("'0.903': 'log(C) / log(10)', ", "", "has no formula"),
        ("vary('four_sizes', ", "vary('four_sizes', later=3, ", "vary takes"),
        ("vary('four_sizes'", "vary('five_sizes'", "no such cell"),
        ("to each of 8 classes'", "to each of 9 classes'", "0 times"),
    ],
)
def test_what_an_author_gets_wrong_is_said(root: Path, tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = tmp_path / NAME
    shutil.copytree(root / "solutions" / NAME, folder)
    text = (folder / "variants.py").read_text(encoding="utf-8")
    if not said:
        assert load(folder)
        return
    assert old in text
    (folder / "variants.py").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CourseError, match=said):
        load(folder)


def test_a_broken_key_is_not_replaced(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / NAME
    shutil.copytree(root / "solutions" / NAME, folder)
    (folder / "variants.json").write_text("{}")
    with pytest.raises(CourseError, match="holds no key"):
        variants.begin(folder)


# -- what a student sees, and similarity ---------------------------------------------------------------------------


def test_the_numbers_follow_from_the_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    check.student("")
    check.own("00000000", C=[1, 2, 3, 4])
    assert "between the quotes" in capsys.readouterr().out
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    check.student("")
    check.own("00000000", C=[1, 2, 3, 4])
    of_the_hub = capsys.readouterr().out
    check.student(" ADA ")
    check.own("00000000", C=[1, 2, 3, 4])
    assert of_the_hub.lower() == capsys.readouterr().out.lower()
    monkeypatch.undo()
    check.student("")


def test_code_that_was_copied_is_found_though_its_numbers_differ() -> None:
    code = """
def four_sizes():
    sizes = []
    for base, power in [(2, {layers}), (3, 4)]:
        total = 1
        for step in range(power):
            total = total * base + step % 2
        sizes.append(total / (len(sizes) + 1))
    return [{first}, *sizes]
"""
    answers = {
        name: {TASK: similarity._answer(code.format(layers=layers, first=first))}
        for name, layers, first in (("ada", 20, 2.079), ("bob", 16, 1.609))
    }
    (pair,) = similarity.compare(answers, set())
    assert (pair.first, pair.second) == ("ada", "bob")
