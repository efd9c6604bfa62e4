"""Text that a student's side wrote, made valid where it comes in: every string can be written to a file.

JSON can hold halves of characters (`"\\ud800"`), and a JSON text of a few megabytes can ask for a hundred times its
size in memory. Both ends of the wire use this, and so do the readers of notebooks.
"""

import json
import re
from typing import Any

REPLACEMENT = "\ufffd"
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ud800-\udfff]")  # tabs, ends of line and colours stay
# control characters, marks of direction, separators of lines, and what takes no place
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_SEPARATORS = (b",", b"[", b"{")


def valid(text: str) -> str:
    """`text` with a replacement character for each that no notebook, database or page should hold."""
    return _UNWRITABLE.sub(REPLACEMENT, text)


def shown(text: str) -> str:
    """One line that a terminal shows and does not obey: no colours, no cursor, no other direction, no second line."""
    return _INVISIBLE.sub(lambda found: _picture(found[0]), valid(text))


def _picture(character: str) -> str:
    """What stands for a character that a terminal would act on: \x1b becomes ␛, of those without a sign, �."""
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else REPLACEMENT


def nodes(raw: bytes, enough: int) -> int:
    """About how many values a JSON text holds, without decoding it.

    Strings are looked into only where there may be more than `enough`, and no further than that.
    """
    count = sum(map(raw.count, _SEPARATORS))
    if count <= enough:
        return count
    count = start = 0
    for string in _STRING.finditer(raw):
        between = raw[start : string.start()]
        count += 1 + sum(map(between.count, _SEPARATORS))
        start = string.end()
        if count > enough:
            return count
    rest = raw[start:]
    return count + sum(map(rest.count, _SEPARATORS))


def load(raw: bytes, most: int) -> Any:
    """The value of a JSON text in UTF-8 with at most `most` values in it, whose strings can all be written.

    Raises ValueError (UnicodeDecodeError when it is not UTF-8) or RecursionError.
    """
    text = raw.decode("utf-8-sig")
    if nodes(raw, most) > most:
        raise ValueError("too many values")
    value = json.loads(text)
    if re.search(r"\\u[dD][89a-fA-F]", text):  # may be halves of characters: whole ones are the same afterwards
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return value
