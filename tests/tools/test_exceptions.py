"""A student's exception is explained in a sentence; torch, NumPy and Python are asked for their own words."""

import linecache
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.check import exceptions

NAMES = {"torch": torch, "np": np, "math": math, "F": F, "o": torch.ones, "n": np.ones}

# What is really run inside a student's function, and the words that its explanation must contain, separated by "|".
SNIPPETS = {
    # nothing written, nothing returned
    "raise NotImplementedError()": "conv2d is not written yet: replace the two lines under `# YOUR CODE HERE`",
    "o(3) + None": "is a `return` missing",
    "None + 1": "is a `return` missing",
    "None[0]": "is a `return` missing",
    "None[0] = 1": "is a `return` missing",
    "None.shape": "is a `return` missing|`list.append`",
    "for _ in None: pass": "is a `return` missing",
    "a, b = None": "is a `return` missing",
    "len(None)": "is a `return` missing",
    "torch.exp(None)": "is a `return` missing",
    # a reduction along an axis, which gives a pair
    "o(2, 3).max(dim=1) - 1": "`max` looks along it|`.values`|`torch.maximum`",
    "o(2, 3).sort(dim=1) - 1": "`sort` gives a pair",
    "torch.exp(o(2, 3).min(1))": "`min` looks along it|`torch.minimum`",
    "torch.linalg.eigvals(o(2, 2)).max()": "no order|`eigvalsh`",
    "2.0 * len": "A function is used as a number|call it",
    "o(2, 3) * (lambda: 1)": "call it",
    "0.1 @ o(2, 3)": "multiplied with `*`",
    # matrix products
    "o(2, 3) @ o(4, 5)": "last size of the left|first size of the right|3 and 4|left (2, 3), right (4, 5)",
    "o(3) @ o(4, 5)": "3 and 4",
    "torch.mm(o(2, 3), o(4, 5))": "3 and 4|left (2, 3), right (4, 5)",
    "torch.addmm(o(2, 2), o(2, 3), o(4, 5))": "3 and 4",
    "F.linear(o(2, 3), o(4, 5))": "3 and 5|input (2, 3), weight (4, 5)",
    "F.linear(o(2, 3), o(4, 3), o(5))": "(5,) does not fit into (2, 4)",
    "torch.nn.Linear(3, 4)(o(2, 5))": "5 and 3|input (2, 5), weight (4, 3)",
    "o(2, 3) @ o(4)": "a matrix and a vector|3 and 4|matrix (2, 3), vector (4,)",
    "torch.mv(o(2, 3), o(4))": "3 and 4",
    "o(2, 3, 4) @ o(5)": "4 and 5",
    "o(3) @ o(4)": "dot product|3 and 4",
    "torch.dot(o(3, 2), o(2))": "two vectors|2 and 1 sizes",
    "torch.mm(o(3), o(3, 4))": "`mm` takes matrices",
    "torch.mm(o(2, 3), o(3))": "`mm` takes matrices",
    "torch.bmm(o(3, 4), o(3, 4))": "`bmm` takes batches",
    "torch.bmm(o(2, 3, 4), o(2, 5, 6))": "2 matrices with 4 rows|2 with 5",
    "o(2, 3, 4) @ o(2, 5, 6)": "2 matrices with 4 rows|2 with 5",
    "torch.bmm(o(2, 3, 4), o(3, 4, 6))": "2 matrices with 4 rows|3 with 4",
    "o(2, 3, 4) @ o(3, 4, 6)": "dimension 0|2|3",
    "torch.matmul(torch.tensor(1.0), o(3))": "no single numbers|0 and 1",
    "n((2, 3)) @ n((4, 5))": "last size of the left|3 and 4",
    "n(3) @ n(4)": "3 and 4",
    "n(3) @ 2": "no single numbers",
    "np.dot(n((2, 3)), n((4, 5)))": "3 and 4|left (2, 3), right (4, 5)",
    "np.dot(n(3), n(4))": "left (3,), right (4,)",
    # shapes that are put together
    "o(2, 3) + o(4)": "equal or one of them is 1|dimension 1|first has 3|second 4",
    "o(2, 3) * o(3, 2)": "dimension 1|first has 3|second 2",
    "F.mse_loss(o(2, 3), o(4))": "first has 3|second 4",
    "x = o(3); x += o(2, 3)": "cannot change a shape|(3,)|(2, 3)",
    "x = o(2, 3); x[0] = o(4)": "(4,) does not fit into (3,)",
    "n((2, 3)) + n(4)": "equal or one of them is 1|(2, 3) and (4,)",
    "n((2, 3)) * n((3, 2))": "(2, 3) and (3, 2)",
    "x = n((2, 3)); x += n(4)": "(2, 3), (4,) and (2, 3)",
    "x = n(3); x += n((2, 3))": "cannot change a shape|(3,)|(2, 3)",
    "x = n((2, 3)); x[0] = n(4)": "value has the shape (4,)|place (3,)",
    "np.where(n(3) > 0, n(2), n(3))": "(3,), (2,) and (3,)",
    "n((2, 2, 3)) @ n((3, 3, 5))": "(2, 2, 3) and (3, 3, 5)",
    "o(2, 3).expand(4, 3)": "Only sizes of 1|(2, 3) does not fit into (4, 3)",
    "o(2, 3).expand(3)": "each of the tensor's 2 dimensions|got 1",
    "np.broadcast_to(n((2, 3)), (4, 3))": "Only sizes of 1|(2, 3) cannot become (4, 3)",
    "F.binary_cross_entropy(o(3), o(4))": "same shape|(3,) and (4,)",
    "F.cross_entropy(o(2, 3), torch.tensor([1, 2, 0]))": "2 examples and 3 targets",
    "F.cross_entropy(o(2, 3), torch.tensor([[1], [2]]))": "class numbers in a vector",
    # cat, stack, reshape
    "torch.cat([o(2, 3), o(2, 4)])": "dimension 0|number 0 has 3|number 1 has 4",
    "torch.cat([o(2, 3), o(3, 3)], dim=1)": "dimension 1|number 0 has 2|number 1 has 3",
    "torch.cat([o(2, 3), o(2)])": "same number of dimensions|2 and 1",
    "torch.cat([])": "list is empty",
    "torch.cat(o(3))": "`cat([a, b])`",
    "torch.stack([o(2, 3), o(2, 4)])": "number 0 has (2, 3)|number 1 has (2, 4)",
    "torch.stack([])": "list is empty",
    "np.concatenate([n((2, 3)), n((2, 4))])": "dimension 1|number 0 has 3|number 1 has 4",
    "np.concatenate([n((2, 3)), n(2)])": "same number of dimensions|2 and 1",
    "np.stack([n(2), n(3)])": "arrays of one shape",
    "o(2, 3).view(4)": "as many entries|6|(4,) does not",
    "o(2, 3).reshape(4, 2)": "6|(4, 2) does not",
    "o(2, 3).reshape(-1, 4)": "6|(-1, 4) does not",
    "n((2, 3)).reshape(4, 2)": "as many entries|6|(4, 2) does not",
    "o(2, 3).t().view(6)": "use `reshape`",
    "o(2, 3).permute(0, 1, 2)": "has 2, and 3 are named",
    "n((2, 3)).transpose(0, 1, 2)": "each dimension of the array once",
    "o(2, 3).permute(0, 0)": "named twice",
    "n((2, 3)).transpose(0, 0)": "named twice",
    # indices
    "o(2, 3)[2]": "index 2|dimension 0|size is 2",
    "o(2, 3)[0, 3]": "index 3|dimension 1|size is 3",
    "o(3).gather(0, torch.tensor([5]))": "index 5|dimension 0|size is 3",
    "n((2, 3))[0, 3]": "index 3|dimension 1|size is 3",
    "torch.nn.Embedding(3, 2)(torch.tensor([5]))": "larger than the table",
    "F.cross_entropy(o(2, 3), torch.tensor([1, 3]))": "class number 3",
    "o(2, 3)[0, 0, 0]": "the tensor has 2",
    "n((2, 3))[0, 0, 0]": "the array has 2, and 3",
    "torch.tensor(1.0)[0]": "single number",
    "for _ in torch.tensor(1.0): pass": "single number",
    "len(torch.tensor(1.0))": "single number",
    "len(np.array(1.0))": "single number",
    "np.float64(1.0)[0]": "single number",
    "o(2, 3).sum(2)": "no dimension 2|from 0 to 1, or from -2 to -1",
    "torch.max(o(3), dim=1)": "no dimension 1|from 0 to 0",
    "n((2, 3)).sum(2)": "no axis 2|2 dimensions",
    "o(2, 3)[torch.tensor([0, 1]), torch.tensor([0, 1, 2])]": "same shape|(2,) and (3,)",
    "n((2, 3))[np.array([0, 1]), np.array([0, 1, 2])]": "same shape|(2,) and (3,)",
    "o(3)[o(2) > 0]": "mask has (2,), the tensor (3,)",
    "n(3)[n(2) > 0]": "mask has 2 entries where the array has 3",
    "o(3)[o(2)]": "tensor of integers|.long()",
    "o(3)[1.0]": "`//` a whole number",
    "n(3)[n(2)]": "whole number",
    "n(3)[1.0]": "whole number",
    "torch.nn.Embedding(3, 2)(o(2))": "integers",
    "range(o(3))": "single whole number|`.item()`",
    "[1, 2] * o(2)": "single whole number",
    "o(2, 3).scatter_(1, torch.tensor([0, 1]), 1.0)": "as many dimensions|`index[:, None]`",
    "o(2, 3).gather(1, torch.tensor([0, 1]))": "as many dimensions",
    "o(2, 3).scatter(1, o(2, 1), 1.0)": "`index.long()`",
    "o(2, 3).gather(1, o(2, 1))": "`index.long()`",
    "torch.index_select(o(3), 0, o(1))": "`index.long()`",
    "F.one_hot(o(3))": "`labels.long()`",
    "F.one_hot(torch.tensor([3]), 2)": "too large|`num_classes` - 1",
    "F.one_hot(torch.tensor([-1]))": "negative",
    # einsum
    "torch.einsum('ij,jk->ik', o(2, 3), o(4, 5))": "letter j|3, and 4 in operand 1",
    "torch.einsum('ijk,jk->ik', o(2, 3), o(3, 5))": "3 letters for operand 0|2 dimensions",
    "torch.einsum('ij,jk->ik', o(2, 3))": "number of tensors",
    "torch.einsum('ij', o(2, 3), o(2, 3))": "number of tensors",
    "torch.einsum('ij->ik', o(2, 3))": "letter k",
    "torch.einsum('ii->i', o(2, 3))": "letter i stands twice|3 and 2",
    "np.einsum('ij,jk->ik', n((2, 3)), n((4, 5)))": "same letter|(2, 3) and (4, 5)",
    "np.einsum('ijk->i', n((2, 3)))": "more letters for operand 0",
    "np.einsum('i->i', n((2, 3)))": "fewer letters",
    "np.einsum('ij,jk', n((2, 3)))": "number of tensors",
    "np.einsum('ij->ik', n((2, 3)))": "letter k",
    # gradients
    "x = o(3, requires_grad=True); x += 1": "torch.no_grad()",
    "x = o(3, requires_grad=True); x[0] = 1": "torch.no_grad()",
    "x = o(3, requires_grad=True); y = x.exp(); y += 1; y.sum().backward()": "shape (3,)|changed in place|new tensor",
    "o(3).sum().backward()": "`requires_grad=True` missing|`detach`",
    "o(3, requires_grad=True).backward()": "`.sum()`",
    "x = o(3, requires_grad=True); y = (x * x).sum(); y.backward(); y.backward()": "before|compute the loss anew",
    "torch.autograd.grad(o(3, requires_grad=True).sum(), o(3))": "does not require grad",
    "torch.autograd.grad(o(3, requires_grad=True).sum(), o(3, requires_grad=True))": "does not depend on",
    "o(3, requires_grad=True).numpy()": "`.detach().numpy()`",
    "np.array(o(3, requires_grad=True))": "`.detach().numpy()`",
    "torch.tensor([1, 2], requires_grad=True)": "Only floats|1.0 for 1",
    "o(3).long().requires_grad_()": "Only floats",
    # dtypes
    "o(2, 3) @ o(3, 4).double()": "same dtype|float32 and float64",
    "o(2, 3) @ o(3, 4).long()": "float32 and int64",
    "F.linear(o(2, 3).double(), o(4, 3))": "float64 and float32",
    "F.linear(o(2, 3), o(4, 3), o(4).double())": "float64 and float32",
    "o(2, 3) @ o(3).double()": "float32 and float64",
    "o(3) @ o(3).long()": "same dtype|float32 and int64",
    "torch.bmm(o(2, 3, 4), o(2, 4, 3).double())": "same dtype|float32 and float64",
    "F.conv2d(o(1, 1, 3, 3).double(), o(1, 1, 2, 2))": "float64 and float32",
    "F.conv2d(o(1, 1, 3, 3), o(1, 1, 2, 2), o(1).double())": "float32 and float64",
    "o(3).index_add_(0, torch.tensor([0]), o(1).double())": "float32 and float64",
    "x = o(3); x[torch.tensor([0])] = o(1).double()": "float32 and float64",
    "F.binary_cross_entropy(o(3), o(3).long())": "same dtype|int64 and float32",
    "o(2, 3).scatter(1, o(2, 1).long(), o(2, 1).double())": "values that are scattered",
    "F.cross_entropy(o(2, 3), o(2).int())": "int64|int32|`targets.long()`",
    "x = o(3).long(); x += 0.5": "float32|int64|`x = x / 2`",
    "x = o(3).long(); x /= 2": "float32|int64",
    "x = np.arange(3); x /= 2": "float64|int64|`x = x / 2`",
    "o(3).long().mean()": "needs floats|`.float()`",
    "o(3).long().softmax(0)": "needs floats|int64",
    "n(2) + 'a'": "`add`|text",
    # convolutions
    "F.conv2d(o(1, 1, 3, 3), o(1, 2, 2, 2))": "expect 2 channels|has 1|(1, 2, 2, 2)|(1, 1, 3, 3)",
    "F.conv2d(o(1, 1, 1, 1), o(1, 1, 2, 2))": "2 x 2|larger|1 x 1",
    "F.conv2d(o(1, 1), o(1, 1, 2, 2))": "`conv2d`|3D (unbatched) or 4D (batched)|(1, 1)",
    # one number or many
    "if o(3): pass": "`torch.where`|`.all()`",
    "o(3) > 0 and True": "`.all()`",
    "n(3) > 0 and True": "`.all()`",
    "o(3).item()": "this one has 3|`.sum()`",
    "float(o(3))": "`.sum()`",
    "math.sqrt(o(3))": "`torch.sqrt`",
    "torch.tensor([o(3), o(3)])": "`torch.stack`",
    "math.sqrt(n(3))": "several",
    "n(3).item()": "several",
    "torch.tensor([[1, 2], [3]])": "several lengths",
    "np.array([[1, 2], [3]])": "several lengths",
    "x = n(3); x[0] = [1, 2]": "a list stands where one number belongs",
    # arguments
    "range(4 / 2)": "`//` a whole number",
    "[1, 2][0.5:]": "`//` a whole number",
    "[1, 2][1.0]": "`//` a whole number",
    "torch.zeros(2.0)": "`//` a whole number",
    "torch.zeros((2, 3.0))": "`//` a whole number",
    "np.zeros(2.0)": "`//` a whole number",
    "o(4).view(4 / 2, 2)": "`//` a whole number",
    "o(4).reshape(4 / 2, 2)": "`//` a whole number",
    "torch.exp(1.0)": "`exp` takes a tensor as `input`, not float|`torch.tensor(...)`",
    "torch.ones(3).sum(axis=0, keepdim=1)": "`sum` takes bool as `keepdim`, not int",
    "torch.sum(o(3), axs=0)": "`sum` cannot be called with (Tensor, axs=int)",
    "np.zeros(2, 3)": "taken for a dtype|`np.zeros((2, 3))`",
    "(lambda a, b: 1)(1)": "leaves out 'b'",
    "np.outer(n(2))": "`outer` leaves out 'b'",
    "(lambda a, b, c: 1)(1)": "leaves out 'b' and 'c'",
    "(lambda a, *, b: 1)(1)": "leaves out 'b'",
    "dict.keys()": "unbound method dict.keys() needs an argument",
    "Layer.selfless()": "leaves out 'x'",
    "Layer.shape()": "`Layer.shape` is called on the class",
    "Layer().selfless(o(3))": "first of these 2|`self` missing in `def selfless(self, ...)`",
    "(lambda a: 1)(1, 2)": "called with 2 arguments and takes 1",
    "(lambda a, b=1: 1)(1, 2, 3)": "called with 3 arguments and takes from 1 to 2",
    "(lambda a: 1)(b=2)": "no argument named `b`",
    "np.sum(n(3), axs=0)": "`sum` has no argument named `axs`",
    "(lambda a: 1)(1, a=2)": "gives `a` twice",
    "2(3)": "type int|`*` missing",
    "o(3)(2)": "type Tensor|`*` missing",
    "n(3)(2)": "type numpy.ndarray|`*` missing",
    "o(3).shape()": "torch.Size|property such as `shape`",
    # lists, tuples, dicts
    "[1, 2] * 2.0": "list cannot be multiplied by float",
    "[1, 2] / 2": "not know / between list and int",
    "2.0 + [1]": "not know + between float and list",
    "o(2) @ [1.0, 2.0]": "not know @ between Tensor and list",
    "'a' - 1": "not know - between str and int",
    "[1] > 2": "not know > between list and int",
    "-[1]": "not know unary - of a list",
    "[1] + 2.0": "joins a list only|not with float",
    "'a' + 1": "joins a str only|not with int",
    "(1, 2)[2]": "tuple has no item",
    "[1, 2][2]": "list has no item",
    "x = [1]; x[3] = 2": "list has no item",
    "[1, 2][0, 1]": "not tuple|`x[i][j]`",
    "a, b, c = 1, 2": "more names|3 and 2",
    "a, b = 1, 2, 3": "more values|2 names",
    "a, b = o(3)": "more values|2 names",
    "a, b = 3": "a single int",
    "for _ in 3: pass": "of type int has no items|`range(n)`",
    "1.0[0]": "of type float has no items",
    "len(3)": "of type int has no items",
    "o(3).size[0]": "called with `()`",
    "(1, 2)[0] = 1": "tuple cannot be changed",
    "{[1]: 2}": "list cannot be a key",
    "{'a': 1}['b']": "no key 'b'",
    "max([])": "There is nothing here",
    "np.argmax([])": "There is nothing here",
    "np.max(n(0))": "There is nothing here",
    "o(0).max()": "There is nothing here",
    "[].pop()": "There is nothing here",
    # numbers
    "1 / 0": "divisor is 0",
    "1.0 // 0": "divisor is 0",
    "1 % 0": "divisor is 0",
    "math.log(0)": "logarithm needs a positive one",
    "math.sqrt(-1)": "none below 0",
    "math.exp(1000)": "too large",
    "int(float('inf'))": "too large",
    "int(float('nan'))": "NaN",
    "np.linalg.inv(n((2, 2)))": "no inverse",
    "torch.linalg.inv(o(2, 2))": "no inverse",
    "np.linalg.inv(n((2, 3)))": "square matrix",
    "torch.linalg.inv(o(2, 3))": "square matrix",
    # names and the shape of a program
    "y += 1": "`y`|before it has a value",
    "inner = lambda: late; inner(); late = 1": "`late`|before the function around it",
    "weights = 1; wieghts": "no `wieghts` here: did you mean `weights`?",
    "touch.ones(3)": "did you mean `torch`?",
    "pritn(3)": "did you mean `print`?",
    "qqqqqq": "no `qqqqqq` here|cell that defines it",
    "o(3).relus()": "`relus` is no attribute of Tensor: did you mean `relu`?",
    "torch.onse(3)": "`onse` is no attribute of torch: did you mean `ones`?",
    "np.ones(3).shap": "did you mean `shape`?",
    "Layer().qqqqqq": "`qqqqqq` is no attribute of Layer|never assigned",
    "o(3).astype(float)": "`.float()`",
    "conv2d()": "conv2d calls itself without end",
    "Hasty()": "`super().__init__()` must come first",
    "Layer()(o(3))": "no `forward`",
    "assert 1 == 2": "`assert` does not hold",
}


class Layer(torch.nn.Module):
    """With the slips that a class can have; it has no `forward` either."""

    def shape(self) -> None: ...

    def selfless(x) -> None: ...


class Hasty(torch.nn.Module):
    def __init__(self) -> None:
        self.layer = torch.nn.Linear(1, 1)


NAMES |= {"Layer": Layer, "Hasty": Hasty}


def written(source: str, cell: str = "/tmp/ipykernel_12/345.py") -> dict[str, Any]:
    """What a cell with this source defines; Jupyter gives linecache the source of its cells in the same way."""
    names: dict[str, Any] = dict(NAMES)
    linecache.cache[cell] = (len(source), None, source.splitlines(keepends=True), cell)
    exec(compile(source, cell, "exec"), names)
    return names


def said(call: Callable[[], Any]) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call()
    return exceptions.explained(caught.value, call)


def of_one_line(body: str) -> str:
    """The explanation of what a student's function with this body raises."""
    conv2d = written(f"def conv2d():\n    {body}\n")["conv2d"]
    return said(lambda: conv2d())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("body", SNIPPETS)
def test_a_usual_exception_is_explained(body: str) -> None:
    first, why = of_one_line(body).split("\n  → ")
    assert first.endswith(f" in line 2 of conv2d:  {body}")
    assert not [words for words in SNIPPETS[body].split("|") if words not in why], why
    assert len(why) <= 240
    assert "{" not in why


@pytest.mark.filterwarnings("ignore")
def test_each_sentence_of_the_table_is_said_for_a_real_exception() -> None:
    """A row whose words torch, NumPy and Python no longer use, or that another row always hides, must go."""
    explanations = [of_one_line(body) for body in SNIPPETS]
    for pattern, sentence in exceptions.SENTENCES:
        form = re.sub(r"\\{\w+\\}", ".*", re.escape(sentence))
        assert any(re.search(f"→ {form}$", text) for text in explanations), pattern


# -- where it was raised -------------------------------------------------------------------------------------


def test_the_frame_of_the_student_is_named_and_not_torchs_own() -> None:
    cell = written("import torch\n\ndef layer(x):\n    return torch.nn.Linear(3, 4)(x)\n")
    text = said(lambda: cell["layer"](torch.ones(2, 5)))
    assert text.startswith("raises RuntimeError in line 4 of layer:  return torch.nn.Linear(3, 4)(x)\n")


def test_the_innermost_of_several_functions_is_named() -> None:
    cell = written("def inner(x):\n    return x / 0\n\ndef outer(x):\n    return inner(x)\n")
    assert "in line 2 of inner:  return x / 0\n" in said(lambda: cell["outer"](1))


def test_a_callback_of_the_check_is_not_the_students_function() -> None:
    cell = written("def slope(f, x):\n    return f(x + 1) - f(x)\n")
    assert "in line 2 of slope:  return f(x + 1) - f(x)\n" in said(lambda: cell["slope"](lambda x: x / 0, 1))


def test_code_without_a_source_is_placed_by_its_line() -> None:
    cell = written("def f():\n    1 / 0\n", "<string>")
    linecache.cache.pop("<string>")
    assert said(lambda: cell["f"]()).startswith("raises ZeroDivisionError in line 2 of f\n")


def test_the_call_itself_is_named_where_the_function_was_not_entered() -> None:
    cell = written("def f(a, b): ...\n")
    text = said(lambda: cell["f"](1))
    assert text.startswith("raises TypeError in the check's own call:  text = said(lambda: cell[")
    assert text.endswith("→ The call of `f` leaves out 'b'.")


def test_a_function_that_is_handed_over_itself_is_named() -> None:
    assert "in line 2 of f:  1 / 0\n" in said(written("def f():\n    1 / 0\n")["f"])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("class F:\n    def g(self):\n        1 / 0\nf = F().g", "line 3 of F.g"),
        ("def f():\n    return [1 / 0 for _ in range(3)]", "line 2 of f"),
        ("def f():\n    return (lambda: 1 / 0)()", "line 2 of f"),
        ("def f():\n    def g():\n        1 / 0\n    g()", "line 3 of g"),
        ("def f():\n    exec('1 / 0')", "line 1"),
        ("f = lambda: 1 / 0", "line 1"),
    ],
)
def test_a_function_has_the_name_that_its_author_gave_it(source: str, name: str) -> None:
    f = written(source)["f"]
    assert f"raises ZeroDivisionError in {name}" in said(lambda: f())
    assert "<" not in said(lambda: f()).split(":  ")[0]


def test_a_long_line_is_shortened() -> None:
    assert max(map(len, of_one_line("1 / 0  # " + "long " * 99).split("\n"))) <= 180


# -- whatever is raised, something short is said -------------------------------------------------------------


class Unreadable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("cannot be read")


class Unnamed(AttributeError):
    name = property(lambda self: 1 / 0)  # type: ignore[assignment]


STRANGE = [
    Exception(),
    ValueError("one\ntwo   three"),
    ValueError("x" * 1_000_000),
    ValueError("( " * 100_000),
    ValueError("{missing} %s"),
    KeyError(),
    KeyError(("a", "b")),
    NameError(),
    AttributeError(),
    AttributeError("text", name="qqqqqq", obj=None),
    UnboundLocalError(),
    ImportError("no module"),
    SyntaxError("invalid syntax", ("cell", 1, 2, "a b", 1, 3)),
    SyntaxError(),
    UnicodeDecodeError("utf-8", b"a", 0, 1, "reason"),
    ExceptionGroup("several", [ValueError("one"), KeyError("two")]),
    StopIteration(),
    Unreadable(),
    Unnamed("text"),
]


@pytest.mark.parametrize("error", STRANGE, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("is_raised", [True, False], ids=["raised", "made"])
def test_any_exception_is_named_in_at_most_three_short_lines(error: Exception, is_raised: bool) -> None:
    def raising() -> None:
        raise error

    call = written("def student(call):\n    call()\n")["student"]
    text = said(lambda: call(raising)) if is_raised else exceptions.explained(error.with_traceback(None), raising)
    assert text.startswith(f"raises {type(error).__name__}")
    assert len(text.splitlines()) <= 3
    assert len(text) <= 420
    assert "Traceback" not in text


def test_what_is_not_usual_is_said_in_its_own_words() -> None:
    text = of_one_line("raise ValueError('the kernel must\\nbe odd')")
    assert text.endswith("\n  → the kernel must be odd")
    assert len(of_one_line("raise ValueError('x' * 999)").split("→ ")[1]) == 200


def test_a_call_without_code_of_its_own_is_no_trouble() -> None:
    assert said(torch.nn.Linear(3, 4)).startswith("raises TypeError")


@pytest.mark.parametrize("name", ["weights", "Wights", "w", "_hidden"])
def test_a_private_name_is_not_offered_for_a_public_one(name: str) -> None:
    assert exceptions._nearest(name, ["_weights", "__name__", "hidden", 3]) == ""
