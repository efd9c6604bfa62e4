"""Values on the wire: a tree of typed JSON and the bytes of its arrays. No pickles, nothing that runs.

`encode` runs in the student's process and may lie; `decode` runs in the grader and trusts nothing: it checks every
type, size and count, and needs no torch. Where a value is refused it is because the course never asks for one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAX_BYTES, MAX_NODES, MAX_DEPTH, MAX_TEXT, MAX_INT_BITS = 8 << 20, 10_000, 16, 1 << 16, 256

DTYPES = {
    "bool": "|b1",
    "uint8": "|u1",
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
    "int8": "|i1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
    "float16": "<f2",
    "bfloat16": "<u2",
    "float32": "<f4",
    "float64": "<f8",
    "complex64": "<c8",
    "complex128": "<c16",
}
ARRAYS = ("tensor", "array", "scalar")
Tree = list[Any]


class NotSealable(Exception):
    """A value that cannot be sealed; the message says what it is."""


class Malformed(Exception):
    """Bytes that no honest process sends."""


@dataclass(frozen=True)
class Value:
    """A decoded value. `kind`: none, bool, int, float, str, tensor, array, scalar, list, tuple or dict.

    `data` is the plain value, a NumPy array, a list of Values, or a list of pairs of Values; `dtype` is an array's.
    """

    kind: str
    data: Any = None
    dtype: str = ""


# -- in the student's process ------------------------------------------------------------------------------------


@dataclass
class _Encoder:
    blobs: list[bytes] = field(default_factory=list)
    nodes: int = 0
    size: int = 0

    def tree(self, x: Any, depth: int = 0) -> Tree:
        """`x` and all that it holds as a tree. Raises NotSealable for what the course never asks for, or too much."""
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise NotSealable("nested too deep, or too many items")
        encode_kind = self.kinds().get(_container(x) or type(x))
        if encode_kind is not None:
            return encode_kind(x, depth)
        if isinstance(x, np.generic) and type(x).__module__ == "numpy":
            return self.array("scalar", np.asarray(x))
        raise NotSealable(f"a {type(x).__qualname__}"[:80])

    def kinds(self) -> dict[type, Callable[[Any, int], Tree]]:
        """How each accepted type is written; a subclass is not its base class, containers excepted."""
        import torch

        return {
            type(None): lambda x, depth: ["none"],
            bool: lambda x, depth: ["bool", x],
            int: lambda x, depth: ["int", self.whole(x)],
            float: lambda x, depth: ["float", x.hex()],
            str: lambda x, depth: ["str", self.text(x)],
            list: lambda x, depth: ["list", [self.tree(item, depth + 1) for item in x]],
            tuple: lambda x, depth: ["tuple", [self.tree(item, depth + 1) for item in x]],
            dict: lambda x, depth: [
                "dict",
                [[self.tree(k, depth + 1), self.tree(v, depth + 1)] for k, v in x.items()],
            ],
            np.ndarray: lambda x, depth: self.array("array", x),
            torch.Tensor: lambda x, depth: self.tensor(x),
            torch.nn.Parameter: lambda x, depth: self.tensor(x),
        }

    def whole(self, x: int) -> str:
        """A whole number as decimal text. Raises NotSealable above 256 bits."""
        if x.bit_length() > MAX_INT_BITS:
            raise NotSealable("a whole number of more than 256 bits")
        return str(x)

    def text(self, x: str) -> str:
        """A text as it is. Raises NotSealable above 65,536 characters."""
        if len(x) > MAX_TEXT:
            raise NotSealable("a text of more than 65,536 characters")
        return x

    def tensor(self, x: Any) -> Tree:
        """A dense tensor of any shape, detached, as its bytes. Raises NotSealable for other layouts and dtypes."""
        import torch

        dtype = str(x.dtype).removeprefix("torch.")
        if x.layout is not torch.strided or x.is_quantized or dtype not in DTYPES:
            raise NotSealable(f"a {x.layout} tensor of {dtype}")
        self.count(x.numel() * x.element_size())
        x = x.detach().resolve_conj().resolve_neg().cpu().contiguous()
        shape, plain = list(x.shape), x.view(torch.uint16) if dtype == "bfloat16" else x
        return self.bytes("tensor", dtype, shape, plain.numpy().tobytes())

    def array(self, kind: str, x: np.ndarray) -> Tree:
        """A NumPy array (or scalar, by `kind`) of any shape. Raises NotSealable for dtypes that are not numbers."""
        if x.dtype.name not in DTYPES:
            raise NotSealable(f"an array of {x.dtype.name}"[:80])
        self.count(x.size * x.dtype.itemsize)
        return self.bytes(kind, x.dtype.name, list(x.shape), x.astype(x.dtype.newbyteorder("<")).tobytes())

    def count(self, size: int) -> None:
        """Add `size` bytes to what was written. Raises NotSealable above 8 MiB, before anything is copied."""
        self.size += size
        if self.size > MAX_BYTES:
            raise NotSealable("larger than 8 MiB")

    def bytes(self, kind: str, dtype: str, shape: list[int], blob: bytes) -> Tree:
        """Keep the bytes of an array; the tree says its kind, dtype, shape and how many bytes."""
        self.blobs.append(blob)
        return [kind, dtype, shape, len(blob)]


def _container(x: Any) -> type | None:
    """list, tuple or dict, if `x` is one of them, a named tuple or an ordered dict too: only its items count."""
    return next((kind for kind in (list, tuple, dict) if issubclass(type(x), kind)), None)


def encode(x: Any) -> tuple[Tree, bytes]:
    """`x` as a tree of JSON and the bytes of its arrays (little-endian, in C order), one after the other.

    Raises NotSealable, whose message says what `x` holds, for all but plain values, NumPy arrays and dense tensors.
    """
    encoder = _Encoder()
    try:
        return encoder.tree(x), b"".join(encoder.blobs)
    except RecursionError as e:
        raise NotSealable("nested too deep") from e


# -- in the grader -------------------------------------------------------------------------------------------------


@dataclass
class _Decoder:
    blob: bytes
    offset: int = 0
    nodes: int = 0

    def value(self, tree: Any, depth: int = 0) -> Value:
        """The value of a tree. Raises Malformed for anything that `_Encoder` does not write."""
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH or type(tree) is not list or not 1 <= len(tree) <= 4:
            raise Malformed("not a tree")
        kind, *rest = tree
        if kind == "none" and not rest:
            return Value("none")
        if kind in ARRAYS and len(rest) == 3:
            return self.array(kind, *rest)
        if len(rest) != 1:
            raise Malformed("not a tree")
        if kind in ("list", "tuple") and type(rest[0]) is list:
            return Value(kind, [self.value(item, depth + 1) for item in rest[0]])
        if kind == "dict" and type(rest[0]) is list:
            return Value(kind, [self.pair(item, depth + 1) for item in rest[0]])
        return self.leaf(kind, rest[0])

    def pair(self, item: Any, depth: int) -> tuple[Value, Value]:
        """A dict's key and value. Raises Malformed unless the key is a text or a whole number."""
        if type(item) is not list or len(item) != 2:
            raise Malformed("not a pair")
        key = self.value(item[0], depth)
        if key.kind not in ("str", "int", "bool"):
            raise Malformed("a key that is not text or a whole number")
        return key, self.value(item[1], depth)

    def leaf(self, kind: Any, x: Any) -> Value:
        """A bool, text or number. Raises Malformed when the type or the length is another."""
        if kind == "bool" and type(x) is bool:
            return Value("bool", x)
        if type(x) is str and kind == "str" and len(x) <= MAX_TEXT:
            return Value("str", x)
        if type(x) is str and kind == "int" and len(x) < 90:
            return Value("int", int(x))
        if type(x) is str and kind == "float" and len(x) < 40:
            return Value("float", float.fromhex(x))
        raise Malformed("not a value")

    def array(self, kind: str, dtype: Any, shape: Any, size: Any) -> Value:
        """The next `size` bytes as an array. Raises Malformed unless dtype, shape and size agree with it."""
        if type(dtype) is not str or dtype not in DTYPES or type(size) is not int or type(shape) is not list:
            raise Malformed("not an array")
        if (
            len(shape) > 16
            or (kind == "scalar" and shape)
            or not all(type(n) is int and 0 <= n < 1 << 40 for n in shape)
        ):
            raise Malformed("not a shape")
        itemsize = np.dtype(DTYPES[dtype]).itemsize
        if size != math.prod(shape) * itemsize or not 0 <= size <= len(self.blob) - self.offset:
            raise Malformed("the sizes disagree")
        raw = self.blob[self.offset : self.offset + size]
        self.offset += size
        return Value(kind, _as_array(raw, dtype, shape), dtype)


def _as_array(raw: bytes, dtype: str, shape: list[int]) -> np.ndarray:
    if dtype == "bool" and raw.strip(b"\x00\x01"):
        raise Malformed("a bool that is neither")
    flat = np.frombuffer(raw, DTYPES[dtype])
    if dtype == "bfloat16":
        flat = (flat.astype("<u4") << 16).view("<f4")
    return flat.reshape(shape)


def decode(tree: Any, blob: bytes) -> Value:
    """The value that an untrusted process sent as `tree` and the bytes of its arrays, one after the other.

    Raises Malformed unless every type and size is allowed and every byte is accounted for.
    """
    values = decode_all([tree], blob)
    return values[0]


def decode_all(trees: list[Any], blob: bytes) -> list[Value]:
    """Several values whose arrays share one blob, in order. Raises Malformed as `decode` does."""
    decoder = _Decoder(blob)
    try:
        values = [decoder.value(tree) for tree in trees]
    except (ValueError, OverflowError, TypeError, RecursionError) as e:
        raise Malformed(str(e)[:80]) from e
    if decoder.offset != len(blob):
        raise Malformed("bytes that belong to nothing")
    return values


def plain(value: Value) -> Any:
    """`value` as lists, dicts, NumPy arrays, texts and numbers; a tuple becomes a list.

    Never raises for a decoded value. A rule's settings are read from it.
    """
    if value.kind in ("list", "tuple"):
        return [plain(item) for item in value.data]
    if value.kind == "dict":
        return {plain(key): plain(item) for key, item in value.data}
    return value.data
