"""The warm process: it has imported what the course imports, and forks a child for each submission.

    python -m course_tools.grading.inside.warm DESCRIPTOR SHUT_IN MODULE...

Who runs this: the grader (`engine/runner.py`), inside bubblewrap. It holds no secret: no expected value,
no solution, no marks, nothing in its environment. It trusts the grader's socket, whose descriptor no child keeps.
It ends when the grader does, and every child with it.
"""

import contextlib
import gc
import importlib
import os
import socket
import sys
import traceback
from collections.abc import Sequence

import course_tools.grading.inside.child as child
import course_utils
from course_tools.grading.inside import lockdown

# of the course: what lessons import, and what stands inside the sandbox (engine/sandbox.py shows no more of it)
OURS = [os.path.dirname(course_utils.__file__), os.path.dirname(os.path.dirname(child.__file__))]
FAILING_CHECK = """
import torch
optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=0.1)
(torch.ones(2, requires_grad=True) * 2).sum().backward()
from torch.utils._python_dispatch import TorchDispatchMode
torch.testing.assert_close(torch.zeros(2), torch.ones(2))
"""


def main(arguments: Sequence[str]) -> None:
    """Warm up, then fork one child for each message on the socket, until the grader closes it."""
    control = socket.socket(fileno=int(arguments[0]))
    shut_in = arguments[1] == "shut-in"
    own_pids = _become_root_of_pids() if shut_in else -1
    with contextlib.redirect_stdout(sys.stderr):
        for module in arguments[2:]:
            with contextlib.suppress(ImportError):  # a missing module is the notebook's own error, when it imports it
                importlib.import_module(module)
        shell = child.make_shell()
        shell.run_cell(FAILING_CHECK)  # the first optimizer and the first failing comparison import 800 modules
        child.forget(shell)
    if shut_in and len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError("a module of the course starts threads when it is imported; a fork would lose them")
    gc.collect()
    gc.freeze()
    control.send(b"warm")
    while _serve_one(control, shell, own_pids):
        pass


def _become_root_of_pids() -> int:
    """Enter a user and a PID namespace of our own, in which each child can get its own; /proc/self/ns/pid, opened."""
    lockdown.own_namespaces(lockdown.NEWUSER | lockdown.NEWPID)
    if pid := os.fork():
        os.closerange(3, 256)
        os.waitpid(pid, 0)
        os._exit(0)
    return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def _serve_one(control: socket.socket, shell: child.Shell, own_pids: int) -> bool:
    """Fork a child around the socket that came with a request, answer with its pidfd. False: the grader is gone."""
    request, descriptors, *_ = socket.recv_fds(control, 64, 1)
    _reap()
    if not request:
        return False
    if own_pids >= 0:
        lockdown.next_child_gets_own_pids()
    pid = os.fork()
    if pid == 0:
        _child(descriptors[0], shell, own_pids >= 0)
    if own_pids >= 0:
        lockdown.following_children_share_pids(own_pids)
    os.close(descriptors[0])
    pidfd = os.pidfd_open(pid)
    socket.send_fds(control, [b"forked"], [pidfd])
    os.close(pidfd)
    return True


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
