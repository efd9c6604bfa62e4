"""The grader's hand on the warm process and its children: start one, ask it to run something, end it.

Who runs this: the grader (or a Dask worker), outside the sandbox. What comes back over a child's socket is
untrusted: it is counted, typed and cut here, and judged elsewhere.
"""

import atexit
import collections
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from course_tools.grading.engine import sandbox
from course_tools.grading.inside.frames import ENDED, Gone, Message, Reader, frame
from course_utils.errors import CourseError

WARM_UP_SECONDS, START_SECONDS = 120, 30
MAX_MESSAGES, MAX_OUTPUT, MAX_SEALED, MAX_SEALS = 5_000, 8 << 20, 32 << 20, 200  # of one request
MAX_HELD = 128 << 20  # of all requests to one child: what the grader keeps of a submission until it is judged
MAX_OPERATORS = 1_000  # torch has about as many
GRACE = 2.0  # seconds between asking a cell to stop and ending its process


class WarmEnded(CourseError):
    """The warm process is gone, for example because the machine ran out of memory."""


class Ended(Exception):
    """The child's process is gone or was ended: `why` is a short reason.

    `late` says that its time ran out, `slow` that it waited more than it computed until then.
    """

    def __init__(self, why: str, slow: bool = False, late: bool = False) -> None:
        super().__init__(why)
        self.why, self.slow, self.late = why, slow, late


@dataclass
class Ran:
    """What one request gave: nbformat outputs, sealed messages with their bytes, the operators, how it ended."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    seals: list[tuple[Message, bytes]] = field(default_factory=list)
    operators: frozenset[str] = frozenset()
    error: str = ""
    detail: str = ""
    slow: bool = False


class Child:
    """One forked process for one submission."""

    def __init__(self, sock: socket.socket, pidfd: int) -> None:
        self.sock, self.pidfd, self.held, self.used = sock, pidfd, 0, 0.0
        self.reader = Reader(sock)

    def wait_until_ready(self) -> None:
        """Return when it is shut in and listens. Raises WarmEnded when it could not be."""
        try:
            message, _ = self.reader.message(time.monotonic() + START_SECONDS)
        except (Gone, TimeoutError) as e:
            raise WarmEnded(
                "A submission could not be shut in: this kernel or container forbids nested namespaces or Landlock. "
                "docs/grading.md says how to allow them."
            ) from e
        if "ready" not in message:
            raise Ended("spoke out of turn")

    def put_files(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Write the submission's other files into the child's scratch folder."""
        listing = [[name, len(content)] for name, content in files]
        self.ask({"files": listing}, START_SECONDS, b"".join(content for _, content in files))

    def ask(self, request: Message, seconds: float, blob: bytes = b"") -> Ran:
        """Send a request and collect its answer. A run past `seconds` is interrupted. Raises Ended."""
        self.used = self._processor_time()
        try:
            self._send(frame(request, blob), time.monotonic() + seconds)
            return self._collect(time.monotonic() + seconds)
        except TimeoutError:
            return self._interrupt(seconds)
        except Gone as e:
            raise Ended(str(e)) from e

    def end(self) -> None:
        """Kill it and everything that it started; the kernel clears up while the grader goes on."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        os.close(self.pidfd)
        self.sock.close()

    def _send(self, data: bytes, deadline: float) -> None:
        """`sendall` that a child which does not read cannot hold up."""
        view = memoryview(data)
        while view:
            if not select.select([], [self.sock], [], max(0.0, deadline - time.monotonic()))[1]:
                raise TimeoutError
            try:
                view = view[self.sock.send(view, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                continue
            except OSError as e:
                raise Gone(ENDED) from e

    def _interrupt(self, seconds: float) -> Ran:
        """Ask nicely once, as a person would press Stop; then end it. Slow is what waited more than it computed."""
        slow = self._processor_time() - self.used < seconds / 2
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGINT)
        try:
            ran = self._collect(time.monotonic() + GRACE)
        except (TimeoutError, Gone) as e:
            raise Ended(f"ran longer than {seconds:g} seconds", slow=slow, late=True) from e
        ran.error, ran.slow = "Timeout", slow
        ran.detail = f"ran longer than {seconds:g} seconds"
        return ran

    def _processor_time(self) -> float:
        """The seconds that the child has computed; none when it is gone."""
        try:
            with open(f"/proc/self/fdinfo/{self.pidfd}", encoding="ascii") as about:
                pid = next(line.split()[1] for line in about if line.startswith("Pid:"))
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except (OSError, StopIteration, IndexError):
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _collect(self, deadline: float) -> Ran:
        ran, size, sealed = Ran(), 0, 0
        for _ in range(MAX_MESSAGES):
            message, blob = self.reader.message(deadline)
            if "done" in message:
                return _ended(ran, message)
            if "seal" in message:
                sealed += self.reader.cost + 1000
                if len(ran.seals) >= MAX_SEALS or sealed > MAX_SEALED or not self._has_room():
                    raise Gone("handed out too much")
                ran.seals.append((message, blob))
            elif type(message.get("output")) is dict:
                size += self.reader.cost
                if size <= MAX_OUTPUT and self._has_room():
                    ran.outputs.append(message["output"])
        raise Gone("sent too many messages")

    def _has_room(self) -> bool:
        """Whether the grader may keep the last message, too."""
        self.held += self.reader.cost
        return self.held <= MAX_HELD


def _ended(ran: Ran, message: Message) -> Ran:
    """`ran`, with what the child says of how it ended."""
    ran.error, ran.detail = _short(message.get("error")), _short(message.get("detail"), 200)
    ran.operators = _names(message.get("operators"))
    if message["done"] != "ok" and not ran.error:
        ran.error = "Error"
    return ran


def _short(text: Any, limit: int = 40) -> str:
    return text[:limit] if type(text) is str else ""


def _names(listed: Any) -> frozenset[str]:
    """Those of a child's list that can be an operator's name."""
    named = listed[:MAX_OPERATORS] if type(listed) is list else []
    return frozenset(x for x in named if type(x) is str and re.fullmatch(r"[A-Za-z0-9_.]{1,80}", x))


class Warm:
    """The warm process. One per grader; its children may be asked for from several threads, once it is warmed up."""

    def __init__(self, unsafe: bool = False) -> None:
        sandbox.require(unsafe)
        self.lock = threading.Lock()
        self.asked: collections.deque[socket.socket] = collections.deque()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  (open for as long as the process lives)
        program = [sys.executable, "-m", "course_tools.grading.inside.warm", str(theirs.fileno())]
        program += ["as-it-is" if unsafe else "shut-in"]
        self.scratch = tempfile.mkdtemp(prefix="course-grade-") if unsafe else ""
        self.process = subprocess.Popen(
            sandbox.command(program, unsafe),
            env=sandbox.ENVIRONMENT | ({"TMPDIR": self.scratch} if unsafe else {}),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        theirs.close()
        self.pidfd = -1  # until it is warm
        atexit.register(self.close)

    def warm_up(self, modules: Sequence[str]) -> None:
        """Have it import these, too, and wait until it has. Raises CourseError when it ends instead."""
        with contextlib.suppress(OSError):  # it has ended: below
            self.control.send(json.dumps(modules).encode())
        ready = select.select([self.control], [], [], WARM_UP_SECONDS)[0]
        if ready:
            with contextlib.suppress(OSError, ValueError):
                _, [self.pidfd], *_ = socket.recv_fds(self.control, 16, 1)
        if self.pidfd < 0:
            said = self.said()
            self.close()
            raise CourseError(f"The grader's warm process did not start. It said: {said or 'nothing'}")

    def child(self) -> Child:
        """A fresh child; call `wait_until_ready` before the first request.

        Another is ordered at once, so that it gets ready while this one works. It never runs for two submissions.
        """
        with self.lock:
            try:
                if not self.asked:
                    self._order()
                _, descriptors, *_ = socket.recv_fds(self.control, 16, 1)
                child = Child(self.asked.popleft(), descriptors[0])
                self._order()
            except (OSError, IndexError) as e:
                raise WarmEnded(f"The grader's warm process has ended; grade again to go on. {self.said()}") from e
        return child

    def _order(self) -> None:
        ours, theirs = socket.socketpair()
        socket.send_fds(self.control, [b"fork"], [theirs.fileno()])
        theirs.close()
        self.asked.append(ours)

    def said(self) -> str:
        """The end of what the warm process wrote to its log."""
        self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - 2000))
        return self.log.read().decode(errors="replace").strip()[-600:]

    def close(self) -> None:
        """End it, and so every child; one that is not warm yet hears that we hung up, and ends by itself."""
        atexit.unregister(self.close)
        self.control.close()
        pidfd, self.pidfd = self.pidfd, -1
        if pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)
        try:
            self.process.wait(5 if pidfd >= 0 else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
