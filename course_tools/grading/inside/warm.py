"""The warm process: it has imported what the course imports, and forks a child for each submission.

    python -m course_tools.grading.inside.warm DESCRIPTOR SHUT_IN

Who runs this: the grader (`engine/runner.py`), inside bubblewrap. It holds no secret: no expected value,
no solution, no marks, nothing in its environment. It trusts the grader's socket, whose descriptor no child keeps.
On it come, first, the names of what the assignment imports, then a message for each child. It ends when the grader
does, and every child with it.
"""

import contextlib
import gc
import importlib
import json
import os
import socket
import sys
import traceback
from collections.abc import Iterable, Sequence

import course_tools.grading.inside.child as child
import course_utils
from course_tools.grading.inside import lockdown

# of the course: what lessons import, and what stands inside the sandbox (engine/sandbox.py shows no more of it)
OURS = [os.path.dirname(course_utils.__file__), os.path.dirname(os.path.dirname(child.__file__))]
# what every assignment needs
ALWAYS = ("numpy", "torch", "torch.nn.functional", "torch.optim", "torch.utils.data", "course_utils.check")
SINGLE = 3  # children of a batch of one: for the instructor, for the student, and one that was ordered ahead
MAX_NAMES = 1 << 16  # bytes of the message with the assignment's modules
FAILING_CHECK = """
import torch
optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=0.1)
(torch.ones(2, requires_grad=True) * 2).sum().backward()
from torch.utils._python_dispatch import TorchDispatchMode
torch.testing.assert_close(torch.zeros(2), torch.ones(2))
"""


def main(arguments: Sequence[str]) -> None:
    """Warm up, then fork one child for each message on the socket, until the grader closes it.

    The grader sends the assignment's modules when it has read it; what needs no assignment is imported before.
    """
    control = socket.socket(fileno=int(arguments[0]))
    shut_in = arguments[1] == "shut-in"
    own_pids = _become_root_of_pids() if shut_in else -1
    with contextlib.redirect_stdout(sys.stderr):
        _import(ALWAYS)
        shell = child.make_shell()
        wanted = control.recv(MAX_NAMES)
        if not wanted:  # the grader has gone meanwhile
            return
        _import(json.loads(wanted))
    _settle(shell, shut_in)
    socket.send_fds(control, [b"warm"], [os.pidfd_open(os.getpid())])
    children = 0
    while descriptor := _request(control):
        if children == SINGLE:
            _run_a_failing_check(shell, shut_in)
        _fork(control, descriptor, shell, own_pids)
        children += 1


def _run_a_failing_check(shell: child.Shell, shut_in: bool) -> None:
    """Import what the first optimiser and the first failing comparison do, 800 modules, once more than one gains."""
    with contextlib.redirect_stdout(sys.stderr):
        shell.run_cell(FAILING_CHECK)
    _settle(shell, shut_in)


def _settle(shell: child.Shell, shut_in: bool) -> None:
    """Leave the memory as every child is to find it. Raises RuntimeError when a fork would lose threads."""
    child.forget(shell)
    if shut_in and len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError("a module of the course starts threads when it is imported; a fork would lose them")
    gc.collect()
    gc.freeze()


def _import(modules: Iterable[str]) -> None:
    """Import what is there."""
    for module in modules:
        with contextlib.suppress(ImportError):  # a missing module is the notebook's own error, when it imports it
            importlib.import_module(module)


def _become_root_of_pids() -> int:
    """Enter a user and a PID namespace of our own, in which each child can get its own; /proc/self/ns/pid, opened."""
    lockdown.own_namespaces(lockdown.NEWUSER | lockdown.NEWPID)
    if pid := os.fork():
        os.closerange(3, 256)
        os.waitpid(pid, 0)
        os._exit(0)
    return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def _request(control: socket.socket) -> int:
    """The socket for the next child; 0 when the grader is gone."""
    request, descriptors, *_ = socket.recv_fds(control, 64, 1)
    _reap()
    return descriptors[0] if request else 0


def _fork(control: socket.socket, descriptor: int, shell: child.Shell, own_pids: int) -> None:
    """Fork a child around its socket, and answer with its pidfd."""
    if own_pids >= 0:
        lockdown.next_child_gets_own_pids()
    pid = os.fork()
    if pid == 0:
        _child(descriptor, shell, own_pids >= 0)
    if own_pids >= 0:
        lockdown.following_children_share_pids(own_pids)
    os.close(descriptor)
    pidfd = os.pidfd_open(pid)
    socket.send_fds(control, [b"forked"], [pidfd])
    os.close(pidfd)


def _reap() -> None:
    """Take note of every child that has ended, and so of the processor time that it used."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _child(descriptor: int, shell: child.Shell, shut_in: bool) -> None:
    """In the fork: keep the one socket, get shut in, serve. Never returns."""
    try:
        os.setsid()
        if shut_in:
            lockdown.shut_in([sys.prefix, sys.base_prefix, *OURS])
        else:
            lockdown.limit()
        child.serve(descriptor, shell)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # nothing here is to be written or cleared away
