"""Evasions of a ban on softmax: each is raised while graded or flagged for a person; honest code is left alone."""

import json
import time
from pathlib import Path

import pytest

from course_tools.authoring import build
from course_tools.grading import banned, cells
from course_tools.grading.banned import FAMILIAR
from course_tools.grading.grade import Summary
from course_tools.grading.judging import master
from course_utils.check.bans import text as bans
from course_utils.check.bans.families import ELEMENTARY, FAMILIES, words
from course_utils.errors import CourseError
from tests.support import grading_course as course

SETUP = "import torch\nfrom torch import Tensor\nimport torch.nn.functional as F"

# name: (cells of the student's own, files, the answer); `f` must give a softmax over dim 1
EVASIONS: dict[str, tuple[str, str]] = {
    "plainly": ("", "def softmax(Z): return torch.softmax(Z, 1)"),
    "method": ("", "def softmax(Z): return Z.softmax(1)"),
    "functional": ("", "import torch.nn.functional as F\ndef softmax(Z): return F.softmax(Z, dim=1)"),
    "module": ("", "def softmax(Z): return torch.nn.Softmax(dim=1)(Z)"),
    "special": ("", "def softmax(Z): return torch.special.softmax(Z, 1)"),
    "alias": ("s = torch.softmax", "def softmax(Z): return s(Z, 1)"),
    "import_as": ("from torch import softmax as plus", "def softmax(Z): return plus(Z, 1)"),
    "getattr": ("", "def softmax(Z): return getattr(torch, 'softmax')(Z, 1)"),
    "getattr_computed": ("", "def softmax(Z): return getattr(torch, 'soft' + 'max')(Z, 1)"),
    "vars": ("", "def softmax(Z): return vars(torch)['soft' 'max'](Z, 1)"),
    "dict": ("", "def softmax(Z): return torch.__dict__['so' + 'ftmax'](Z, 1)"),
    "ops_aten": ("", "def softmax(Z): return torch.ops.aten.softmax.int(Z, 1)"),
    "ops_underscore": ("", "def softmax(Z): return torch.ops.aten._softmax(Z, 1, False)"),
    "variable_functions": ("", "def softmax(Z): return torch._C._VariableFunctions.softmax(Z, 1)"),
    "log_softmax_exp": ("", "def softmax(Z): return Z.log_softmax(1).exp()"),
    "logsumexp": ("", "def softmax(Z): return (Z - Z.logsumexp(1, keepdim=True)).exp()"),
    "softmin": ("", "def softmax(Z): return torch.nn.functional.softmin(-Z, 1)"),
    "exec": ("exec('def g(Z): return torch.soft' + 'max(Z, 1)')", "def softmax(Z): return g(Z)"),
    "eval": ("", "def softmax(Z): return eval('torch.soft' + 'max(Z, 1)')"),
    "lambda_elsewhere": ("helper = lambda Z: Z.softmax(1)", "def softmax(Z): return helper(Z)"),
    "class_elsewhere": (
        "import torch.nn.functional as G\nclass H:\n    def __call__(self, Z): return G.softmax(Z, 1)",
        "def softmax(Z): return H()(Z)",
    ),
    "scipy": (
        "",
        "from scipy.special import softmax as s\ndef softmax(Z): return torch.from_numpy(s(Z.numpy(), axis=1))",
    ),
    "scipy_imported": (
        "import importlib\ns = getattr(importlib.import_module('scipy.special'), 'soft' + 'max')",
        "def softmax(Z): return torch.from_numpy(s(Z.numpy(), axis=1))",
    ),
    "sklearn": (
        "from sklearn.utils.extmath import softmax as s",
        "def softmax(Z): return torch.from_numpy(s(Z.numpy()))",
    ),
    "attention": (
        "",
        "def softmax(Z):\n    E = torch.eye(Z.shape[1])\n"
        "    return F.scaled_dot_product_attention(Z[None], E[None], E[None], scale=1.0)[0]\n"
        "import torch.nn.functional as F",
    ),
    "gradient_of_cross_entropy": (
        "",
        "import torch.nn.functional as F\ndef softmax(Z):\n    Z = Z.clone().requires_grad_()\n"
        "    y = torch.zeros(len(Z), dtype=torch.long)\n    F.cross_entropy(Z, y, reduction='sum').backward()\n"
        "    return Z.grad + F.one_hot(y, Z.shape[1])",
    ),
    "thread": (
        "import threading",
        "def softmax(Z):\n    out = []\n    t = threading.Thread(target=lambda: out.append(Z.softmax(1)))\n"
        "    t.start(); t.join()\n    return out[0]",
    ),
    "script": ("g = torch.jit.trace(lambda Z: Z.softmax(1), torch.ones(2, 2))", "def softmax(Z): return g(Z)"),
    "operator": ("import operator", "def softmax(Z): return operator.methodcaller('soft' + 'max', 1)(Z)"),
    "guard_switched_off": (
        "import course_utils.check.bans.guard as g, contextlib\ng.banning = lambda names: contextlib.nullcontext()",
        "def softmax(Z): return Z.softmax(1)",
    ),
    "subclass_dispatch": (
        "from torch.utils._python_dispatch import _disable_current_modes",
        "def softmax(Z):\n    with _disable_current_modes(): return Z.softmax(1)",
    ),
    "numpy_file": ("from helper import g", "def softmax(Z): return g(Z)"),
}
FILES = {"numpy_file": {"helper.py": "def g(Z): return Z.softmax(1)\n"}}


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """One batch of all evasions."""
    root = course.make(tmp_path_factory.mktemp("bans"))
    for name, (early, answer) in EVASIONS.items():
        notebook = course.solved(root)
        course.cell(notebook, "softmax").source = answer
        if early:
            place = notebook.cells.index(course.cell(notebook, "setup"))
            cell = json.loads(json.dumps(notebook.cells[place]))
            cell.update(source=early, metadata={})
            notebook.cells.insert(place + 1, type(notebook)(cell))
        folder = course.hand_in(root, name, notebook)
        for path, text in FILES.get(name, {}).items():
            (folder / path).write_text(text)
    course.hand_in(root, "honest", course.solved(root))
    return course.grade(root)


def test_there_are_enough() -> None:
    assert len(EVASIONS) >= 20


@pytest.mark.parametrize("name", EVASIONS)
def test_an_evasion_is_raised_or_flagged(summary: Summary, name: str) -> None:
    """It earns nothing, or a person is told why to look; the other exercises keep their marks."""
    marks, told = course.marks(summary, name), course.person(summary, name)
    assert "test_softmax" in told
    if marks["test_softmax"]:
        assert marks["test_softmax"] <= 2.0
        assert "where a call is banned" in told
    assert marks | {"test_softmax": 2.0} == course.FULL


def test_few_evasions_need_the_person(summary: Summary) -> None:
    """Nearly all are stopped by the machine; the rest are the ones that leave the process's own guard."""
    through = {name for name in EVASIONS if course.marks(summary, name)["test_softmax"]}
    assert through <= {"thread", "guard_switched_off", "subclass_dispatch", "script", "scipy_imported"}


def test_honest_work_is_not_flagged(summary: Summary) -> None:
    assert course.marks(summary, "honest") == course.FULL
    assert course.person(summary, "honest") == ""


def hidden(name: str) -> str:
    return f'{cells.BEGIN}\nbanned("softmax", "{name}")\nseal("x", 1)\n{cells.END}'


@pytest.mark.parametrize(
    ("name", "near"), [("max_poll2d", "max_pool2d"), ("torch.nn.functional.softmx", "softmax"), ("KFolds", "KFold")]
)
def test_a_ban_of_a_name_that_nothing_has_is_refused(name: str, near: str) -> None:
    with pytest.raises(CourseError, match=f"test_f bans '{name.rpartition('.')[2]}'.*{near}"):
        cells.take_apart("test_f", hidden(name))


@pytest.mark.parametrize(
    "name", ["einsum", "torch.linalg.solve", "DataLoader", "_softmax", "sorted", "LinearRegression"]
)
def test_a_ban_of_what_there_is_stands(name: str) -> None:
    """A function, a dotted one, a class, an operator, a builtin, another library's."""
    assert cells.take_apart("test_f", hidden(name)).banned == ("softmax", name)


def test_a_wrong_name_is_refused_when_the_assignment_is_built(tmp_path: Path) -> None:
    root = course.make(tmp_path)
    source = root / "solutions" / course.NAME / f"{course.NAME}.py"
    source.write_text(source.read_text().replace('banned("softmax")', 'banned("softmaxx")'))
    with pytest.raises(CourseError, match="test_softmax bans 'softmaxx'"):
        build.assignment(source, root)


def test_no_assignment_of_the_course_waits_for_the_libraries() -> None:
    """Every name that they ban is in our own lists, so neither a build nor a batch imports torch to look it up."""
    for source in build.exercises():
        for test in master.load(source.parent).tests.values():
            last = {name.rpartition(".")[2] for name in test.banned}
            assert {name for name in last if name not in FAMILIAR and name.strip("_") not in FAMILIAR} == set()


def test_every_name_of_the_lists_is_one() -> None:
    """What is banned with a name, or taken for elementary, exists in the installed versions under this spelling."""
    there = banned.in_the_libraries()
    inside_classes = words("_execution_engine run_backward functorch value_and_grad")  # of autograd, and of jax
    assert frozenset(FAMILIES).union(*FAMILIES.values()) - there == inside_classes
    assert ELEMENTARY - {name.strip("_") for name in there} == set()


def test_a_shell_line_does_not_blind_the_syntax_tree() -> None:
    for own in (
        "/print 1\n",
        ",print a\n",
        "x = !true\n",
        "%time y = 1\n",
        "%%time\n",
        "%%capture out\n",
        "?print\n",
    ):
        found = bans.inspect(own + "def f(Z): return torch.softmax(Z, 1)", [], [SETUP], ["softmax"])
        assert found.hits == ["torch.softmax"], own
        assert found.doubts == [], own
    assert bans.inspect("%time y = torch.softmax(Z, 1)", [], [SETUP], ["softmax"]).hits == ["torch.softmax"]


@pytest.mark.parametrize(
    "own", ["%run helper.py", "%load_ext helper", "%%cython\nf()", "get_ipython().run_cell('f()')"]
)
def test_a_magic_that_could_hide_a_call_is_doubtful(own: str) -> None:
    assert bans.inspect(own, [], [SETUP], ["softmax"]).doubts


@pytest.mark.parametrize(
    "filler",
    [
        "y = " + "1 + " * 3000 + "1\n",
        "!true\n" * 20_000,
        "%time " * 3000 + "1\n",
        "%time " * 100 + "1\n",
        "%%time\n" * 50,
    ],
)
def test_what_is_tedious_to_read_neither_blinds_nor_delays(filler: str) -> None:
    """Deep sums, and magics by the thousand, each of which makes IPython begin anew."""
    began = time.process_time()
    found = bans.inspect(filler + "def f(Z): return torch.softmax(Z, 1)", [], [SETUP], ["softmax"])
    assert found.hits or found.doubts
    assert time.process_time() - began < 20


@pytest.mark.parametrize("own", ["torch._refs.softmax(Z, 1)", "from torch._decomp import decompositions", "F._pad"])
def test_a_private_way_into_a_library_is_doubtful(own: str) -> None:
    assert bans.inspect(own, [], [SETUP], ["softmax"]).doubts or bans.inspect(own, [], [SETUP], ["softmax"]).hits


def test_no_other_cell_hides_what_a_name_stands_for_in_the_answer() -> None:
    found = bans.inspect("import torch as t\nt.softmax", ["import math as t"], ["import numpy as t"], ["softmax"])
    assert found.hits == ["torch.softmax"]


def test_a_name_of_ones_own_is_no_hit() -> None:
    own = "class Net:\n    def softmax(self, Z): return Z\n    def forward(self, Z): return self.softmax(Z)"
    assert bans.inspect(own, [], [SETUP], ["softmax"]).hits == []


@pytest.mark.parametrize("path", ["torch.nn.functional.softmax", "torch.softmax"])
def test_the_path_of_a_hit_is_told(path: str) -> None:
    assert bans.inspect(f"def f(Z): return {path}(Z, 1)", [], [SETUP], ["softmax"]).hits == [path]


# cells whose check asks for `f`: the banned call is of the answer, however it comes there
ANSWERS_WITH_IT = [
    "def f(Z): return helper(Z)\ndef helper(Z): return torch.softmax(Z, 1)",
    "kept = []\nkept.append(torch.softmax)\ndef f(Z): return kept[0](Z, 1)",
    "kept = {}\nkept['s'] = torch.softmax\ndef f(Z): return kept['s'](Z, 1)",
    "def f(Z): return f.s(Z, 1)\nf.s = torch.softmax",
    "s = torch.softmax\ndef f(Z): return s(Z, 1)",
    "def f(Z, s=torch.softmax): return s(Z, 1)",
    "if True:\n    def f(Z): return torch.softmax(Z, 1)",
    "for s in [torch.softmax]:\n    pass\ndef f(Z): return s(Z, 1)",
    "class f:\n    s = torch.softmax\n    def __call__(self, Z): return self.s(Z, 1)",
    "@(lambda g: lambda Z: torch.softmax(Z, 1))\ndef f(Z): return Z",
    "def make():\n    global f\n    f = lambda Z: torch.softmax(Z, 1)\nmake()",
    "from torch import softmax as s\ndef f(Z):\n    [s for s in ()]\n    return s(Z, 1)",
    "from torch import softmax as s\ndef f(Z):\n    def g():\n        s = 1\n    return s(Z, 1)",
    "from torch import softmax as s\ndef f(Z):\n    global s\n    s = s\n    return s(Z, 1)",
    "from torch import softmax as s\ndef f(Z, s=s): return s(Z, 1)",
    "def f(Z):\n    from torch import softmax as s\n    return s(Z, 1)",
    "from torch.special.softmax import *\ndef f(Z): return s(Z, 1)",
    "def g(Z): return torch.softmax(Z, 1)",
]
# the same name beside the answer, or for something else
ANSWERS_WITHOUT_IT = [
    "def f(Z): return Z\nprint(torch.softmax(Z, 1) - f(Z))",
    "def f(Z): return Z\ntorch.softmax(Z, 1)",
    "def f(Z): return Z\nfor Z in (1, 2):\n    assert f(Z) == torch.softmax(Z, 1)",
    "def f(Z): return Z\ndef test():\n    return torch.softmax(f(Z), 1)\ntest()",
    "from torch import softmax\ndef f(Z): return Z",
    "from torch import softmax\ndef f(softmax): return softmax + 1",
    "from torch import softmax\ndef f(Z):\n    softmax = Z.exp()\n    return softmax / softmax.sum()",
]


@pytest.mark.parametrize("own", ANSWERS_WITH_IT)
def test_a_banned_call_that_the_answer_needs_is_a_hit(own: str) -> None:
    assert bans.inspect(own, [], [SETUP], ["softmax"], asked=["f"]).hits


@pytest.mark.parametrize("own", ANSWERS_WITHOUT_IT)
def test_a_banned_name_beside_the_answer_is_none(own: str) -> None:
    found = bans.inspect(own, [], [SETUP], ["softmax"], asked=["f"])
    assert (found.hits, found.doubts) == ([], [])


@pytest.mark.parametrize(
    "own",
    [
        "sys.modules['torch']",
        "getattr(sys, 'modules')",
        "getattr(torch, name)",
        "getattr(torch, '_C')",
        "torch.compile(f)",
        "compile(text, '', 'exec')",
        "torch.nn.functional.relu = f",
        "%load_ext helper",
        "import threading",
    ],
)
def test_what_is_like_something_plain_stays_doubtful(own: str) -> None:
    assert bans.inspect("import sys\n" + own, [], [SETUP], ["softmax"]).doubts


def test_broken_code_is_no_crash(tmp_path: Path) -> None:
    for source in ("def f(:", "x = (" * 5000, "\0", "%%bash\nrm -rf /"):
        assert bans.inspect(source, [source], [SETUP], ["softmax"]).hits == []


@pytest.mark.parametrize(
    "own",
    [
        "f = 1\n" * 100_000,
        "".join(f"a{i} = a{i + 1}\n" for i in range(30_000)) + "f = a0",
        "f = " + "lambda x: " * 80 + "[" + "x, " * 100_000 + "]",
        "".join("    " * i + f"def g{i}(x):\n" for i in range(90)) + "    " * 90 + "f = " + "x + " * 2000 + "x",
    ],
    ids=["one name", "a chain", "lambdas", "functions"],
)
def test_a_long_cell_is_looked_through_in_time(own: str) -> None:
    began = time.process_time()
    bans.inspect(own, [], [SETUP], ["softmax"], asked=["f", "a1"])
    assert time.process_time() - began < 20
