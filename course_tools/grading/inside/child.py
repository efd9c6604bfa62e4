"""The forked child: runs one submission's cells and sealed parts, and hands out what they print and seal.

Who runs this: a child of the warm process, shut in, with one descriptor: its socket to the grader. Everything here
shares a process with a student's code and may be turned against us; nothing that it says is believed. It holds
inputs (which are not secret) and never an expected value, a rule, a slip or another submission.

Requests: {"files": [[name, size], ...]} + bytes; {"run": source, "seed": n, "watch": bool}; {"part": source,
"seed": n, "banned": [...], "rules": bool}. Each is answered with any number of {"output": ...} or {"seal": ...}
messages and one {"done": ..., "operators": [...]}: what ran, where a call is banned.
"""

import ast
import base64
import builtins
import contextlib
import io
import itertools
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course_tools.grading import author
from course_tools.grading.inside import lockdown
from course_tools.grading.inside.frames import Message, Reader, frame
from course_tools.grading.inside.values import NotSealable, encode
from course_utils.check.bans import guard

PRINTED_PER_CELL, PIECE = 1 << 20, 1 << 16
MAX_SHOWN = 3 << 20  # of one display, as JSON: the grader ends a process that sends more than 4 MiB at once
FOREVER = 1e9
ASKED = "_asked"  # what the calls of a sealed part go through
NOT_OF_THE_NOTEBOOK = frozenset(["seal", *dir(builtins)])
Send = Callable[..., None]


def _nowhere(message: Message, blob: bytes = b"") -> None:
    """Where output goes before the child is connected."""


class Shell(InteractiveShell):
    """IPython without a kernel: results, displays and errors become messages for the grader."""

    send: Send = staticmethod(_nowhere)

    @classmethod
    def current(cls) -> "Shell":
        """The one shell of this process. Raises MultipleInstanceError when a cell made another."""
        return cls.instance()

    def _showtraceback(self, etype: type, evalue: BaseException, stb: Any) -> None:
        lines = [str(line) for line in (stb if isinstance(stb, list) else [stb])]
        output = {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue)[:1000], "traceback": lines}
        self.send({"output": output})

    def system(self, cmd: str) -> None:
        """`!command`, without a terminal: print what it said, set `_exit_code`. OSError when there is no shell."""
        done = subprocess.run(
            self.var_expand(cmd, depth=1), shell=True, capture_output=True, text=True, errors="replace"
        )
        print(done.stdout + done.stderr, end="")
        self.user_ns["_exit_code"] = done.returncode

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window to open."""


class _Results(DisplayHook):
    def write_output_prompt(self) -> None:
        """The grader numbers cells itself."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        """Send a cell's result as a display, never as an execute_result. Raises OSError when the grader hung up."""
        Shell.current().send({"output": {"output_type": "display_data", "data": _text(format_dict), "metadata": {}}})

    def finish_displayhook(self) -> None:
        """Nothing was written to a terminal."""


class _Displays(DisplayPublisher):
    def publish(self, data: dict, *others: Any, **options: Any) -> None:
        """Send a display (text or bytes by MIME type) to the grader. Raises OSError when it hung up."""
        Shell.current().send({"output": {"output_type": "display_data", "data": _text(data), "metadata": {}}})

    def clear_output(self, wait: bool = False) -> None:
        """What was shown stays."""


def _text(data: dict) -> dict:
    """What can be shown of a display: its texts, and its bytes as text. Data for widgets is not."""
    texts = {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in data.items()}
    return {k: v for k, v in texts.items() if isinstance(v, str)}


def _framed(message: Message, blob: bytes) -> bytes:
    """A message as bytes; an output that is too large for one as a sentence that says so."""
    framed = frame(message, blob)
    if "output" in message and len(framed) > MAX_SHOWN:
        said = "(This output is too large to be shown.)\n"
        return frame({"output": {"output_type": "stream", "name": "stdout", "text": said}})
    return framed


class _Stream(io.TextIOBase):
    """Collects what is printed and passes it on in large pieces, at most a megabyte a cell."""

    encoding = "utf-8"

    def __init__(self, send: Send) -> None:
        self.emit, self.lock = send, threading.RLock()
        self.start_cell()

    def start_cell(self) -> None:
        """Forget what the last cell printed, and count anew."""
        self.pieces: list[str] = []
        self.waiting = self.printed = 0

    def write(self, text: str) -> int:
        """Take `text`, or as much as the cell's megabyte has room for; the number of characters of `text`."""
        with self.lock:
            kept = str(text)[: max(0, PRINTED_PER_CELL - self.printed)]
            self.printed += len(text)
            self.waiting += len(kept)
            if kept:
                self.pieces.append(kept)
            if self.waiting > PIECE:
                self.pass_on()
        return len(text)

    def pass_on(self) -> None:
        """Send what waits. Raises OSError when the grader hung up."""
        with self.lock:
            text, self.pieces, self.waiting = "".join(self.pieces), [], 0
            if text:
                self.emit({"output": {"output_type": "stream", "name": "stdout", "text": text}})

    def end_cell(self) -> None:
        """Send the rest, and a line that says so where something was left out."""
        if self.printed > PRINTED_PER_CELL:
            self.pieces.append("\n... more was printed; it is left out ...\n")
        self.pass_on()

    def writable(self) -> bool:
        """True: `print` asks."""
        return True

    def fileno(self) -> int:
        """1, standard output's: some libraries write there themselves."""
        return 1


def make_shell() -> Shell:
    """The shell, made once in the warm process: every child inherits it ready, with an empty `__main__`."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    shell = Shell.instance(
        config=config,
        user_module=main,
        user_ns=main.__dict__,
        displayhook_class=_Results,
        display_pub_class=_Displays,
    )
    shell.InteractiveTB.set_mode("Plain")
    main.__dict__["get_ipython"] = shell.get_ipython
    from matplotlib_inline.backend_inline import configure_inline_support

    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    return shell


def forget(shell: Shell) -> None:
    """Back to an empty notebook, after warming up: no names, no history, no counts."""
    shell.reset(new_session=True)


def serve(descriptor: int, shell: Shell) -> None:
    """Answer the grader's requests on the socket `descriptor`. Called once, in a child that is shut in.

    Raises Gone when the grader hangs up, which ends the child.
    """
    lockdown.close_files_except(descriptor)
    sock, lock = socket.socket(fileno=descriptor), threading.RLock()
    _enter_scratch()

    def send(message: Message, blob: bytes = b"") -> None:
        with lock:
            if "output" in message and message["output"]["output_type"] != "stream":
                stream.pass_on()  # what was printed before comes before
            sock.sendall(_framed(message, blob))

    stream = _Stream(send)
    shell.send = send
    sys.stdout = sys.stderr = stream
    reader = Reader(sock)
    send({"ready": True})
    while True:
        request, blob = reader.message(time.monotonic() + FOREVER)
        stream.start_cell()
        answer = _answer(request, blob, shell, send)
        stream.end_cell()
        send(answer)


def _enter_scratch() -> None:
    """A home of its own, in the memory that only this child has."""
    folder = tempfile.mkdtemp(prefix="home-", dir=lockdown.SCRATCH)
    os.chdir(folder)
    tempfile.tempdir = folder
    os.environ.update(HOME=folder, TMPDIR=folder, IPYTHONDIR=f"{folder}/.ipython", NBGRADER_EXECUTION="autograde")
    sys.path[:0] = [""]


def _answer(request: Message, blob: bytes, shell: Shell, send: Send) -> Message:
    if "files" in request:
        _write_files(request["files"], blob)
        return {"done": "ok"}
    _start_afresh(request["seed"])
    seen: set[str] = set()
    if "run" in request:
        with guard.watching(seen) if request["watch"] else contextlib.nullcontext():
            result = shell.run_cell(request["run"], store_history=True)
        error = type(result.error_before_exec or result.error_in_exec).__name__
        # a class of the student's own may have any name
        done: Message = (
            {"done": "ok"}
            if result.success
            else {"done": "error", "error": error if hasattr(builtins, error) else ""}
        )
    else:
        done = _run_part(request, shell, send, seen)
    return {**done, "operators": sorted(seen)}


def _write_files(files: list, blob: bytes) -> None:
    offset = 0
    for name, size in files:
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as f:
            f.write(blob[offset : offset + size])
        offset += size


def _start_afresh(seed: int) -> None:
    """The same random numbers and the usual settings before each cell and part, whatever an earlier one set."""
    import torch

    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_grad_enabled(True)
    _sow(seed)


def _sow(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (students may use it)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed takes a hundred times as long, for devices not here


def _run_part(request: Message, shell: Shell, send: Send, seen: set[str]) -> Message:
    """Run one sealed part in the notebook's namespace, with `seal` in it for as long as it runs."""
    ns, seeds = shell.user_ns, itertools.count(request["seed"] + 1)
    ours: dict[str, Any] = {"seal": _sealer(send, request["rules"], seeds), ASKED: _asker(seeds)}
    if request["rules"]:
        ours |= {rule.__name__: rule for rule in author.RULES}
    before = {name: ns[name] for name in ours if name in ns}
    ns.update(ours)
    banned = request["banned"]
    try:
        with guard.banning(banned, seen) if banned else contextlib.nullcontext():
            exec(_compiled(request["part"]), ns)
        return {"done": "ok"}
    except BaseException as e:
        detail = str(e)[:300] if request["rules"] or isinstance(e, guard.BannedCall) else ""
        return {"done": "error", "error": type(e).__name__, "detail": detail}
    finally:
        for name in ours:
            ns.pop(name, None)
        ns.update(before)


class _ThroughAsked(ast.NodeTransformer):
    """Send each call of a name that the notebook defines through `_asker`, whatever stands under that name.

    Not the rules', which only the instructor's part has: both parts must start the random numbers equally often.
    """

    def visit_Call(self, node: ast.Call) -> ast.Call:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        rule = [keyword for keyword in node.keywords if name == "seal" and keyword.arg == "rule"]
        node.keywords = [keyword for keyword in node.keywords if keyword not in rule]
        node.args, further = (node.args[:2], node.args[2:]) if name == "seal" else (node.args, [])
        self.generic_visit(node)
        node.args, node.keywords = [*node.args, *further], [*node.keywords, *rule]
        if name and name not in NOT_OF_THE_NOTEBOOK:
            node.args, node.func = [node.func, *node.args], ast.Name(ASKED, ast.Load())
        return node


def _compiled(part: str) -> types.CodeType:
    """The part as code whose inputs do not depend on what an answer drew or set before."""
    return compile(ast.fix_missing_locations(_ThroughAsked().visit(ast.parse(part))), "<sealed>", "exec")


def _asker(seeds: Iterator[int]) -> Callable[..., Any]:
    """Calls a function of the notebook; afterwards the random numbers start anew and torch's settings are as before.

    So an answer that seeds, draws or changes them gets the same inputs later on as one that does not.
    """
    import torch

    def asked(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
        try:
            return function(*args, **kwargs)
        finally:
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(gradients)
            _sow(next(seeds))

    return asked


def _sealer(send: Send, with_rules: bool, seeds: Iterator[int]) -> Callable[..., None]:
    def seal(name: str, value: Any, rule: author.Rule | None = None) -> None:
        try:
            trees, blob = _encoded(value, rule or author.close() if with_rules else None)
            send({"seal": str(name), "trees": trees}, blob)
        except NotSealable as e:
            send({"seal": str(name), "refused": str(e)})
        _sow(next(seeds))  # the next inputs of a loop are the same, whatever random numbers the answer drew

    return seal


def _encoded(value: Any, rule: author.Rule | None) -> tuple[list, bytes]:
    tree, blob = encode(value)
    if rule is None:
        return [tree], blob
    rule_tree, rule_blob = encode(rule)
    return [tree, rule_tree], blob + rule_blob
