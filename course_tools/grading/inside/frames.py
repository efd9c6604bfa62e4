"""Messages between the grader and a child: a length, a JSON object, and bytes.

The child's end may be in a student's hands: `Reader` accepts nothing that is not a small JSON object with the
announced number of bytes, and counts what it reads, in bytes and in what decoding them will take.
"""

import json
import select
import socket
import struct
import time
from typing import Any

from course_tools.grading.inside import text

HEADER = struct.Struct("!II")
MAX_TEXT, MAX_BLOB = 4 << 20, 32 << 20
MAX_NODES, NODE_BYTES = 200_000, 100  # values of one message, and about what each takes in memory
Message = dict[str, Any]


ENDED = "ended its process"


class Gone(Exception):
    """The other side ended, or speaks nonsense: nothing more can come. The message says what it did."""


def frame(message: Message, blob: bytes = b"") -> bytes:
    """One message as bytes."""
    raw = json.dumps(message).encode()
    return HEADER.pack(len(raw), len(blob)) + raw + blob


class Reader:
    """Reads messages from a socket that may be hostile. `cost`: about the bytes that the last one takes in memory."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.cost = sock, 0
        self.buffer = bytearray()

    def message(self, deadline: float) -> tuple[Message, bytes]:
        """The next message and its bytes. Raises TimeoutError past `deadline` (time.monotonic), or Gone."""
        n_text, n_blob = HEADER.unpack(self._take(HEADER.size, deadline))
        if n_text > MAX_TEXT or n_blob > MAX_BLOB:
            raise Gone("sent a message larger than allowed")
        raw, blob = self._take(n_text, deadline), self._take(n_blob, deadline)
        self.cost = len(raw) + len(blob) + NODE_BYTES * text.nodes(raw, MAX_NODES // 10)
        try:
            message = text.load(raw, MAX_NODES)
        except (ValueError, RecursionError, MemoryError) as e:
            raise Gone("sent a message that is not one of ours, or holds too much") from e
        if type(message) is not dict:
            raise Gone("sent a message that is not one of ours, or holds too much")
        return message, blob

    def _take(self, n: int, deadline: float) -> bytes:
        while len(self.buffer) < n:
            self._fill(deadline)
        taken = bytes(self.buffer[:n])
        del self.buffer[:n]
        return taken

    def _fill(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.sock], [], [], left)[0]:
            raise TimeoutError
        try:
            data = self.sock.recv(1 << 20)
        except OSError as e:
            raise Gone(ENDED) from e
        if not data:
            raise Gone(ENDED)
        self.buffer += data
