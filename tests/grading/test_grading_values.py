"""Sealed values on the wire, the rules that compare them, and test cells taken apart."""

import ast
import collections
import contextlib
import json
import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_tools.authoring import build
from course_tools.grading import author, cells
from course_tools.grading.cells import take_apart
from course_tools.grading.inside.values import Malformed, NotSealable, Value, decode, encode
from course_tools.grading.intake import sanitize
from course_tools.grading.judging import master
from course_tools.grading.judging.rules import compare
from course_utils import check
from course_utils.closeness import SEALED, SHOWN
from course_utils.errors import CourseError

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**255), 2**255), st.floats(), st.text(max_size=20), st.just(-0.0)
)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(max_size=5), st.integers(-9, 9)), inner, max_size=3),
    ),
    max_leaves=12,
)
DTYPES = ["float16", "float32", "float64", "int8", "int64", "uint8", "bool", "complex64", "complex128"]


def sent(x: object) -> Value:
    """`x` as the grader receives it."""
    tree, blob = encode(x)
    return decode(json.loads(json.dumps(tree)), blob)


def same(a: object, b: object, rule: author.Rule | None = None) -> str:
    return compare(sent(a), sent(b), rule or author.close())


@given(NESTED)
def test_plain_values_survive_the_wire(x):
    assert compare(sent(x), sent(x), author.exact()) == ""


@given(st.sampled_from(DTYPES), st.lists(st.integers(0, 3), max_size=3), st.integers(0, 99))
def test_arrays_and_tensors_survive_the_wire(dtype, shape, seed):
    a = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    for x in (
        a,
        torch.from_numpy(np.array(a)),
        np.array(a).T,
        torch.from_numpy(np.array(a)).unsqueeze(0).expand(3, *shape),
    ):
        received = sent(x)
        assert received.dtype == dtype
        np.testing.assert_array_equal(received.data, np.asarray(x))


def test_bfloat16_conjugates_and_parameters_survive_the_wire():
    x = torch.randn(3, 4)
    np.testing.assert_array_equal(sent(x.bfloat16()).data, x.bfloat16().float().numpy())
    z = torch.randn(3, dtype=torch.complex64)
    np.testing.assert_array_equal(sent(z.conj()).data, z.conj().resolve_conj().numpy())
    assert same(torch.nn.Parameter(x), x) == ""


class Tensor2(torch.Tensor):
    pass


class Float2(float):
    pass


@pytest.mark.parametrize(
    "x",
    [
        object(),
        print,
        Float2(1.0),
        torch.zeros(2).as_subclass(Tensor2),
        torch.zeros(2).to_sparse(),
        torch.zeros(1).expand(1 << 40),
        np.array(["a"]),
        np.array([object()]),
        1 << 300,
        "x" * (1 << 17),
        [0] * 20_000,
        {(1, 2): 3}.keys(),
    ],
    ids=lambda x: type(x).__name__,
)
def test_anything_else_is_refused(x):
    with pytest.raises(NotSealable):
        encode(x)


def test_a_list_that_holds_itself_is_refused():
    x: list = []
    x.append(x)
    with pytest.raises(NotSealable):
        encode(x)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(DTYPES)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
)
KINDS = st.sampled_from(["none", "bool", "int", "float", "str", "list", "tuple", "dict", "tensor", "array", "scalar"])


@settings(max_examples=300)
@given(
    st.one_of(JSON, st.tuples(KINDS, JSON).map(list), st.tuples(KINDS, JSON, JSON, JSON).map(list)),
    st.binary(max_size=40),
)
def test_no_tree_breaks_the_grader(tree, blob):
    """Whatever a hostile process sends is a value or Malformed."""
    with contextlib.suppress(Malformed):
        assert isinstance(decode(tree, blob), Value)


@pytest.mark.parametrize(
    ("tree", "blob"),
    [
        (["tensor", "float32", [2], 8], b"1234"),
        (["tensor", "float32", [2], 4], b"1234"),
        (["tensor", "float32", [-1, -2], 8], b"12345678"),
        (["tensor", "float32", [1 << 62, 1 << 62, 4], 0], b""),
        (["tensor", "object", [1], 8], b"12345678"),
        (["tensor", "bool", [1], 1], b"\x02"),
        (["scalar", "float64", [0], 0], b""),
        (["none"], b"more"),
        (["int", "1" * 200], b""),
        (["bool", 1], b""),
    ],
)
def test_lies_about_sizes_and_types_are_malformed(tree, blob):
    with pytest.raises(Malformed):
        decode(tree, blob)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (torch.ones(2), np.ones(2, dtype="float32")),
        (torch.ones(2), torch.ones(2, dtype=torch.float64)),
        (torch.ones(2), torch.ones(1, 2)),
        (torch.ones(2), torch.tensor([1.0, 1.01])),
        (torch.tensor([1.0, math.nan]), torch.ones(2)),
        (1, 1.5),
        (True, 1),
        (np.True_, 1.0),
        ([1, 2], (1, 2)),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"b": 1}),
        (None, 0),
        ("a", "b"),
    ],
)
def test_other_kinds_shapes_dtypes_and_values_do_not_hold(got, want):
    assert same(got, want)
    assert same(want, want) == ""


@pytest.mark.parametrize(("got", "want"), [(1, 1.0), (np.float64(2), 2.0), (np.int64(2), 2), (np.True_, True)])
def test_exact_asks_for_the_same_type_where_close_asks_for_a_number(got, want):
    assert same(got, want) == ""
    assert same(got, want, author.exact())


class Gradients(NamedTuple):
    dW: torch.Tensor
    db: torch.Tensor


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (Gradients(torch.ones(2), torch.ones(1)), (torch.ones(2), torch.ones(1))),
        (collections.OrderedDict(a=1), {"a": 1}),
        (torch.zeros(2, 3).shape, (2, 3)),
    ],
    ids=["named tuple", "ordered dict", "size"],
)
def test_a_container_of_another_name_holds_by_its_items(got, want):
    check.close("x", got, want)
    assert same(got, want) == ""
    assert same(want, got) == ""


def shown(got: object, want: object, **tolerances: float) -> bool:
    """Whether the check that a student runs passes."""
    try:
        check.close("x", got, want, **tolerances)
    except check.CheckFailed:
        return False
    return True


FLOATING = ["float16", "float32", "float64", "complex64", "complex128"]
GAPS = st.sampled_from([0.0, 1e-10, 1e-8, 1.5e-7, 1e-6, 1.5e-6, 3e-6, 1e-5, 1e-4, 2e-3, 1e-2, 1.0])
EDGES = st.sampled_from([0.0, 1e-9, 1e-3, 1.0, -250.0, math.nan, math.inf, -math.inf])


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    dtype = draw(st.sampled_from([*FLOATING, "int64", "uint8", "bool"]))
    shape = draw(st.lists(st.integers(0, 3), max_size=2))
    values = draw(st.lists(EDGES if dtype in FLOATING else st.integers(0, 3), min_size=1, max_size=9))
    return np.resize(np.array(values), shape).astype(dtype)


def nudged(want: np.ndarray, gap: float, relative: bool, all_places: bool) -> np.ndarray:
    """`want` with some or all of its floating values a little off."""
    if want.dtype.name not in FLOATING:
        return want
    places = np.ones(want.size) if all_places else np.arange(want.size) % 2
    with np.errstate(all="ignore"):
        step = gap * places.reshape(want.shape) * (want if relative else 1)
        return np.asarray(want + step, want.dtype)


@st.composite
def alike(draw: st.DrawFn) -> tuple[object, object]:
    """Two values of which the first is the second, a little off or of another kind, dtype or shape."""
    want = draw(arrays())
    got = nudged(want, draw(GAPS), draw(st.booleans()), draw(st.booleans()))
    if draw(st.integers(0, 5)) == 0:
        got = draw(st.sampled_from([got.astype("complex64"), got.T, got[None], got.reshape(-1)]))
    form = draw(st.sampled_from(["array", "tensor", "number"]))
    if form == "tensor":
        return torch.from_numpy(got.copy()), torch.from_numpy(want.copy())
    if form == "number" and want.size and got.dtype.kind != "c" != want.dtype.kind:
        return draw(st.sampled_from([got.flat[0], got.flat[0].item()])), want.flat[0].item()
    return got, want


def in_lists(pairs: list[tuple[object, object]]) -> tuple[list[object], list[object]]:
    return [got for got, _ in pairs], [want for _, want in pairs]


SINGLE = st.one_of(alike(), st.tuples(NESTED, NESTED), NESTED.map(lambda x: (x, x)), st.tuples(SCALARS, SCALARS))
PAIRS = st.one_of(SINGLE, st.lists(SINGLE, max_size=3).map(in_lists))


@settings(max_examples=600)
@given(PAIRS)
def test_a_sealed_value_is_never_held_to_more_than_what_is_shown(pair):
    if shown(*pair):
        assert same(*pair) == ""


@settings(max_examples=600)
@given(PAIRS, GAPS, GAPS)
def test_check_and_grader_agree_where_the_author_sets_the_tolerance(pair, rtol, atol):
    assert shown(*pair, rtol=rtol, atol=atol) == (same(*pair, author.close(rtol, atol)) == "")


def test_the_usual_sealed_tolerance_is_nowhere_narrower_than_the_visible_one():
    assert SEALED.keys() == SHOWN.keys()
    for dtype, (rtol, atol) in SHOWN.items():
        assert rtol <= SEALED[dtype][0]
        assert atol <= SEALED[dtype][1]


def tolerances(source: str, function: str) -> list[dict[str, float]]:
    """The tolerances that calls of a function are given in a text."""
    return [
        {
            k.arg: k.value.value
            for k in node.keywords
            if k.arg in ("rtol", "atol") and isinstance(k.value, ast.Constant)
        }
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == function
    ]


def narrower(test: cells.TestCell) -> list[str]:
    """The tolerances of a test cell's seals, given or usual, that are narrower than one of its visible checks'."""
    shown_usual, sealed_usual = (dict(zip(("rtol", "atol"), t["float64"], strict=True)) for t in (SHOWN, SEALED))
    visible = [shown_usual | given for given in tolerances(test.visible, "check.close")]
    seals = [given for part in test.reference_parts for given in tolerances(part, "close")]
    plain = any("rule" not in part for part in test.reference_parts)
    sealed = [sealed_usual | given for given in [*seals, *([{}] if plain else [])]]
    widest = {name: max((given[name] for given in visible), default=0.0) for name in shown_usual}
    return [f"{name} {given[name]}" for given in sealed for name in widest if given[name] < widest[name]]


@pytest.mark.parametrize("source", build.exercises(), ids=lambda source: source.stem)
def test_no_seal_has_a_narrower_tolerance_than_the_visible_check_beside_it(source):
    assert [name for name, test in master.load(source.parent).tests.items() if narrower(test)] == []


@pytest.mark.parametrize(
    ("visible", "rule", "found"),
    [
        ("", "", []),
        (", atol=1e-3", "", ["atol 2e-06"]),
        (", atol=1e-3", ", rule=close(atol=1e-3)", []),
        (", rtol=1e-5, atol=1e-8", "", ["rtol 1e-06"]),
        ("", ", rule=close(rtol=0, atol=1e-8)", ["rtol 0", "atol 1e-08"]),
        (", rtol=0, atol=0", ", rule=close(atol=1e-9)", []),
    ],
)
def test_a_narrower_tolerance_would_be_found(visible, rule, found):
    hidden = f'{cells.BEGIN}\nseal("y", f(2){rule})\n{cells.END}'
    assert narrower(take_apart("test_f", f'check.close("y", f(1), 3{visible})\n{hidden}')) == found


def test_a_reason_gives_nothing_of_the_expected_value_away():
    reason = same(torch.zeros(2, 3), torch.full((7, 5), 123.456))
    assert "(2, 3)" in reason
    assert "7" not in reason
    assert "123" not in same(torch.zeros(2), torch.full((2,), 123.456))


def test_each_rule_accepts_and_rejects():
    x = torch.tensor([1.0, 2.0, 3.0])
    assert same(x + 1e-3, x, author.close(atol=0.01)) == ""
    assert same(x + 1e-6, x, author.exact())
    assert same(np.float64(0.5), 0.5, author.number()) == ""
    assert same(torch.tensor(0.5), 0.5, author.number()) == ""
    assert same(torch.tensor([0.5, 0.5]), 0.5, author.number())
    assert same(True, 1.0, author.number())
    assert same(0.9, 1.0, author.at_least(0.8)) == ""
    assert same(math.nan, 1.0, author.at_least(0.8))
    assert same("0.9", 1.0, author.at_least(0.8))
    assert same(0.1, 0.0, author.at_most(0.2)) == ""
    assert same(-math.inf, 0.0, author.at_most(0.2))
    assert same([3, 1, 2], [1, 2, 3], author.same_set()) == ""
    assert same([3, 1, 1], [1, 2, 3], author.same_set())
    labels = torch.tensor([0, 1, 2, 3])
    assert same(torch.tensor([0, 1, 2, 0]), labels, author.agree(0.75)) == ""
    assert same(torch.tensor([0, 1, 0, 0]), labels, author.agree(0.75))
    assert same(torch.tensor([5, 5]), torch.tensor([0, 0]), author.agree(1.0, target=[5, 5])) == ""


CELL = """x = 1
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, banned, seal
banned("softmax", "autograd")
y = draw()
seal("first", f(y))
z = more()
seal("second", f(z), rule=agree(0.9, target=SECRET))
for n in (1, 2):
    seal(f"n = {n}", f(n), rule=close(rtol=LABELS))
### END HIDDEN TESTS"""


def test_a_test_cell_is_taken_apart():
    cell = take_apart("test_f", CELL)
    assert cell.visible == cell.source == "x = 1"
    assert cell.banned == ("softmax", "autograd")
    assert cell.parts[0] == "y = draw()\nseal('first', f(y))"
    assert cell.parts[1] == "y = draw()\nz = more()\nseal('second', f(z))"
    assert len(cell.parts) == len(cell.reference_parts) == 3
    assert "SECRET" in cell.reference_parts[1]
    assert not [part for part in cell.parts if "SECRET" in part or "LABELS" in part or "import" in part]


@pytest.mark.parametrize("hidden", ["seal('a', (", "banned(name)", "banned()"])
def test_a_hidden_part_that_cannot_be_read_is_an_error_for_the_author(hidden):
    with pytest.raises(CourseError, match="test_f"):
        take_apart("test_f", f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS")


def test_sealed_work_is_refused_by_stock_nbgrader(monkeypatch, capsys):
    author.seal("x", 1)
    assert "sealed 'x'" in capsys.readouterr().out
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(author.NotSealed, match="course grade"):
        author.seal("x", 1)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg onload=alert(1)><use href='https://e.org/x#y'></svg>",
        "<iframe src='//e.org'></iframe><object data=x></object><form action=x><input></form>",
        "<p style='background:url(https://e.org/x)'>x</p><rect fill='url(https://e.org/x)'/>",
        "<img src='https://e.org/pixel.png'><img src='data:image/svg+xml;base64,AAAA'>",
        "<style>@import 'https://e.org/x.css'</style><link rel=stylesheet href=//e.org><base href=//e.org>",
        "<a href=' data:text/html,<script>alert(1)</script>'>x</a>",
    ],
)
def test_html_that_acts_is_disarmed(text):
    clean = sanitize.html(text).lower()
    for bad in (
        "<script",
        "onerror",
        "onload",
        "javascript:",
        "<iframe",
        "<form",
        "<link",
        "<base",
        "@import",
        "src=",
    ):
        assert bad not in clean, clean
    assert "e.org" not in clean
    assert "data:" not in clean


def test_harmless_html_and_formulas_stay():
    figure = '<svg viewBox="0 0 1 1" role="img" aria-label="a line"><path d="M0 0L1 1" stroke="#000"></path></svg>'
    assert sanitize.html(figure) == figure
    assert sanitize.markdown("if $a < b$ & c") == "if $a < b$ & c"
