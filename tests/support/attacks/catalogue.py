"""Hostile and broken submissions, each as a few lines that spoil an honest one.

The honest submission solves `accuracy` (2 points) and `momentum_step` (3) and answers `softmax` and `linear` (2 each)
wrongly: an attack that earns more than 5 has raised its score. `lost` names the cells that an attack costs itself;
`told` is a piece of the reason that the summary must give, where the grader can know. What an attack prints after
"LEAK" must appear nowhere.
"""

import copy
import json
import os
import secrets
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

from tests.support import grading_course

HONEST = {"test_softmax": 0.0, "test_linear": 0.0, "test_accuracy": 2.0, "test_momentum_step": 3.0}
NAME = grading_course.NAME
MARKER = f"98765.{secrets.randbelow(10**9)}"  # seconds that only a process left behind by this run sleeps
LEFT = f"left-{MARKER}"  # the name of a file that only this run can have left behind

WRONG = {
    "softmax": "def softmax(Z):\n    return torch.zeros_like(Z)",
    "linear": "def linear(X, W, b):\n    return torch.zeros(len(X), len(W))",
}


def _code(lines: Iterable[str]) -> str:
    """Lines of a cell; LEAK is written so that only running it shows it, and no traceback."""
    return "\n".join(lines).replace("'LEAK", "'LE' 'AK")


@dataclass
class Hand:
    """What an attacker has in hand: the notebook, the folder that is handed in, and where the course lies."""

    notebook: NotebookNode
    folder: Path
    root: Path

    def early(self, *lines: str) -> None:
        """A cell of the student's own, before the exercises."""
        place = [c.metadata.get("nbgrader", {}).get("grade_id") for c in self.notebook.cells].index("setup")
        self.notebook.cells.insert(place + 1, new_code_cell(_code(lines)))

    def answer(self, name: str, *lines: str) -> None:
        """The text of an exercise's cell."""
        grading_course.cell(self.notebook, name).source = _code(lines)

    def file(self, name: str, text: str) -> None:
        """Another file beside the notebook."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(_code([text]))

    def raw(self, content: bytes, name: str = f"{NAME}.ipynb") -> None:
        """The notebook file, byte by byte."""
        (self.folder / name).write_bytes(content)


@dataclass(frozen=True)
class Attack:
    """One kind: what it does to an honest submission, and what must come of it."""

    name: str
    about: str
    spoil: Callable[[Hand], object]
    lost: frozenset[str]
    told: str
    full: bool


ATTACKS: list[Attack] = []


def attack(
    about: str, lost: str = "", told: str = "", full: bool = False
) -> Callable[[Callable[[Hand], object]], Callable[[Hand], object]]:
    """Enter an attack; `full` marks an honest submission that solves everything and must keep it all."""

    def enter(spoil: Callable[[Hand], object]) -> Callable[[Hand], object]:
        cells = frozenset(f"test_{name}" for name in lost.split())
        ATTACKS.append(Attack(spoil.__name__, about, spoil, cells, told, full))
        return spoil

    return enter


EVERYTHING = "softmax linear accuracy momentum_step"


def build(one: Attack, solved: NotebookNode, folder: Path, root: Path) -> None:
    """Write the submission of one attack into `folder`."""
    hand = Hand(copy.deepcopy(solved), folder, root)
    if not one.full:
        for name, source in WRONG.items():
            hand.answer(name, source)
    folder.mkdir(parents=True)
    one.spoil(hand)
    if not any(os.path.lexists(p) for p in folder.glob("*.ipynb")) and one.name != "missing_notebook":
        (folder / f"{NAME}.ipynb").write_text(json.dumps(hand.notebook))


# -- tampering with what judges -------------------------------------------------------------------------------


@attack("patched checks")
def patched_checks(hand: Hand) -> None:
    hand.early("check.close = lambda *a, **k: print('fine')", "check._difference = lambda *a: ''")


@attack("patched torch.allclose, numpy.testing and their like")
def patched_comparisons(hand: Hand) -> None:
    hand.early(
        "import numpy as np, numpy.testing as t",
        "yes = lambda *a, **k: True",
        "torch.allclose = torch.equal = torch.isclose = np.allclose = np.isclose = np.array_equal = yes",
        "t.assert_allclose = t.assert_array_equal = torch.testing.assert_close = yes",
    )


@attack("patched builtins")
def patched_builtins(hand: Hand) -> None:
    hand.early("import builtins", "builtins.all = builtins.any = builtins.isinstance = lambda *a: True")


@attack("a syntax-tree transformer that strips asserts and checks")
def stripped_asserts(hand: Hand) -> None:
    hand.early(
        "import ast",
        "class Strip(ast.NodeTransformer):",
        "    def visit_Assert(self, n): return ast.Pass()",
        "    def visit_Expr(self, n): return ast.Pass()",
        "get_ipython().ast_transformers.append(Strip())",
    )


@attack("patched run_cell", lost="accuracy momentum_step")
def patched_run_cell(hand: Hand) -> None:
    hand.early(
        "ip = get_ipython()",
        "class R: success = True",
        "type(ip).run_cell = lambda *a, **k: R()",
    )
    hand.answer("linear", "def linear(X, W, b): return X")


@attack("objects that equal everything")
def equal_to_everything(hand: Hand) -> None:
    hand.early(
        "class Any:",
        "    def __eq__(self, other): return True",
        "    def __getattr__(self, name): return Any()",
        "    def __call__(self, *a, **k): return True",
        "    def __len__(self): return 4",
    )
    hand.answer("softmax", "def softmax(Z): return Any()")
    hand.answer("linear", "def linear(X, W, b): return Any()")


@attack("a tensor subclass that agrees with everything")
def tensor_subclass(hand: Hand) -> None:
    hand.answer(
        "softmax",
        "class T(torch.Tensor):",
        "    @classmethod",
        "    def __torch_function__(cls, f, types, args=(), kwargs=None): return True",
        "def softmax(Z): return torch.zeros_like(Z).as_subclass(T)",
    )


@attack("a type that lies about its class")
def lying_class(hand: Hand) -> None:
    hand.answer(
        "softmax",
        "class T:",
        "    __class__ = torch.Tensor",
        "    dtype, shape, layout, is_quantized = torch.float32, torch.Size([4, 7]), torch.strided, False",
        "    def __getattr__(self, name): return lambda *a, **k: self",
        "def softmax(Z): return T()",
    )


@attack("a mark displayed by the student's own function")
def displayed_mark(hand: Hand) -> None:
    hand.answer("linear", "def linear(X, W, b):\n    get_ipython().displayhook(2.0)\n    return X")


@attack("a seal function of the student's own")
def own_seal(hand: Hand) -> None:
    hand.early("seal = lambda *a, **k: None", "import builtins", "builtins.seal = seal")


@attack("the encoder of sealed values replaced", lost="accuracy momentum_step")
def patched_encoder(hand: Hand) -> None:
    hand.early(
        "import course_tools.grading.inside.child as c, course_tools.grading.inside.values as v",
        "v.encode = c.encode = lambda x: (['bool', True], b'')",
    )


@attack(
    "sealed values forged on the wire, under every name, before the real ones",
    told="two values",
    lost="accuracy momentum_step",
)
def forged_seals(hand: Hand) -> None:
    hand.answer(
        "accuracy",
        *_WIRE,
        "def accuracy(s, y):",
        "    say({'seal': 'accuracy: random scores',",
        _ONE,
        "    return 0.5",
    )
    hand.answer(
        "momentum_step",
        *_WIRE,
        "def momentum_step(*a, **k):",
        "    for n in ('one step', 'from rest', 'inputs are kept'): say({'seal': 'momentum: ' + n,",
        _ONE,
        "    return a[0], a[1]",
    )


_WIRE = (
    "import json, os, stat, struct",
    "def is_socket(fd):",
    "    try: return stat.S_ISSOCK(os.fstat(fd).st_mode)",
    "    except OSError: return False",
    "fds = [fd for fd in range(3, 200) if is_socket(fd)]",
    "def say(m, b=b''):",
    "    t = json.dumps(m).encode()",
    "    for fd in fds:",
    "        try: os.write(fd, struct.pack('!II', len(t), len(b)) + t + b)",
    "        except OSError: pass",
)
_ONE = "         'trees': [['float', (1.0).hex()]]})"


@attack("a sealed value handed out under a name that no check has", told="no check has")
def invented_seal(hand: Hand) -> None:
    hand.answer("linear", *_WIRE, "def linear(X, W, b):", "    say({'seal': 'bonus',", _ONE, "    return X")


@attack("seals out of order: those of later parts in the first", told="no check has")
def seals_out_of_order(hand: Hand) -> None:
    hand.answer(
        "softmax", *_WIRE, "def softmax(Z):", "    say({'seal': 'softmax: large scores',", _ONE, "    return Z"
    )


@attack("a forged report that a part is done", lost="accuracy momentum_step")
def forged_done(hand: Hand) -> None:
    hand.answer("linear", *_WIRE, "def linear(X, W, b):", "    say({'done': 'ok'})", "    return X")


@attack("a forged execute_result, from which nbgrader reads marks")
def forged_result(hand: Hand) -> None:
    hand.answer(
        "linear",
        *_WIRE,
        "def linear(X, W, b):",
        "    say({'output': {'output_type': 'execute_result', 'data': {'text/plain': '2.0'}, 'metadata': {},",
        "                    'execution_count': 1}})",
        "    return X",
    )


@attack("a message that announces four gigabytes", told="sent a message larger than allowed")
def huge_message(hand: Hand) -> None:
    hand.early(*_WIRE, "for fd in fds: os.write(fd, b'\\xff' * 8)", "import time; time.sleep(1)")


@attack("malformed trees: negative shapes, wrong sizes, wrong types")
def malformed_trees(hand: Hand) -> None:
    hand.answer(
        "linear",
        *_WIRE,
        "def linear(X, W, b):",
        "    say({'seal': 'linear: another shape', 'trees': [['tensor', 'float32', [-1, 1 << 62], -4]]}, b'abcd')",
        "    say({'seal': ['x'], 'trees': 7})",
        "    return X",
    )


@attack("the grader's next request stolen from the socket", told="longer than")
def stolen_request(hand: Hand) -> None:
    hand.early(*_WIRE, "while True: os.read(fds[0], 1 << 20)")


@attack("every descriptor closed", told="ended")
def closed_descriptors(hand: Hand) -> None:
    hand.early("import os", "os.closerange(0, 1000)")


# -- reading what must stay unread ----------------------------------------------------------------------------


@attack("the instructor's solutions read by their path")
def reads_solutions(hand: Hand) -> None:
    path = hand.root / "solutions" / NAME / f"{NAME}.py"
    hand.early(f"print('LEAK', open({str(path)!r}).read())")


@attack("the solutions searched for, over the whole file system")
def searches_files(hand: Hand) -> None:
    hand.early(
        "import os",
        "for here, _, names in os.walk('/'):",
        "    if any(n in ('slips.py', 'gradebook.db') and 'grading' not in here for n in names): print('LEAK', here)",
    )


@attack("the gradebook edited")
def edits_gradebook(hand: Hand) -> None:
    path = hand.root / ".grading" / "gradebook.db"
    hand.early(
        "import sqlite3",
        f"db = sqlite3.connect({str(path)!r})",
        "db.execute('UPDATE grade SET manual_score = 9'); db.commit(); print('LEAK')",
    )


@attack("another student's submission overwritten")
def overwrites_submission(hand: Hand) -> None:
    path = hand.root / ".grading" / "submitted" / "victim" / NAME / f"{NAME}.ipynb"
    hand.early(f"open({str(path)!r}, 'w').write('ruined'); print('LEAK')")


@attack("hidden parts looked for in history, frames and memory")
def reads_hidden_parts(hand: Hand) -> None:
    hand.early(
        "import gc, sys",
        "print([s for s in In if 'HID' + 'DEN' in s] and 'LEAK history')",
        "hints = [o for o in gc.get_objects() if isinstance(o, dict) and 'rule' in o and 'rtol' in o]",
        "print('LEAK rules' if hints else '')",
    )
    hand.answer(
        "linear",
        "import sys",
        "def linear(X, W, b):",
        "    f = sys._getframe()",
        "    while f:",
        "        for v in f.f_locals.values():",
        "            if isinstance(v, dict) and 'expected' in v: print('LEAK', v)",
        "        f = f.f_back",
        "    return X",
    )


@attack("the parent's environment and memory read through /proc")
def reads_proc(hand: Hand) -> None:
    hand.early(
        "import os",
        "for pid in ('1', '2', '3', str(os.getppid()), *map(str, range(4, 60))):",
        "    for name in ('environ', 'mem', 'maps', 'fd', 'cmdline'):",
        "        try:",
        "            p = f'/proc/{pid}/{name}'",
        "            got = os.listdir(p) if name == 'fd' else open(p, 'rb').read(10)",
        "            if pid != str(os.getpid()) and os.readlink('/proc/self') != pid: print('LEAK', pid, name, got)",
        "        except OSError: pass",
    )


@attack("ptrace and process_vm_readv on the warm process")
def traces_parent(hand: Hand) -> None:
    hand.early(
        "import ctypes, os",
        "libc = ctypes.CDLL(None)",
        "for pid in range(1, 60):",
        "    if pid != os.getpid() and libc.ptrace(16, pid, 0, 0) == 0: print('LEAK', pid)",
    )


@attack("hidden files looked for in the working folder")
def reads_folder(hand: Hand) -> None:
    hand.early("import os", "print('LEAK' if os.listdir('.') else 'empty')")


@attack("a way out: mount, chroot, unshare, setuid")
def escapes(hand: Hand) -> None:
    hand.early(
        "import ctypes, os",
        "libc = ctypes.CDLL(None, use_errno=True)",
        "if libc.unshare(0x10000000 | 0x20000) == 0: print('LEAK unshare')",
        "if libc.mount(b'none', b'/', None, 0x44000, None) == 0: print('LEAK mount')",
        "for call in (lambda: os.chroot('/tmp'), lambda: os.setuid(0), lambda: os.mknod('/tmp/d', 0o60666, 2049)):",
        "    try: call(); print('LEAK')",
        "    except OSError: pass",
    )


# -- reaching out and leaving behind --------------------------------------------------------------------------


@attack("the network: TCP")
def connects(hand: Hand) -> None:
    hand.early(
        "import socket",
        "for host in ('1.1.1.1', '127.0.0.1', '169.254.169.254'):",
        "    for port in (80, 443, 22, 53, 8888):",
        "        try: socket.create_connection((host, port), 0.2); print('LEAK', host)",
        "        except OSError: pass",
    )


@attack("the network: UDP, and sockets that are raw, vsock, netlink or packet")
def serves(hand: Hand) -> None:
    hand.early(
        "import socket",
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "try: s.sendto(b'x', ('8.8.8.8', 53)); print('LEAK udp')",
        "except OSError: pass",
        "for kind in ((socket.AF_INET, socket.SOCK_RAW, 1), (40, socket.SOCK_STREAM, 0), (16, 3, 0), (17, 3, 0)):",
        "    try: socket.socket(*kind); print('LEAK', kind)",
        "    except OSError: pass",
    )


@attack("something left for the next submission: /tmp, /dev/shm, SysV memory, abstract sockets, keyring")
def leaves_things(hand: Hand) -> None:
    hand.early(*_LEAVE)


_LEAVE = (
    "import ctypes, os, socket",
    "libc = ctypes.CDLL(None)",
    f"for path in ('/tmp/{LEFT}', '/dev/shm/{LEFT}'):",
    "    if os.path.exists(path): print('LEAK', path)",
    "    open(path, 'w').write('left')",
    "if libc.shmget(4711, 4096, 0) >= 0: print('LEAK sysv')",
    "libc.shmget(4711, 4096, 0o1666)",
    "s = socket.socket(socket.AF_UNIX)",
    "try: s.connect('\\0left'); print('LEAK socket')",
    "except OSError: pass",
    "t = socket.socket(socket.AF_UNIX); t.bind('\\0left'); t.listen()",
    "if libc.syscall(249, b'user', b'left', None, -3) >= 0: print('LEAK key')",
    "libc.syscall(248, b'user', b'left', b'x', 1, -3)",
)


@attack("the same again, looking for what the first one left")
def finds_things(hand: Hand) -> None:
    hand.early(*_LEAVE)


@attack("a detached process left running")
def detached_process(hand: Hand) -> None:
    hand.early("import subprocess", f"subprocess.Popen(['setsid', 'nohup', 'sleep', '{MARKER}'])")


@attack("fifty forks that stay")
def fifty_forks(hand: Hand) -> None:
    hand.early(
        "import os",
        "for _ in range(50):",
        "    try:",
        f"        if os.fork() == 0: os.execvp('sleep', ['sleep', '{MARKER}'])",
        "    except OSError: pass",
    )


@attack("a fork bomb")
def fork_bomb(hand: Hand) -> None:
    hand.early("import os", "for _ in range(12):\n    try: os.fork()\n    except OSError: pass", _ONLY_FIRST)


_ONLY_FIRST = "import time\nif os.getpid() != 1: time.sleep(1000)"


@attack("a thread left behind that keeps replacing things")
def thread_left_behind(hand: Hand) -> None:
    hand.early(
        "import threading, time",
        "def meddle():",
        "    while True: check.close = print; time.sleep(0.01)",
        "threading.Thread(target=meddle, daemon=True).start()",
    )


@attack("processor time taken from the neighbours")
def busy_processes(hand: Hand) -> None:
    hand.early("import os", "for _ in range(16):", "    if os.fork() == 0:", "        while True: pass")


@attack("a file dropped outside the scratch folder")
def writes_outside(hand: Hand) -> None:
    hand.early(
        "import site, sys, os",
        "for folder in (*site.getsitepackages(), '/usr/lib', os.path.dirname(check.__file__), '/etc', '/'):",
        "    try: open(folder + '/left.py', 'w'); print('LEAK', folder)",
        "    except OSError: pass",
    )


# -- dying, hanging, flooding ---------------------------------------------------------------------------------


@attack("os._exit in a cell of its own", told="ended")
def exits(hand: Hand) -> None:
    hand.early("import os", "os._exit(0)")


@attack("os._exit in an answer", told="ended")
def exits_in_answer(hand: Hand) -> None:
    hand.answer("linear", "def linear(X, W, b):\n    import os\n    os._exit(0)")


@attack("kill -9 of itself and of everything", told="ended")
def kills(hand: Hand) -> None:
    hand.early("import os, signal", "try: os.kill(-1, signal.SIGKILL)\nexcept OSError: pass", "os.abort()")


@attack("exit(), quit() and SystemExit")
def exits_politely(hand: Hand) -> None:
    hand.early("exit()")
    hand.early("raise SystemExit")
    hand.answer("linear", "import sys\ndef linear(X, W, b): sys.exit(0)")


@attack("a segmentation fault", told="ended")
def segfault(hand: Hand) -> None:
    hand.early("import ctypes", "ctypes.string_at(0)")


@attack("an endless loop in a cell of its own", told="longer than")
def endless_loop(hand: Hand) -> None:
    hand.early("while True: pass")


@attack("an endless loop in an answer", told="")
def endless_answer(hand: Hand) -> None:
    hand.answer("softmax", "def softmax(Z):\n    while True: pass")


@attack("an endless loop that swallows interrupts", told="longer than")
def stubborn_loop(hand: Hand) -> None:
    hand.early("while True:", "    try: sum(range(1000))", "    except BaseException: pass")


@attack("interrupts ignored, and asleep", told="longer than")
def deaf_sleep(hand: Hand) -> None:
    hand.early("import signal, time", "signal.signal(signal.SIGINT, signal.SIG_IGN)", "time.sleep(10_000)")


@attack("memory without end")
def memory(hand: Hand) -> None:
    hand.early("hoard = []", "while True: hoard.append(bytearray(1 << 28))")


@attack("the scratch folder filled")
def fills_disk(hand: Hand) -> None:
    hand.early("while True:", "    with open(f'/tmp/{id(object())}', 'ab') as f: f.write(b'x' * (1 << 26))")


@attack("five hundred megabytes printed")
def prints_much(hand: Hand) -> None:
    hand.early("line = 'x' * (1 << 20)", "for _ in range(500): print(line)")


@attack("output in a million pieces")
def prints_pieces(hand: Hand) -> None:
    hand.early("for i in range(1_000_000): print(i, end='', flush=True)")


@attack("a flood of messages on the wire", told="sent too many messages")
def floods(hand: Hand) -> None:
    hand.early(*_WIRE, "while True: say({'output': {'output_type': 'stream', 'text': 'x'}})")


@attack("deep recursion, with the limit taken off", told="ended")
def deep_recursion(hand: Hand) -> None:
    hand.early("import sys, threading", "sys.setrecursionlimit(10**9)", "f = lambda n: f(n + 1) + f(n)", _BURN)


_BURN = "import ctypes\nctypes.string_at(0) if threading.active_count() else f(0)"


@attack("answers nested without end, too large, too long")
def monstrous_answers(hand: Hand) -> None:
    hand.answer("softmax", "def softmax(Z):\n    x = []\n    x.append(x)\n    return x")
    hand.answer("linear", "def linear(X, W, b):\n    return torch.zeros(1).expand(1 << 40)")


@attack("NaN, infinity and the wrong dtype for answers")
def nan_answers(hand: Hand) -> None:
    hand.answer("softmax", "def softmax(Z): return Z.double() * float('nan')")
    hand.answer("linear", "def linear(X, W, b): return torch.full((len(X), len(W)), float('inf'))")


@attack("input() waits for a person")
def asks(hand: Hand) -> None:
    hand.early("input('password? ')")


# -- tricks with Python ---------------------------------------------------------------------------------------


@attack("import hooks and codecs replaced")
def import_hooks(hand: Hand) -> None:
    hand.early(
        "import codecs, sys, builtins",
        "real = builtins.__import__",
        "def fake(name, *a, **k):",
        "    if name == 'json': raise ImportError(name)",
        "    return real(name, *a, **k)",
        "builtins.__import__ = fake",
        "codecs.register(lambda n: None)",
        "sys.meta_path.insert(0, type('F', (), {'find_spec': staticmethod(lambda *a: None)}))",
    )


@attack("__del__ and atexit")
def late_tricks(hand: Hand) -> None:
    hand.early(
        "import atexit, os",
        "class D:",
        "    def __del__(self): check.close = print",
        f"atexit.register(lambda: open('/tmp/{LEFT}', 'w'))",
        "d = D(); d.d = d; del d",
    )


@attack("the functions replaced that draw the hidden inputs", lost="accuracy momentum_step")
def patched_seeds(hand: Hand) -> None:
    hand.early("torch.randn = torch.zeros")
    hand.answer("softmax", "def softmax(Z): return torch.full_like(Z, 1 / Z.shape[1])")


@attack("a value that changes between check and use")
def time_of_check(hand: Hand) -> None:
    hand.answer(
        "softmax",
        "class Late(dict):",
        "    def items(self): return [('a', torch.ones(1))]",
        "import threading",
        "def softmax(Z):",
        "    T = torch.zeros_like(Z)",
        "    threading.Thread(target=lambda: [T.fill_(i / 7) for i in range(1000)], daemon=True).start()",
        "    return T",
    )


@attack("torch's own function where it was to be written by hand", told="banned")
def torch_softmax(hand: Hand) -> None:
    hand.answer("softmax", "def softmax(Z): return torch.softmax(Z, dim=1)")


@attack("its own torch.py beside the notebook", told="would hide a module")
def own_torch(hand: Hand) -> None:
    hand.file("torch.py", "print('LEAK own torch')")
    hand.file("course_utils/check.py", "print('LEAK own check')")
    hand.file("sitecustomize.py", "print('LEAK site')")


@attack("a module of its own that replaces things on import")
def own_module(hand: Hand) -> None:
    hand.file("helper.py", "import builtins\nbuiltins.isinstance = lambda *a: True")
    hand.early("import helper")


# -- broken and doctored notebooks ----------------------------------------------------------------------------


@attack("test cells deleted", told="was missing")
def deleted_tests(hand: Hand) -> None:
    hand.notebook.cells = [c for c in hand.notebook.cells if not grading_course.grade_id(c).startswith("test_")]


@attack("all cells deleted", told="was missing", lost="accuracy momentum_step")
def deleted_everything(hand: Hand) -> None:
    hand.notebook.cells = [new_markdown_cell("gone")]


@attack("graded cells doubled", told="more than once")
def doubled_cells(hand: Hand) -> None:
    for name in ("test_linear", "test_accuracy", "accuracy", "setup"):
        hand.notebook.cells.append(copy.deepcopy(grading_course.cell(hand.notebook, name)))


@attack("flags and points changed", told="")
def changed_flags(hand: Hand) -> None:
    for cell in hand.notebook.cells:
        if marks := cell.metadata.get("nbgrader"):
            marks.update(grade=not marks["grade"], solution=not marks["solution"], points=1000, schema_version=1)


@attack("tests replaced by nothing", told="was changed")
def emptied_tests(hand: Hand) -> None:
    for name in HONEST:
        grading_course.cell(hand.notebook, name).source = "pass"


@attack("cells of another type", told="")
def changed_types(hand: Hand) -> None:
    for name in ("test_linear", "test_accuracy"):
        cell = grading_course.cell(hand.notebook, name)
        cell.cell_type = "markdown"
        del cell["outputs"], cell["execution_count"]


@attack("grade_ids that only look right", told="was missing")
def lookalike_ids(hand: Hand) -> None:
    grading_course.cell(hand.notebook, "accuracy").metadata.nbgrader.grade_id = "ассuracy"


@attack("broken JSON", told="JSON", lost=EVERYTHING)
def broken_json(hand: Hand) -> None:
    hand.raw(json.dumps(hand.notebook).encode()[:-50])


@attack("JSON nested a hundred thousand deep", told="nested", lost=EVERYTHING)
def deep_json(hand: Hand) -> None:
    hand.raw(b'{"cells":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@attack("a number of a million digits", told="JSON", lost=EVERYTHING)
def long_number(hand: Hand) -> None:
    hand.raw(b'{"cells": [], "nbformat": ' + b"9" * 1_000_000 + b"}")


@attack("not UTF-8", told="UTF-8", lost=EVERYTHING)
def not_utf8(hand: Hand) -> None:
    hand.raw(json.dumps(hand.notebook).replace("Momentum", "\xe9\xff").encode("latin-1") + b"\xff\xfe")


@attack("JSON that is no notebook", told="not a Jupyter notebook", lost=EVERYTHING)
def not_a_notebook(hand: Hand) -> None:
    hand.raw(b'{"cells": {"a": 1}, "nbformat": "4"}')


@attack("an empty file", told="JSON", lost=EVERYTHING)
def empty_file(hand: Hand) -> None:
    hand.raw(b"")


@attack("cells that are no cells: numbers, null, wrong sources")
def odd_cells(hand: Hand) -> None:
    content = json.loads(json.dumps(hand.notebook))
    content["cells"] = [7, None, "x", {"cell_type": 3}, {"cell_type": "code", "source": [1, None]}, *content["cells"]]
    content["cells"].append({"cell_type": "code", "source": "1 + 1", "metadata": [], "outputs": {"a": 1}})
    content["metadata"] = {"kernelspec": {"name": "bash", "language": "bash"}, "title": "<script>LEAK</script>"}
    hand.raw(json.dumps(content).encode())


@attack("the notebook renamed", told="handed in as")
def renamed(hand: Hand) -> None:
    hand.raw(json.dumps(hand.notebook).encode(), "my solution (1).ipynb")


@attack("no notebook at all", told="no notebook", lost=EVERYTHING)
def missing_notebook(hand: Hand) -> None:
    hand.file("readme.txt", "I forgot")


@attack("a hundred thousand cells", told="100", lost=EVERYTHING)
def many_cells(hand: Hand) -> None:
    content = json.loads(json.dumps(hand.notebook))
    content["cells"] += [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}] * 100_000
    hand.raw(json.dumps(content).encode())


@attack("a cell of two megabytes")
def giant_cell(hand: Hand) -> None:
    hand.early("x = '" + "y" * (2 << 20) + "'")


@attack("a link to the solutions for a notebook", told="not an ordinary file", lost=EVERYTHING)
def linked_notebook(hand: Hand) -> None:
    (hand.folder / f"{NAME}.ipynb").symlink_to(hand.root / "solutions" / NAME / f"{NAME}.ipynb")


@attack("links, a pipe and a device beside the notebook", told="not an ordinary file")
def special_files(hand: Hand) -> None:
    (hand.folder / "solution.py").symlink_to(hand.root / "solutions" / NAME / f"{NAME}.py")
    (hand.folder / "everything").symlink_to("/")
    os.mkfifo(hand.folder / "pipe")
    if os.getuid() == 0:
        os.mknod(hand.folder / "disk", 0o60666, os.makedev(8, 0))
    hand.early("import os", "for n in ('solution.py', 'everything', 'pipe', 'disk'):", _LOOK)


_LOOK = "    if os.path.lexists(n): print('LEAK', n)"


@attack("a zip bomb and a thousand files beside the notebook", told="too large")
def zip_bomb(hand: Hand) -> None:
    with zipfile.ZipFile(hand.folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("zeros", b"\0" * (64 << 20))
    (hand.folder / "large.bin").write_bytes(b"\0" * (40 << 20))
    for i in range(1000):
        hand.file(f"many/{i}.txt", "x")


@attack("scripts in outputs")
def scripts_in_outputs(hand: Hand) -> None:
    hand.early(
        "from IPython.display import HTML, Javascript, SVG, Markdown, display",
        "display(HTML('<img src=x onerror=alert(1)><script>alert(2)</script><iframe>'))",
        "display(Javascript('alert(3)'), Markdown('<script>alert(4)</script>'))",
        "page = ['<script>alert(6)</script>']",
        "display({'image/png': '\"><script>alert(5)</script>', 'text/html': page}, raw=True)",
        "display(HTML('<svg><script>alert(7)</script><a xlink:href=\"javascript:alert(8)\">x</a></svg>'))",
    )
    hand.notebook.cells[0].outputs = [new_output("display_data", {"text/html": "<script>alert(9)</script>"})]


@attack("scripts in Markdown, raw cells, attachments and metadata")
def scripts_in_cells(hand: Hand) -> None:
    bad = "<script>alert(1)</script><a href='javascript:alert(2)'>x</a><img src=x onerror='alert(3)'>"
    cell = new_markdown_cell(bad)
    cell.attachments = {"a.png": {"text/html": bad, "image/png": '"><script>alert(4)</script>'}}
    hand.notebook.cells += [cell, new_raw_cell(bad, metadata={"raw_mimetype": "text/html"})]
    hand.notebook.metadata["title"] = bad


@attack("lone surrogates and control characters")
def odd_characters(hand: Hand) -> None:
    hand.early("print('\\ud800\\x00\\x1b[31m\\u202e')", "# \ud800")


@attack("half a character in the name of an attachment, in a key of the metadata, in the names of outputs")
def odd_names(hand: Hand) -> None:
    cell = new_markdown_cell("![x](attachment:a.png)")
    cell.attachments = {"\ud800.png": {"image/png": "aGVsbG8="}}
    cell.metadata["\udfff"] = "\ud800"
    output = new_output("stream", name="std\ud800", text="x")
    hand.notebook.cells += [cell, new_code_cell("1", outputs=[output])]


@attack("half a character in the text that an answer hands out")
def odd_answer(hand: Hand) -> None:
    hand.answer("softmax", "def softmax(Z): return '\\ud800' * 3")


@attack("parentheses nested deep in a style, tags nested deep")
def nested_deep(hand: Hand) -> None:
    style = "(" * 5000
    hand.early(
        "from IPython.display import HTML, display",
        f"display(HTML('<p style=\"width: calc{style}\">x</p>'))",
        "display(HTML('<b>' * 9000 + 'x'))",
    )
    hand.notebook.cells.append(new_markdown_cell(f'<p style="width: calc{style}">x</p>' + "> " * 3000 + "x"))


@attack("a file __main__.py beside the notebook")
def main_file(hand: Hand) -> None:
    hand.file("__main__.py", "print('LEAK')")


@attack("lists of a million lists handed out")
def many_lists(hand: Hand) -> None:
    hand.answer("softmax", "def softmax(Z): return [[] for _ in range(10**6)]")


@attack("Markdown whose links run and whose pictures call another host; escape sequences for a terminal")
def markdown_that_acts(hand: Hand) -> None:
    bad = "[x](javascript:alert(1)) ![x](http://127.0.0.1:9/x.png) <javascript:alert(2)>"
    bad += "\n\n[x][y]\n\n[y]: javascript:alert(3)"
    hand.notebook.cells.append(new_markdown_cell(bad))
    hand.early(
        "from IPython.display import Markdown, display",
        f"display(Markdown({bad!r}))",
        "print('\\x1b]0;mine\\x07\\x1b[2J')",
    )


# -- honest ones that must lose nothing -----------------------------------------------------------------------


@attack("honest: warnings on stderr", full=True)
def honest_warnings(hand: Hand) -> None:
    hand.early("import sys, warnings", "warnings.warn('careful')", "print('careful', file=sys.stderr)")
    cell = grading_course.cell(hand.notebook, "linear")
    cell.source = cell.source.replace("return X", "print('warning', file=sys.stderr)\n    return X")


@attack("honest: default dtype, gradient mode and seeds changed", full=True)
def honest_settings(hand: Hand) -> None:
    hand.early("torch.set_default_dtype(torch.float64)", "torch.set_grad_enabled(False)", "torch.manual_seed(7)")


@attack("honest: plots, magics, shell commands, a failing cell of one's own", full=True)
def honest_playing(hand: Hand) -> None:
    hand.early("%matplotlib inline", "import matplotlib.pyplot as plt", "plt.plot([1, 2]); plt.show()", "!echo hello")
    hand.early("%timeit -n1 -r1 1 + 1", "1 / 0")
    hand.early("torch.softmax(torch.ones(2, 2), dim=1)")


@attack("honest: np.float64 for a number, a Parameter for a tensor", full=True)
def honest_types(hand: Hand) -> None:
    hand.answer("accuracy", "import numpy as np", "def accuracy(s, y): return np.mean((s.argmax(1) == y).numpy())")
    cell = grading_course.cell(hand.notebook, "linear")
    cell.source = cell.source.replace("return X @ W.T + b", "return torch.nn.Parameter(X @ W.T + b)")


@attack("honest: a helper file and a class beside the answers", full=True)
def honest_helper(hand: Hand) -> None:
    hand.file("my_tools.py", "def total(x):\n    return x.sum(dim=1, keepdim=True)\n")
    cell = grading_course.cell(hand.notebook, "softmax")
    cell.source = "from my_tools import total\n" + cell.source.replace("E.sum(dim=1, keepdim=True)", "total(E)")


@attack("honest: an old notebook format", full=True)
def honest_old_format(hand: Hand) -> None:
    hand.notebook.nbformat_minor = 2
    for cell in hand.notebook.cells:
        cell.pop("id", None)
