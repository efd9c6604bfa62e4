"""A check does not judge the function of an earlier run when the cell that defines it stopped; and says so truly."""

import subprocess
import sys
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_tools.paths import ROOT
from course_utils.check import unrun
from tests.support import patience

RIGHT = "def double(x):\n    return 2 * x"
CHECK = "k = 3\ncheck.close('twice', lambda: double(k), 6)"
NOT_JUDGED = "✗ twice was not judged: the cell that defines double stopped with "
MEND = "\n  → Mend that cell, or delete it and run the cell of your answer again; then run this one."
TICK = "✓ twice: equal\n"

# each cell, and what it says; None: any error of its own. All are one and the same cell, edited and run again
SESSION = [
    ("from course_utils import check", ""),
    ("def double(x)\n    return 2 * x", None),
    (CHECK, f"{NOT_JUDGED}SyntaxError in line 1: expected ':'{MEND}"),  # nothing was defined before
    (RIGHT, ""),
    (CHECK, TICK),
    ("c = d\ndef double(x):\n    return 3 * x", None),
    (CHECK, f"{NOT_JUDGED}NameError: name 'd' is not defined{MEND}"),  # the old one would pass
    ("check.raises('twice', TypeError, lambda: [double(k) for _ in range(2)])", f"{NOT_JUDGED}NameError: "),
    ("check.close('twice', 6, 6)", TICK),  # a value: nothing is known of how it came about
    ("class Net:\n    def double(self):\n        return 6\nnet = Net()", ""),
    ("check.close('twice', lambda: net.double(), 6)", TICK),  # a method of the same name
    ("double = abs", ""),
    (CHECK, "✗ twice is 3; it should be 6"),  # it is another one by now
    (f"{RIGHT}\nraise KeyboardInterrupt", None),  # stopped after the definition
    (CHECK, TICK),
    ("%%time\ndef double(x):\n    return 2 * x", ""),
    ("text = '''\ndef double(x): old\n'''\n1 / 0", None),  # only a text
    (CHECK, TICK),
    (CHECK.replace("6)", "7)"), "✗ twice is 6; it should be 7"),  # a check that fails defines nothing
    (CHECK, TICK),
    ("async def double(x):\n    1 = 2", None),
    (RIGHT, ""),  # mended
    (CHECK, TICK),
]


FAILS = "e = f\ndef {}(x):\n    return x"
HALVE, CHECK_HALVE = "def halve(x):\n    return x // 2", "check.close('half', lambda: halve(6), 3)"
HALF_NOT_JUDGED = "✗ half was not judged: the cell that defines halve stopped with NameError: "
ANSWER, SCRATCH, UNKNOWN = "answer", "scratch", ""

# cells below the answer that define its name as well: the id of each, its source, and what it says
SCRATCHES = [
    (SCRATCH, FAILS.format("double"), None),
    (SCRATCH, CHECK, TICK),  # the answer is as it was
    (SCRATCH, "def double(x)", None),  # broken
    (SCRATCH, CHECK, TICK),
    (ANSWER, FAILS.format("double"), None),
    (SCRATCH, "def double(x)", None),
    (SCRATCH, CHECK, f"{NOT_JUDGED}NameError: name 'f' is not defined{MEND}"),  # the answer's cell stopped before it
    (SCRATCH, RIGHT, ""),
    (SCRATCH, CHECK, TICK),  # the one that is there now
    (SCRATCH, FAILS.format("double"), None),
    (SCRATCH, CHECK, NOT_JUDGED),  # it made the one that is there
    (SCRATCH, RIGHT, ""),
    (ANSWER, FAILS.format("double"), None),
    (SCRATCH, CHECK, NOT_JUDGED),  # the scratch's would pass
    (UNKNOWN, FAILS.format("halve"), None),
    (UNKNOWN, CHECK_HALVE, HALF_NOT_JUDGED),
    (UNKNOWN, HALVE, ""),
    (UNKNOWN, f"{FAILS.format('halve')} / 3", None),
    (UNKNOWN, CHECK_HALVE, "✓ half: equal\n"),  # as when a whole notebook is run once, by nbclient
]


def test_only_a_function_whose_cell_stopped_is_not_judged() -> None:
    rows = [*((ANSWER, *row) for row in SESSION), *SCRATCHES]
    notebook = new_notebook(cells=[new_code_cell(source, metadata={"sent_as": sent}) for sent, source, _ in rows])
    client: Any = NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=patience.SECONDS)

    def send_the_id(cell: NotebookNode, **_: Any) -> None:  # as JupyterLab does; nbclient itself sends none
        sent = cell.metadata.sent_as
        client.kc.session.metadata = {"cellId": sent} if sent else {}

    client.on_cell_start = send_the_id
    client.execute(cwd=ROOT)
    for (_, source, said), cell in zip(rows, notebook.cells, strict=True):
        shown = "".join(output.get("evalue", output.get("text", "")) for output in cell.outputs)
        if said is None:
            assert cell.outputs[-1].output_type == "error", source
        elif source.startswith("%%time"):
            assert "Wall time" in shown
        else:
            assert shown.startswith(said), source
            assert bool(shown) == bool(said), shown


def test_nothing_is_watched_where_there_is_no_kernel() -> None:
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "before = [list(c) for c in shell.events.callbacks.values()]\n"
        "from course_utils import check\n"
        "assert [list(c) for c in shell.events.callbacks.values()] == before"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


class Unreadable(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (ValueError("a\n  b"), "ValueError: a b"),
        (ValueError("x" * 10_000), "ValueError: " + "x" * unrun.LONGEST),
        (Unreadable(), "Unreadable"),
    ],
)
def test_what_stopped_a_cell_is_said_in_a_line(error: BaseException, said: str) -> None:
    assert unrun._said(error) == said
