"""What tests of hostile text share: a child that says anything, and a limit on processor time."""

import contextlib
import gc
import socket
import struct
import threading
import time
from collections.abc import Iterator

from course_tools.grading.engine.runner import Child, Ran
from course_tools.grading.inside.frames import Gone

DONE = b'{"done": "ok"}'


@contextlib.contextmanager
def within_a_second() -> Iterator[None]:
    """Fail when the block takes more than a second of processor time, the test's own garbage left out."""
    gc.disable()
    try:
        start = time.process_time()
        yield
        assert time.process_time() - start < 1
    finally:
        gc.enable()


def collect(*raws: bytes) -> Ran | Gone:
    """What the grader makes of messages from a child, or why it ends it."""
    ours, theirs = socket.socketpair()

    def send() -> None:
        with contextlib.suppress(OSError), theirs:
            for raw in raws:
                theirs.sendall(struct.pack("!II", len(raw), 0) + raw)

    threading.Thread(target=send, daemon=True).start()
    with ours:
        try:
            return Child(ours, -1)._collect(time.monotonic() + 60)
        except Gone as gone:
            return gone
