"""What a record of floors belongs to: whatever can change a measured value counts, pictures and words do not."""

import ast
from pathlib import Path

import pytest

from course_tools.authoring import build, measured
from course_tools.authoring.floors import code_digest
from course_tools.paths import UTILS

LESSON = '''
from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(3)
rng = torch.Generator().manual_seed(SEED)
digits = data.digits(seed=SEED, test_share=0.3)

# %%
def train(net, steps=200, lr=0.5):
    """Train in place."""
    for step in progress(range(steps), "training"):
        net.step(lr)  # one step

def show_one(picture: plots.Tensor, tile: plots.Axes) -> None:
    tile.imshow(picture, cmap="Greys", vmin=0)

# %%
net = Net(rng)
train(net)
losses = [net.loss(digits)]
print(f"loss {losses[0]:.3f}, accuracy {net.accuracy(digits):.2f}")

# %%
fig, ax = plots.panel("loss while training", x="step", y="loss", size=(3, 2))
ax.plot(losses, color=plots.BLUE, label="training")
ax.scatter(*torch.randn(2, 50, generator=rng), s=4)
plots.bare(ax).imshow(net.W, cmap="Greys")
plots.decision_regions(ax, net.predict, digits.X_test, digits.y_test, steps=160)
plots.show(fig, alt="The loss falls from two to one tenth.")
show_pictures({"a": net.W}, alt=["A grey square."])

# %%
counts, edges, _ = ax.hist(losses, bins=30)
check.reaches("accuracy", net.accuracy(digits), at_least=0.9)

# %%
widgets.ReluFit(units=5)
widgets.explore(draw, title="Explore", lr=[0.1, 0.2])
'''

WORDS_AND_PICTURES = {
    "an alt text": ('"The loss falls from two to one tenth."', '"The loss falls."'),
    "an alt text of the chapter's own function": ('["A grey square."]', '["A dark square."]'),
    "a title": ('"loss while training"', '"loss"'),
    "a label on an axis": ('x="step"', 'x="steps taken"'),
    "a label in the legend": ('label="training"', 'label="loss"'),
    "a colour": ("color=plots.BLUE", 'color="red"'),
    "a size": ("size=(3, 2)", "size=(4, 2)"),
    "what is drawn": ("ax.plot(losses, ", "ax.semilogy(losses[1:], "),
    "a line that is drawn too": ("plots.bare(ax)", 'ax.axhline(0.1)\nax.set(xlabel="x")\nplots.bare(ax)'),
    "a colour in a function": ('cmap="Greys", vmin=0', 'cmap="PuOr"'),
    "a colour map": ('W, cmap="Greys"', "W"),
    "the words of a print": ("loss {losses[0]:.3f}, accuracy", "the accuracy is"),
    "a print": ("# %%\nnet =", 'print("now we train")\nnet ='),
    "a comment": ("  # one step", ""),
    "a docstring": ("Train in place.", "Train."),
    "the label of a progress bar": ('range(steps), "training")', 'range(steps), "net")'),
    "a widget's setting": ("units=5", "units=9"),
    "a widget": ("widgets.ReluFit(units=5)", "widgets.GradientDepth()"),
    "a widget's title": ('title="Explore", ', 'title="Try", hint="Move.", '),
    "the layout": ("test_share=0.3)", "\n    test_share=0.3,\n)"),
}

WHAT_MEASURES = {
    "the seed": ("check.seed(3)", "check.seed(4)"),
    "the size of the data": ("test_share=0.3", "test_share=0.4"),
    "a learning rate": ("lr=0.5", "lr=0.4"),
    "the number of steps": ("steps=200", "steps=100"),
    "a bound": ("at_least=0.9)", "at_least=0.8)"),
    "the name of a result": ('"accuracy",', '"accuracy on unseen digits",'),
    "the order of statements": ("net = Net(rng)\ntrain(net)", "train(net)\nnet = Net(rng)"),
    "a generator used in a picture": ("torch.randn(2, 50,", "torch.randn(2, 60,"),
    "a call in a print": ("net.accuracy(digits):", "net.accuracy(other):"),
    "calls of a classifier in a picture": ("steps=160", "steps=10"),
    "the grid on which a function is called": ("lr=[0.1, 0.2]", "lr=[0.1]"),
    "a value taken from a picture": ("bins=30", "bins=20"),
    "a statement less": ("train(net)\n", ""),
    "what a helper is given": ('{"a": net.W}', '{"a": net.V}'),
}

SHARED = "fig = plots.show()\ndef f():\n    global fig\n    fig = T\n"
# statements that look like drawing, and change what is measured afterwards
TRAPS = [
    ("ax = [1]\nax.append(2)", "ax = [1]\nax.append(3)"),
    ("fig, ax = plots.panel('a')\nax = []\nax.append(2)", "fig, ax = plots.panel('a')\nax = []\nax.append(3)"),
    ("def f(ax):\n    ax.fill(2)", "def f(ax):\n    ax.fill(3)"),
    ("plots.np.random.seed(2)", "plots.np.random.seed(3)"),
    ("plots = []\nplots.append(2)", "plots = []\nplots.append(3)"),
    ("def f(plots):\n    plots.fill(2)", "def f(plots):\n    plots.fill(3)"),
    ("from nets import plots\nplots.train(2)", "from nets import plots\nplots.train(3)"),
    ("print(2, file=log)", "print(3, file=log)"),
    ("def print(x): T.fill_(x)\nprint(2)", "def print(x): T.fill_(x)\nprint(3)"),
    (SHARED + "fig.fill_(2)", SHARED + "fig.fill_(3)"),
    ("print(x := 2)", "print(x := 3)"),
    ("plots.show(*draws(2), alt='')", "plots.show(*draws(3), alt='')"),
    ("plots.show([step(i) for i in (1, 2)])", "plots.show([step(i) for i in (1, 2, 3)])"),
    ("plots.show(lambda: step(2))", "plots.show(lambda: step(3))"),
    ("if x:\n    print(step())", "if y:\n    print(step())"),
    ("f(title=2)", "f(title=3)"),
    ("f(label=2)", "f(label=3)"),
    ("for ax in nets:\n    ax.train(2)", "for ax in nets:\n    ax.train(3)"),
    ("opt.step()", "opt.step(2)"),
    ("show(alt=step(2))", "show(alt=step(3))"),
]


def changed(old: str, new: str) -> str:
    assert LESSON.count(old) == 1, old
    return LESSON.replace(old, new)


@pytest.mark.parametrize(("old", "new"), WORDS_AND_PICTURES.values(), ids=WORDS_AND_PICTURES)
def test_pictures_and_words_do_not_count(old: str, new: str) -> None:
    assert measured.code(changed(old, new)) == measured.code(LESSON)


@pytest.mark.parametrize(("old", "new"), WHAT_MEASURES.values(), ids=WHAT_MEASURES)
def test_what_measures_counts(old: str, new: str) -> None:
    assert measured.code(changed(old, new)) != measured.code(LESSON)


@pytest.mark.parametrize(("before", "after"), TRAPS, ids=[after for _, after in TRAPS])
def test_what_only_looks_like_drawing_counts(before: str, after: str) -> None:
    lines = "from course_utils import plots\n"
    assert measured.code(lines + before) != measured.code(lines + after)


def test_who_calls_a_function_of_the_chapter_is_known() -> None:
    """Whatever in plots and widgets takes a function may train with it: a new one belongs into CALL_BACK."""
    found = {
        node.name
        for path in [UTILS / "plots.py", *(UTILS / "widgets").glob("*/__init__.py")]
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        for argument in ast.walk(node)
        if isinstance(argument, ast.arg) and argument.annotation and "Callable" in ast.unparse(argument.annotation)
    }
    assert found <= measured.CALL_BACK


@pytest.mark.parametrize("source", build.chapters(), ids=lambda p: p.stem)
def test_every_check_of_a_chapter_is_in_what_counts(source: Path) -> None:
    text = "\n".join(cell.source for cell in build.read(source).cells if cell.cell_type == "code")
    for call in ("check.reaches(", "check.close(", "check.catches(", "check.seed(", "manual_seed("):
        assert measured.code(text).count(call) == measured.without_text(text).count(call)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The lesson and a small course_utils in a folder of their own."""
    files = {
        "chapters/90_tiny.py": LESSON,
        "course_utils/__init__.py": "",
        "course_utils/check.py": "def seed(n): return n\ndef reaches(*a, **k): return _near\n_near = 1\n",
        "course_utils/data.py": 'def digits(**k):\n    """All."""\n    return _read(8)\ndef _read(n): return n\n',
        "course_utils/plots.py": "BLUE = 1\n",
        "course_utils/progress.py": "def progress(x, y=0): return x\n",
        "course_utils/widgets/__init__.py": "",
        "course_utils/widgets/relu_fit/__init__.py": "class ReluFit: pass\n",
    }
    for name, text in files.items():
        build.write_if_changed(tmp_path / name, text)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "old", "new", "counts"),
    [
        ("data.py", "_read(8)", "_read(9)", True),
        ("data.py", "return n", "return n + 1", True),
        ("data.py", "def digits", "SIZE = 3\ndef digits", False),
        ("data.py", "def digits", "def faces(): return _read(2)\ndef digits", False),
        ("data.py", "All.", "All 1,797.", False),
        ("check.py", "_near = 1", "_near = 2", True),
        ("plots.py", "1", "2", False),
        ("widgets/relu_fit/__init__.py", "pass", "units = 1", False),
    ],
)
def test_of_the_helpers_those_count_that_are_reached(course: Path, name: str, old: str, new: str, counts: bool):
    source, helper = course / "chapters" / "90_tiny.py", course / "course_utils" / name
    before, text = code_digest(source, course), helper.read_text()
    assert old in text
    helper.write_text(text.replace(old, new, 1))
    assert (code_digest(source, course) != before) == counts


def test_a_new_widget_and_new_prose_leave_the_records_as_they_are(course: Path) -> None:
    source = course / "chapters" / "90_tiny.py"
    before = code_digest(source, course)
    build.write_if_changed(course / "course_utils" / "widgets" / "tape" / "__init__.py", "class Tape: pass\n")
    source.write_text(source.read_text() + "\n# %% [markdown]\n# Other words.\n")
    assert code_digest(source, course) == before
