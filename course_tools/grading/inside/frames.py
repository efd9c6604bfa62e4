"""Messages between the grader and a child: a length, a JSON object, and bytes.

The child's end may be in a student's hands: `Reader` accepts nothing that is not a small JSON object with the
announced number of bytes, and counts what it reads.
"""

import json
import select
import socket
import struct
import time
from typing import Any

HEADER = struct.Struct("!II")
MAX_TEXT, MAX_BLOB = 4 << 20, 32 << 20
Message = dict[str, Any]


class Gone(Exception):
    """The other side ended, or speaks nonsense: nothing more can come."""


def frame(message: Message, blob: bytes = b"") -> bytes:
    """One message as bytes."""
    text = json.dumps(message).encode()
    return HEADER.pack(len(text), len(blob)) + text + blob


class Reader:
    """Reads messages from a socket that may be hostile."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = bytearray()

    def message(self, deadline: float) -> tuple[Message, bytes]:
        """The next message and its bytes. Raises TimeoutError past `deadline` (time.monotonic), or Gone."""
        n_text, n_blob = HEADER.unpack(self._take(HEADER.size, deadline))
        if n_text > MAX_TEXT or n_blob > MAX_BLOB:
            raise Gone("a message larger than allowed")
        raw, blob = self._take(n_text, deadline), self._take(n_blob, deadline)
        try:
            message = json.loads(raw)
            if b"\\ud" in raw.lower():  # halves of characters, which no file can hold
                message = json.loads(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError) as e:
            raise Gone("not JSON") from e
        if type(message) is not dict:
            raise Gone("not an object")
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
            raise Gone(str(e)) from e
        if not data:
            raise Gone("the process ended")
        self.buffer += data
