"""Right answers to exercises 3 in many forms, and what students' tools do to a notebook. Each must keep full marks.

ANSWERS: name -> (exercise, its cell). BESIDE: name -> a cell of the student's own, before the exercises.
SETUP: name -> what is done to the text of the set-up cell, and a hidden_delta that needs it.
FORMATS: name -> what a tool makes of the notebook, given as JSON: the bytes of the file that is handed in.
"""

import ast
import copy
import json
import uuid
from collections.abc import Callable
from typing import Any

import nbformat

from course_tools.grading.judging.master import grade_id, load
from course_tools.paths import ROOT

NAME = "03_backpropagation"
Notebook = dict[str, Any]

DELTA = """def output_delta(dL_da, z):
    a = z.sigmoid()
    return dL_da * a * (1 - a)
"""
HIDDEN = """def hidden_delta(delta_next, W_next, z):
    return (delta_next @ W_next) * (1 - z.tanh() ** 2)
"""
LAYER = """def layer_gradients(delta, a_prev):
    return delta.T @ a_prev, delta.sum(0)
"""
NUMERIC = """def numeric_gradient(f, x, h=1e-5):
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad
"""
CHECK = """z = torch.randn(2, 3, requires_grad=True)
g = torch.ones(2, 3)
"""


def drawing(answer: str, line: str) -> str:
    """The answer with a line before the others of its body."""
    head, _, body = answer.partition("\n")
    return f"{head}\n    {line}\n{body}"


ANSWERS: dict[str, tuple[str, str]] = {
    # what is handed back
    "a namedtuple": (
        "layer_gradients",
        "from collections import namedtuple\nGrads = namedtuple('Grads', 'dW db')\n"
        "def layer_gradients(delta, a_prev):\n    return Grads(delta.T @ a_prev, delta.sum(0))",
    ),
    "a NamedTuple": (
        "hinge_loss",
        "from typing import NamedTuple\nclass Loss(NamedTuple):\n    value: Tensor\n    slope: Tensor\n"
        "def hinge_loss(s, t):\n    room = 1 - t * s\n"
        "    return Loss(room.clamp(min=0).mean(), torch.where(room > 0, -t, 0 * t) / len(s))",
    ),
    "a named tuple of torch": (
        "layer_gradients",
        "def layer_gradients(delta, a_prev):\n    return tuple([torch.mm(delta.t(), a_prev), delta.sum(0)])",
    ),
    "a Parameter": ("hidden_delta", HIDDEN.replace("return ", "return torch.nn.Parameter(") + ")"),
    "a view that is not contiguous": ("hidden_delta", HIDDEN.replace("** 2)", "** 2).T.contiguous().T")),
    "float32 for the slope": (
        "output_delta",
        "def output_delta(dL_da, z):\n    a = z.float().sigmoid().double()\n    return dL_da * a * (1 - a)",
    ),
    "float32 for a whole answer": (
        "hinge_loss",
        "def hinge_loss(s, t):\n    s, t = s.float(), t.float()\n    room = 1 - t * s\n"
        "    return room.clamp(min=0).mean().double(), (-t * (room > 1e-7)).double() / len(s)",
    ),
    # random numbers and settings
    "torch seeded": ("hidden_delta", drawing(HIDDEN, "torch.manual_seed(0)")),
    "everything seeded": (
        "layer_gradients",
        "import random\nimport numpy as np\n"
        + drawing(LAYER, "random.seed(0); np.random.seed(0); torch.manual_seed(0); torch.rand(3)"),
    ),
    "seeded where the next input is drawn": ("numeric_gradient", drawing(NUMERIC, "torch.manual_seed(3)")),
    "random numbers where the next input is drawn": ("numeric_gradient", drawing(NUMERIC, "torch.rand(5)")),
    "random numbers of NumPy": ("layer_gradients", "import numpy as np\n" + drawing(LAYER, "np.random.rand(2)")),
    "the default generator": ("hidden_delta", drawing(HIDDEN, "torch.default_generator.manual_seed(1)")),
    "torch.seed": ("hidden_delta", drawing(HIDDEN, "torch.seed()")),
    "a generator of its own": ("layer_gradients", drawing(LAYER, "torch.rand(2, generator=torch.Generator())")),
    "the default dtype changed": ("numeric_gradient", drawing(NUMERIC, "torch.set_default_dtype(torch.float64)")),
    "gradients switched off": ("hidden_delta", drawing(HIDDEN, "torch.set_grad_enabled(False)")),
    "gradients switched off by autograd": (
        "output_delta",
        "torch.autograd.set_grad_enabled(False)\n" + DELTA,
    ),
    "no_grad": ("output_delta", "@torch.no_grad()\n" + DELTA),
    "no_grad of autograd": ("output_delta", "@torch.autograd.no_grad()\n" + DELTA),
    "inference_mode": ("hidden_delta", "@torch.inference_mode()\n" + HIDDEN),
    "detached": ("output_delta", DELTA.replace("z.sigmoid()", "z.detach().requires_grad_(False).sigmoid()")),
    "a deterministic back end": (
        "hidden_delta",
        "torch.backends.cudnn.deterministic = True\ntorch.backends.cudnn.benchmark = False\n" + HIDDEN,
    ),
    # a check of its own beside the answer, in the same cell
    "checked by autograd.grad": (
        "output_delta",
        DELTA + CHECK + "print(output_delta(g, z.detach()) - torch.autograd.grad(z.sigmoid(), z, g)[0])",
    ),
    "checked by backward": (
        "output_delta",
        DELTA + CHECK + "z.sigmoid().backward(g)\nassert torch.allclose(output_delta(g, z.detach()), z.grad)",
    ),
    "checked by gradcheck": (
        "numeric_gradient",
        NUMERIC + "x = torch.randn(3, dtype=torch.float64, requires_grad=True)\n"
        "assert torch.autograd.gradcheck(lambda v: (v**3).sum(), x)",
    ),
    "checked by a function of its own": (
        "output_delta",
        DELTA + "def try_it():\n    z = torch.randn(2, 3, requires_grad=True)\n    g = torch.ones(2, 3)\n"
        "    want = torch.autograd.grad(z.sigmoid(), z, g)[0]\n"
        "    assert torch.allclose(output_delta(g, z.detach()), want)\ntry_it()",
    ),
    "checked by the loss of torch": (
        "bce_with_logits",
        "def bce_with_logits(z, y):\n    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))\n"
        "    return loss.mean(), (z.sigmoid() - y) / len(z)\n"
        "z, y = torch.randn(4), torch.ones(4)\n"
        "print(bce_with_logits(z, y)[0], F.binary_cross_entropy_with_logits(z, y))",
    ),
    "checked in a loop": (
        "bce_with_logits",
        "def bce_with_logits(z, y):\n    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))\n"
        "    return loss.mean(), (z.sigmoid() - y) / len(z)\n"
        "for n in (1, 5):\n    z, y = torch.randn(n), torch.randint(2, (n,)).float()\n"
        "    assert torch.isclose(bce_with_logits(z, y)[0], F.binary_cross_entropy_with_logits(z, y))",
    ),
    # imports that nothing uses, and names that are only spelled like a banned one
    "autograd imported": ("output_delta", "import torch.autograd\n" + DELTA),
    "grad imported": ("output_delta", "from torch.autograd import grad\n" + DELTA),
    "Variable imported and used": (
        "output_delta",
        "from torch.autograd import Variable\n" + DELTA.replace("z.sigmoid()", "Variable(z).sigmoid()"),
    ),
    "cross_entropy imported": (
        "bce_with_logits",
        "from torch.nn.functional import cross_entropy\ndef bce_with_logits(z, y):\n"
        "    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))\n"
        "    return loss.mean(), (z.sigmoid() - y) / len(z)",
    ),
    "grad imported, and a variable called grad": ("numeric_gradient", "from torch.autograd import grad\n" + NUMERIC),
    "a parameter called func": (
        "numeric_gradient",
        "from torch import func\n" + NUMERIC.replace("(f, x", "(func, x").replace("f(x", "func(x"),
    ),
    "plain modules": (
        "hidden_delta",
        "import contextlib, logging, pprint, textwrap, operator, csv, traceback\n"
        "log = logging.getLogger('mine')\n"
        "def hidden_delta(delta_next, W_next, z):\n    log.info('asked')\n    with contextlib.suppress(KeyError):\n"
        "        return operator.mul(delta_next @ W_next, 1 - z.tanh() ** 2)",
    ),
    "re.compile and a constant getattr": (
        "output_delta",
        "import re\nnumber = re.compile('[0-9]+')\n" + DELTA.replace("z.sigmoid()", "getattr(z, 'sigmoid')()"),
    ),
    "magics of a notebook": (
        "hidden_delta",
        "%load_ext autoreload\n%autoreload 2\n%env ANSWER=42\n!echo hello\n" + HIDDEN,
    ),
    "a magic spelled out": ("hidden_delta", "get_ipython().run_line_magic('matplotlib', 'inline')\n" + HIDDEN),
    "timed": ("hidden_delta", "%%time\n" + HIDDEN),
}

BESIDE: dict[str, str] = {
    "Colab's drive": "from google.colab import drive\ndrive.mount('/content/drive')",
    "Colab's files": "import google.colab\nfrom google.colab import files, output",
    "Kaggle's first cell": "import numpy as np\nimport pandas as pd\nimport os\n"
    "for folder, _, names in os.walk('/kaggle/input'):\n    print(names)\n"
    "from kaggle_secrets import UserSecretsClient",
    "a network's modules": "net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())\n"
    "for layer in net.modules():\n    print(layer)\n"
    "print([name for name, _ in net.named_modules()], len(list(net.modules())))",
    "logging and pprint": "import logging, pprint\nlogging.basicConfig()\npprint.pprint({'a': 1})",
    "context managers": "import contextlib\n@contextlib.contextmanager\ndef timed():\n    yield",
    "warnings silenced": "import warnings\nwarnings.filterwarnings('ignore')",
    "seeds and back ends": "import random, os\nimport numpy as np\ndef seed_everything(seed):\n"
    "    random.seed(seed); np.random.seed(seed); torch.manual_seed(seed)\n"
    "    os.environ['PYTHONHASHSEED'] = str(seed)\n    torch.backends.cudnn.deterministic = True\n"
    "    torch.backends.cudnn.benchmark = False\nseed_everything(42)",
    "a network trained": "net = torch.nn.Linear(2, 1)\nopt = torch.optim.SGD(net.parameters(), lr=0.1)\n"
    "loss = F.binary_cross_entropy_with_logits(net(torch.randn(4, 2))[:, 0], torch.ones(4))\n"
    "opt.zero_grad(); loss.backward(); opt.step()",
    "a check of its own": "from torch.autograd import grad\nz = torch.randn(3, requires_grad=True)\n"
    "print(grad(z.sigmoid().sum(), z))",
    "packages installed": "%pip install tqdm\n!pip install -q tqdm\nfrom tqdm.auto import tqdm",
    "plots": "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\nimport matplotlib.pyplot as plt\n"
    "plt.rcParams['figure.dpi'] = 50\nplt.plot([1, 2]); plt.show()",
}

SETUP: dict[str, tuple[Callable[[str], str], str]] = {
    "an import added": (
        lambda source: source.replace("import torch\n", "import math\nimport torch\n", 1),
        HIDDEN.replace("** 2", "** int(math.sqrt(4))"),
    ),
    "imports added at the end": (
        lambda source: source + "\nimport numpy as np\nfrom math import sqrt",
        HIDDEN.replace("** 2", "** int(np.round(sqrt(4)))"),
    ),
    "imports put together": (
        lambda source: source.replace("import torch\n", "import torch, math, numpy as np\n", 1),
        HIDDEN.replace("** 2", "** int(np.round(math.sqrt(4)))"),
    ),
    "a magic and a seed added": (
        lambda source: "%matplotlib inline\n" + source + "\ntorch.manual_seed(0)\nTWO = 2\n!echo hello",
        HIDDEN.replace("** 2", "** TWO"),
    ),
    "a helper added": (
        lambda source: source + "\n\ndef slope(z):\n    return 1 - z.tanh() ** 2\n",
        HIDDEN.replace("(1 - z.tanh() ** 2)", "slope(z)"),
    ),
    "comments, and another layout": (
        lambda source: "# my set-up\n" + source.replace("(values, dtype", "(\n        values,\n        dtype"),
        HIDDEN,
    ),
}


def solved() -> Notebook:
    """What a student hands in who solved everything: the released notebook with the instructor's answers, as JSON."""
    notebook = nbformat.read(ROOT / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)
    answers = {grade_id(cell): cell.source for cell in load(ROOT / "solutions" / NAME).notebook.cells}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "\n".join(line for line in answers[grade_id(cell)].splitlines() if "SOLUTION" not in line)
    return json.loads(json.dumps(notebook))


def name_of(cell: Notebook) -> str:
    """A cell's grade_id, empty when it has none."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def is_answer(cell: Notebook) -> bool:
    """Whether the cell is the student's to write."""
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def place(notebook: Notebook, name: str) -> int:
    """Where the cell with a grade_id stands."""
    return next(i for i, cell in enumerate(notebook["cells"]) if name_of(cell) == name)


def put(notebook: Notebook, name: str, source: str) -> Notebook:
    """The notebook with another text in one cell."""
    notebook["cells"][place(notebook, name)]["source"] = source
    return notebook


def code(source: str) -> Notebook:
    """A code cell of the student's own."""
    return {"cell_type": "code", "id": uuid.uuid4().hex[:8], "metadata": {}, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip


def after_setup(notebook: Notebook, source: str) -> Notebook:
    """The notebook with a cell of the student's own before the exercises."""
    notebook["cells"].insert(place(notebook, "setup") + 1, code(source))
    return notebook


# -- what tools do -------------------------------------------------------------------------------------------------

Edit = Callable[[Notebook], bytes]
FORMATS: dict[str, Edit] = {}


def tool(about: str) -> Callable[[Edit], Edit]:
    """Enter what a tool does to a notebook."""

    def enter(edit: Edit) -> Edit:
        FORMATS[about] = edit
        return edit

    return enter


def saved(notebook: Notebook, **options: Any) -> bytes:
    """The file, as JSON."""
    return json.dumps(notebook, **options).encode()


def without_ids(notebook: Notebook, minor: int) -> Notebook:
    """The notebook in an earlier minor format, which has no ids of cells."""
    notebook["nbformat_minor"] = minor
    for cell in notebook["cells"]:
        cell.pop("id", None)
    return notebook


def without_names(notebook: Notebook) -> Notebook:
    """The notebook with nothing in its cells' metadata."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    return notebook


def in_lines(notebook: Notebook) -> Notebook:
    """The notebook with each source as a list of lines."""
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    return notebook


@tool("JupyterLab: format 4.5")
def format_45(notebook: Notebook) -> bytes:
    return saved(in_lines(notebook), indent=1)


@tool("format 4.4, no ids")
def format_44(notebook: Notebook) -> bytes:
    return saved(in_lines(without_ids(notebook, 4)))


@tool("format 4.0, no ids")
def format_40(notebook: Notebook) -> bytes:
    return saved(without_ids(notebook, 0))


@tool("format 4.2 that has ids all the same")
def format_42_with_ids(notebook: Notebook) -> bytes:
    return saved(notebook | {"nbformat_minor": 2})


@tool("format 4.9, of the future")
def format_49(notebook: Notebook) -> bytes:
    return saved(notebook | {"nbformat_minor": 9})


@tool("no minor format")
def no_minor(notebook: Notebook) -> bytes:
    notebook.pop("nbformat_minor")
    return saved(notebook)


@tool("a minor format that is null")
def null_minor(notebook: Notebook) -> bytes:
    return saved(notebook | {"nbformat_minor": None})


@tool("Windows: a byte-order mark")
def byte_order_mark(notebook: Notebook) -> bytes:
    return b"\xef\xbb\xbf" + saved(notebook)


@tool("Windows: UTF-16")
def utf_16(notebook: Notebook) -> bytes:
    return json.dumps(notebook, ensure_ascii=False).encode("utf-16")


@tool("Windows: its ends of lines")
def carriage_returns(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return saved(notebook, indent=1).replace(b"\n", b"\r\n")


@tool("metadata stripped from cells, ids stay")
def stripped(notebook: Notebook) -> bytes:
    return saved(without_names(notebook))


@tool("metadata stripped from cells, ids stay, format 4.4")
def stripped_44(notebook: Notebook) -> bytes:
    return saved(without_names(notebook) | {"nbformat_minor": 4})


@tool("metadata that is null, ids stay")
def null_metadata(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["metadata"] = None
    return saved(notebook)


@tool("metadata gone, ids stay")
def no_metadata(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell.pop("metadata")
    return saved(notebook)


@tool("Deepnote: metadata and ids replaced by its own")
def deepnote_stripped(notebook: Notebook) -> bytes:
    for cell in without_ids(notebook, 0)["cells"]:
        cell["metadata"] = {"cell_id": uuid.uuid4().hex, "deepnote_cell_type": cell["cell_type"]}
    return saved(notebook)


@tool("Deepnote: its metadata beside ours")
def deepnote(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["metadata"] |= {"cell_id": uuid.uuid4().hex, "deepnote_to_be_reexecuted": False, "tags": []}
    notebook["metadata"] |= {"deepnote": {}, "orig_nbformat": 2, "deepnote_notebook_id": uuid.uuid4().hex}
    return saved(in_lines(notebook))


@tool("Colab: format 4.0, ids in the metadata")
def colab(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["metadata"] |= {"id": cell["id"], "colab": {"base_uri": "https://localhost:8080/"}}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    notebook["metadata"] |= {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    return saved(in_lines(without_ids(notebook, 0)), indent=2)


@tool("Colab: only its own metadata left, with the ids")
def colab_stripped(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["metadata"] = {"id": cell["id"], "outputId": uuid.uuid4().hex}
    return saved(in_lines(without_ids(notebook, 0)))


@tool("VS Code: its metadata, and no ids")
def vs_code(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["metadata"] |= {"vscode": {"languageId": "python"}}
    notebook["metadata"] = {"language_info": {"name": "python"}, "orig_nbformat": 4, "vscode": {"interpreter": {}}}
    return saved(in_lines(without_ids(notebook, 2)), indent=1)


@tool("VS Code: the kernel of an environment, short ids, and an answer copied whose first cell was emptied")
def vs_code_copied(notebook: Notebook) -> bytes:
    here = place(notebook, "output_delta")
    copied = copy.deepcopy(notebook["cells"][here]) | {"id": "b7d0e611"}  # with nbgrader's metadata
    notebook["cells"][here]["source"] = ""
    notebook["cells"][here + 1 : here + 1] = [copied, code("") | {"id": "3f9a1c2e", "metadata": {"vscode": {}}}]
    kernel = {"display_name": ".venv (3.12.3)", "language": "python", "name": "deep-learning"}
    notebook["metadata"] = {"kernelspec": kernel, "language_info": {"name": "python", "version": "3.12.3"}}
    return saved(in_lines(notebook), indent=1)


@tool("VS Code: every cell formatted when it is saved")
def reformatted(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = ast.unparse(ast.parse(cell["source"]))
    return saved(notebook)


@tool("Kaggle")
def kaggle(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["metadata"] |= {"_uuid": uuid.uuid4().hex, "_cell_guid": uuid.uuid4().hex, "trusted": True,
                             "execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}}  # fmt: skip
    notebook["metadata"] |= {"kaggle": {"accelerator": "none", "dataSources": []}, "papermill": {}}
    return saved(without_ids(notebook, 4))


@tool("nulls for outputs, counts, attachments and ids")
def nulls(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell |= {"id": None, "attachments": None}
        if cell["cell_type"] == "code":
            cell |= {"outputs": None, "execution_count": None}
    return saved(notebook)


@tool("a null for the notebook's metadata, and none for outputs")
def null_notebook_metadata(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell.pop("outputs", None), cell.pop("execution_count", None)
    return saved(notebook | {"metadata": None})


@tool("an empty cell whose source is null")
def null_source(notebook: Notebook) -> bytes:
    notebook["cells"].append(code("") | {"source": None})
    return saved(notebook)


@tool("of nbgrader's metadata only the names")
def only_names(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        if name := name_of(cell):
            cell["metadata"] = {"nbgrader": {"grade_id": name}}
    return saved(notebook)


def old_format(notebook: Notebook, lines: bool) -> bytes:
    """The notebook in format 3, with headings; its sources as texts or as lists of lines."""
    cells: list[Notebook] = [{"cell_type": "heading", "level": 1, "metadata": {}, "source": "Homework"}]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            made = {"language": "python", "collapsed": False, "prompt_number": 1, "outputs": []}
            cells.append(made | {"cell_type": "code", "metadata": cell["metadata"], "input": cell["source"]})
        else:
            cells.append({key: cell[key] for key in ("cell_type", "metadata", "source")})
    for cell in cells if lines else []:
        key = "input" if "input" in cell else "source"
        cell[key] = cell[key].splitlines(keepends=True)
    sheet = {"metadata": {}, "cells": cells}
    return saved({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [sheet]})


@tool("format 3 with a heading, in lines")
def format_3_lines(notebook: Notebook) -> bytes:
    return old_format(notebook, lines=True)


@tool("format 3 with a heading")
def format_3(notebook: Notebook) -> bytes:
    return old_format(notebook, lines=False)


def split(notebook: Notebook, name: str, parts: list[str]) -> bytes:
    """As JupyterLab splits a cell: each part keeps the metadata."""
    at = place(notebook, name)
    cell = notebook["cells"].pop(at)
    halves = [copy.deepcopy(cell) | {"source": part, "id": uuid.uuid4().hex[:8]} for part in parts]
    notebook["cells"][at:at] = halves
    return saved(notebook)


@tool("JupyterLab: an answer split before its function")
def split_before(notebook: Notebook) -> bytes:
    return split(notebook, "output_delta", ["import math\nHALF = 0.5", DELTA])


@tool("JupyterLab: an answer split behind its function")
def split_behind(notebook: Notebook) -> bytes:
    return split(notebook, "hidden_delta", [HIDDEN, "print(hidden_delta(torch.ones(1, 1), torch.ones(1, 1), 0))"])


@tool("JupyterLab: an answer split in three, its cells empty")
def split_in_three(notebook: Notebook) -> bytes:
    return split(notebook, "hidden_delta", ["", HIDDEN, ""])


@tool("JupyterLab: a check split")
def split_check(notebook: Notebook) -> bytes:
    lines = notebook["cells"][place(notebook, "test_hidden_delta")]["source"].splitlines()
    return split(notebook, "test_hidden_delta", ["\n".join(lines[:2]), "\n".join(lines[2:])])


@tool("cells of one's own: empty, raw, with outputs that are odd")
def more_cells(notebook: Notebook) -> bytes:
    image = {"output_type": "display_data", "data": {"image/png": None, "text/plain": ["x"]}, "metadata": None}
    notebook["cells"].insert(3, code(""))
    notebook["cells"].insert(5, code("1 + 1") | {"outputs": [image, None], "execution_count": "7"})
    notebook["cells"].append({"cell_type": "raw", "metadata": {}, "source": "notes"})
    return saved(notebook)
