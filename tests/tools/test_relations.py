"""course_utils.check.relations must name the relation that was planted, and none where there is none."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_utils.check import relations, shapes

SIZES = {4: "the number of rows of X", 7: "the number of columns of X"}
FLOATS = (np.float64, np.float32)
SHAPES = [(6,), (30,), (4, 3), (5, 5), (2, 6), (6, 6), (3, 2, 4), (2, 3, 3, 2), (2, 2, 2, 2, 3)]
TABLES = [shape for shape in SHAPES if len(shape) == 2]
TOLERANCES = {"float64": (1e-7, 1e-7), "float32": (1.3e-6, 1e-5), "float16": (1e-3, 1e-5)}
Make = Callable[[np.ndarray], np.ndarray]


def said(actual, expected, sizes=None) -> str:
    """What is said; a warning of NumPy's would be an error, and the sentence must look like one."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    rtol, atol = TOLERANCES.get(str(expected.dtype), (0.0, 0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = relations.relation(actual, expected, sizes, rtol=rtol, atol=atol)
    assert not text or (text[0].isupper() and text[-1] in ".?" and text.count("?") <= 1 and "\n" not in text)
    return text


def drawn(seed: int, shape, dtype=np.float64) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def whole(seed: int, shape) -> np.ndarray:
    return np.random.default_rng(seed).integers(-50, 51, shape)


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    powers = np.exp(x)
    return powers / powers.sum(axis=axis, keepdims=True)


def planted(make: Make, words: str, shapes=SHAPES, dtypes=FLOATS, of: Make = lambda x: x, sizes=SIZES) -> None:
    """`make` of values that `of` prepares is recognised by these words, for each shape, dtype and three draws."""
    for shape in shapes:
        for dtype in dtypes:
            for seed in range(3):
                expected = of(drawn(seed, shape, dtype)).astype(dtype)
                actual = np.asarray(make(expected)).astype(dtype)
                if np.count_nonzero(actual != expected) < 2:
                    continue  # one place that differs is too little evidence, and the message shows it anyway
                assert words in said(actual, expected, sizes), (shape, dtype, seed, said(actual, expected, sizes))


def positive(x: np.ndarray) -> np.ndarray:
    return np.abs(x) + np.asarray(0.1, x.dtype)


# -- each relation is recognised -------------------------------------------------------------------------------

EVERYWHERE = {
    "has the opposite sign.": lambda e: -e,
    "is the absolute value of": np.abs,
    "negative or zero; apart from the sign": lambda e: -np.abs(e),
    "is twice the expected one.": lambda e: 2 * e,
    "is half the expected one.": lambda e: e / 2,
    "is 4 times too large; 4 is the number of rows of X: is yours a sum": lambda e: 4 * e,
    "is 7 times too small; 7 is the number of columns of X: is yours a mean": lambda e: e / 7,
    "is 28 times too large; 28 is the number of rows of X times the number of columns of X": lambda e: 28 * e,
    "the root of 7, the number of columns": lambda e: e * 7**0.5,
    "n / (n − 1) for n = 4, the number of rows of X: is n − 1 used where n is asked for": lambda e: e * 4 / 3,
    "(n − 1) / n for n = 7": lambda e: e * 6 / 7,
    "the root of n / (n − 1) for n = 4": lambda e: e * (4 / 3) ** 0.5,
    "; that is 7 / 4, the number of columns of X over the number of rows": lambda e: e * 7 / 4,
    "; that is π.": lambda e: e * np.pi,
    "; that is the root of two.": lambda e: e * 2**0.5,
    "is -2 times the expected one.": lambda e: -2 * e,
    "is 5 times too small.": lambda e: e / 5,
    "is 1.2345 times the expected one.": lambda e: e * 1.2345,
    "is larger by 1 than": lambda e: e + 1,
    "is smaller by 0.4321 than": lambda e: e - 0.4321,
    "is the square of": np.square,
    "Yours is the exponential of": np.exp,
    "Yours is one over": np.reciprocal,
    "1 minus the expected": lambda e: 1 - e,
    "Yours is the sigmoid": lambda e: 1 / (1 + np.exp(-e)),
    "Yours is the hyperbolic tangent": np.tanh,
    "All values of yours are zero.": lambda e: 0 * e,
    "All values of yours are the same, 0.3.": lambda e: 0 * e + 0.3,
}


@pytest.mark.parametrize("words", EVERYWHERE)
def test_what_holds_everywhere_is_named(words):
    planted(EVERYWHERE[words], words)


@pytest.mark.parametrize(
    ("words", "make", "of"),
    [
        ("is it the logarithm to base 2", np.log2, np.log),
        ("is it the logarithm to base 10", np.log10, np.log),
        ("The expected value is the exponential of yours", np.log, np.exp),
        ("The expected value is the sigmoid of yours", None, lambda x: 1 / (1 + np.exp(-x))),
        ("The expected value is the hyperbolic tangent of yours", None, np.tanh),
        ("The expected value is the absolute value of yours", None, np.abs),
        ("The expected value is the square of yours", None, np.square),
        ("The expected value is the square root of yours", positive, lambda x: np.sqrt(positive(x))),
        ("The expected value is yours, cut off below at 0", None, lambda x: np.maximum(x, 0)),
    ],
)
def test_a_function_that_is_missing_or_another_one_is_named(words, make, of):
    for shape in [(30,), (6, 6), (3, 4, 5)]:
        for dtype in FLOATS:
            x = drawn(3, shape, dtype)
            if of is np.log:
                x = positive(x)
            actual = x if make is None or make is np.log else make(x)
            assert words in said(actual, of(x)), (shape, dtype, said(actual, of(x)))


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("Yours is rounded to whole numbers.", np.round),
        ("Yours lacks the digits after the point.", np.trunc),
        ("Yours is rounded down.", np.floor),
        ("Yours is rounded up.", np.ceil),
        ("Yours is cut off below at -3 and above at 3.", lambda e: np.clip(e, -3, 3)),
        ("Yours is cut off below at 0.", lambda e: np.maximum(e, 0)),
    ],
)
def test_roundings_and_bounds(words, make):
    planted(make, words, shapes=[(40,), (6, 6), (3, 4, 5)], of=lambda x: 5 * x)


def test_of_positive_values_to_round_down_is_to_cut_the_digits():
    planted(np.floor, "Yours lacks the digits after the point.", [(40,), (6, 6)], of=lambda x: 5 * np.abs(x))


def test_cumulative_sums_and_differences():
    for axis in (0, 1):
        planted(
            lambda e, axis=axis: np.cumsum(e, axis),
            f"Yours is the cumulative sum of the expected values along axis {axis}.",
            TABLES,
        )
        x = drawn(1, (4, 5))
        assert f"cumulative sum of yours along axis {axis}" in said(x, np.cumsum(x, axis))
    planted(np.cumsum, "Yours is the cumulative sum of the expected values.", [(6,), (30,)], dtypes=[np.float64])


def test_a_factor_or_an_offset_for_each_row_or_column():
    planted(
        lambda e: e / e.sum(axis=1, keepdims=True), "Each row is the expected one times", [(4, 3), (5, 5), (6, 9)]
    )
    planted(lambda e: e / e.sum(axis=0), "Each column is the expected one times", [(4, 3), (5, 5), (6, 9)])
    planted(lambda e: e - e.mean(axis=1, keepdims=True), "Each row is shifted", [(4, 3), (5, 5)], [np.float64])
    planted(lambda e: e - e.mean(axis=0), "Each column is shifted", [(4, 3), (5, 5)], [np.float64])
    expected = softmax(drawn(0, (4, 3)), 1)
    assert "the expected rows sum to 1, yours do not" in said(np.exp(drawn(0, (4, 3))), expected)


ORDERS = {
    "is flipped along axis 0;": lambda e: e[::-1],
    "is flipped along axis 1;": lambda e: e[:, ::-1],
    "is flipped along axis 0 and axis 1;": lambda e: e[::-1, ::-1],
    "moved forward by one, round the end": lambda e: np.roll(e, 1, 0),
    "columns of yours are moved back by one, round": lambda e: np.roll(e, -1, 1),
    "columns of yours are moved forward by one.": lambda e: np.concatenate([0 * e[:, :1], e[:, :-1]], 1),
    "rows of yours are the expected ones in another order": lambda e: e[[1, 0, *range(3, len(e)), 2]],
    "Every row of yours is the first one expected.": lambda e: np.broadcast_to(e[0], e.shape),
    "Every column of yours is the last one expected.": lambda e: np.broadcast_to(e[:, -1:], e.shape),
}


@pytest.mark.parametrize("words", ORDERS)
def test_values_in_other_places(words):
    planted(ORDERS[words], words, [(4, 3), (5, 5), (6, 7)])


def test_other_orders():
    planted(np.transpose, "Yours is transposed; the values are right.", [(2, 2), (3, 3), (5, 5)])
    planted(lambda e: e.swapaxes(0, 2), "Axes 0 and 2 of yours are swapped", [(3, 2, 3), (4, 1, 4)])
    planted(lambda e: e[::-1], "Yours is in reverse order", [(5,), (30,)])
    planted(lambda e: e.ravel()[::-1].reshape(e.shape), "flipped along axis 0 and axis 1 and axis 2", [(3, 2, 4)])
    planted(lambda e: e[[1, 3, 0, 2, *range(4, len(e))]], "holds the expected values in another order", [(6,), (30,)])
    for e in (drawn(0, 2), drawn(0, 3)):  # too few values to tell a reversal from any other order
        assert said(e[::-1], e) == "Yours holds the expected values in another order."


def test_signs_that_are_reversed_in_some_places():
    for dtype in FLOATS:
        expected = drawn(2, (4, 5), dtype)
        actual = expected.copy()
        actual[1] *= -1
        assert "reversed in 5 of 20 places" in said(actual, expected)


def below(e: np.ndarray) -> np.ndarray:
    return np.tril(np.ones(e.shape, dtype=bool), -1)


def border(e: np.ndarray) -> np.ndarray:
    inner = np.zeros(e.shape, dtype=bool)
    inner[1:-1, 1:-1] = True
    return ~inner


def line(*index) -> Callable[[np.ndarray], np.ndarray]:
    def places(e: np.ndarray) -> np.ndarray:
        chosen = np.zeros(e.shape, dtype=bool)
        chosen[index] = True
        return chosen

    return places


WRONG = {
    "except in the first row": line(0),
    "except in the last row": line(-1),
    "except in the first column": line(slice(None), 0),
    "except in the last column": line(slice(None), -1),
    "only in the first row": lambda e: ~line(0)(e),
    "only in the last column": lambda e: ~line(slice(None), -1)(e),
    "except on the diagonal": lambda e: np.eye(len(e), dtype=bool),
    "only on the diagonal": lambda e: ~np.eye(len(e), dtype=bool),
    "except below the diagonal": below,
    "except above the diagonal": lambda e: below(e).T,
    "except on and above the diagonal": lambda e: ~below(e),
    "except at the border": border,
    "only at the border": lambda e: ~border(e),
    "except where the expected value is negative": lambda e: e < 0,
    "except where the expected value is positive": lambda e: e > 0,
}


@pytest.mark.parametrize("words", WRONG)
def test_where_it_is_right(words):
    def noisy(e: np.ndarray) -> np.ndarray:
        return np.where(WRONG[words](e), drawn(99, e.shape), e)

    planted(noisy, f"Yours is right {words}.", [(5, 5), (7, 7)])
    note = "elsewhere it" if words.startswith("only") else "there yours"
    if "negative" not in words and "positive" not in words:
        planted(
            lambda e: np.where(WRONG[words](e), 0, e), f"Yours is right {words}; {note} is zero.", [(5, 5), (7, 7)]
        )


def test_where_it_is_right_in_more_dimensions_and_at_the_largest():
    expected = drawn(0, (3, 4, 2))
    actual = expected.copy()
    actual[:, 0] = drawn(1, (3, 2))
    assert said(actual, expected) == "Yours is right except in the first entry along axis 1."
    capped = np.minimum(drawn(0, (6, 6)), 0.5)
    wrong = np.where(capped == 0.5, drawn(1, (6, 6)), capped)
    assert said(wrong, capped) == "Yours is right except where the expected value is largest, 0.5."
    cut = np.maximum(drawn(0, (6, 6)), 0)
    assert said(np.abs(drawn(0, (6, 6))), cut) == "Yours is right except where the expected value is zero."
    gaps = np.where(np.random.default_rng(4).random((6, 6)) < 0.3, 0, drawn(0, (6, 6)))
    assert said(gaps, drawn(0, (6, 6))) == "Yours is right except where it is zero."


def test_values_that_are_no_numbers():
    for dtype in (np.float64, np.float32, np.float16):
        expected = drawn(0, (4, 3), dtype)
        actual = expected.copy()
        actual[1] = np.nan
        assert said(actual, expected).startswith(
            "Yours has NaN in 3 of 12 places where numbers are expected; all other"
        )
        assert said(expected, actual) == "Yours has numbers in 3 of 12 places where NaN is expected."
        actual[0, 0], actual[1] = -np.inf, 2 * expected[1]
        assert said(actual, expected) == "Yours has infinity in 1 of 12 places where numbers are expected."
    masked = np.where(np.tri(4) > 0, drawn(0, (4, 4)), -np.inf)
    assert said(2 * masked, masked) == "Every value is twice the expected one."


def test_lines_that_do_not_vary_and_sums_of_one():
    means = drawn(0, (5, 4)).mean(axis=1, keepdims=True)
    flat = np.broadcast_to(means, (5, 4))
    assert said(flat, drawn(0, (5, 4))).startswith("The rows of yours hold one number throughout")
    assert said(drawn(0, (5, 4)), flat).startswith("The rows of the expected value hold one number throughout")
    for dtype in FLOATS:
        x = drawn(1, (5, 4), dtype)
        assert "the rows of yours do not, but its columns do." in said(softmax(x, 0), softmax(x, 1))
        assert "the columns of yours do not, but its rows do." in said(softmax(x, 1), softmax(x, 0))
        assert said(drawn(2, (5, 4), dtype), softmax(x, 1)).endswith("sums to 1; the rows of yours do not.")
        assert "softmax of yours along axis 1: is the softmax missing?" in said(x, softmax(x, 1))


def test_nearly_right():
    expected = drawn(0, (4, 3))
    assert "about 7 digits" in said(expected.astype(np.float32) * np.float64(1), expected * (1 + 3e-7))
    for shape in ((5,), (4, 3)):
        noise = 1 + 5e-4 * np.random.default_rng(5).uniform(-1, 1, shape)
        assert "less than 0.1 % everywhere" in said(drawn(0, shape) * noise, drawn(0, shape))
    assert "only zeros and ones" in said(np.float64(expected > 0), expected)


@pytest.mark.parametrize("dtype", FLOATS)
def test_single_numbers_are_taken_for_what_is_telling_only(dtype):
    number = np.array(1.2345678, dtype)
    assert said(-number, number) == "Yours has the opposite sign."
    assert "4 times too large; 4 is the number of rows" in said(4 * number, number, SIZES)
    assert "4 times too large" not in said(4 * number, number)
    assert said(2 * number, number) == "Yours is twice the expected value."
    assert "square root of yours" in said(number**2, number)
    assert said(number + 1, number) == "Yours is larger by 1 than expected."
    assert said(np.array(1.7, dtype) * number, number, SIZES) == ""
    assert said(number + np.array(0.3, dtype), number, SIZES) == ""
    many = np.full(5, number)
    assert said(2 * many, many) == "Every value is twice the expected one."
    assert said(np.array(1.7, dtype) * many, many, SIZES) == ""


def test_whole_numbers_and_bools():
    e = whole(0, (5, 5))
    for words, actual in {
        "opposite sign": -e,
        "transposed": e.T,
        "twice": 2 * e,
        "larger by 1": e + 1,
        "except in the first row": np.where(line(0)(e), e + whole(1, (5, 5)), e),
        "flipped along axis 1": e[:, ::-1],
    }.items():
        assert words in said(actual, e), words
    b = np.random.default_rng(0).random((10, 10)) < 0.5
    assert said(~b, b) == "True and False are exchanged everywhere."
    assert said(b.T, b) == "Yours is transposed; the values are right."
    assert said(np.zeros_like(b), b) == "All values of yours are False."
    assert said(b ^ line(0)(b), b) == "Yours is right except in the first row."
    counts = np.uint8(whole(3, (5, 5)) + 50)
    assert said(counts.T, counts) == "Yours is transposed; the values are right."


# -- what cannot be told is not said ---------------------------------------------------------------------------


def test_sizes_that_cannot_be_told_apart_are_not_named():
    e = drawn(0, (4, 3))
    assert said(2 * e, e, {2: "the number of rows"}) == "Every value is twice the expected one."
    assert said(6 * e, e, {2: "rows", 3: "columns", 6: "images"}) == "Every value is 6 times too large."
    assert said(e * 4 / 3, e, {3: "columns", 4: "rows"}) == "Every value is 1.33333 times the expected one."
    assert said(4 * e, e, {1: "images"}) == "Every value is 4 times too large."


@pytest.mark.parametrize("c", ["0.999998", "1.00001", "1.01"])
def test_a_factor_of_nearly_one_is_said_with_its_digits(c: str):
    e = drawn(0, (4, 3))
    assert said(float(c) * e, e) == f"Every value is {c} times the expected one."


def test_symmetric_data_tell_nothing():
    ramp = np.linspace(-1, 1, 9)
    assert said(ramp[::-1], ramp) == ""  # reversed, or the opposite sign
    assert said(np.arange(12.0) + 1, np.arange(12.0)) == ""  # larger by 1, or moved by one
    pairs = softmax(drawn(0, (6, 2)), 1)
    assert said(pairs[:, ::-1], pairs) == ""  # columns exchanged, or 1 minus the expected value
    turned = drawn(0, (4, 4))
    turned = turned + turned[::-1, ::-1]
    assert "flipped" not in said(turned[::-1], turned)  # along axis 0, or along axis 1
    near = np.arange(30) + np.random.default_rng(0).uniform(0.1, 0.4, 30)
    assert said(np.trunc(near), near) == ""  # rounded, or cut
    for e in (np.full((3, 4), 2.5), np.eye(4)):
        assert said(2 * e, e) in ("", "Every value is twice the expected one.")


def test_signs_drawn_by_chance_tell_nothing():
    signs = np.random.default_rng(0).choice([-0.7071, 0.7071], (2, 300))
    assert said(*signs) == ""


def test_few_places_have_no_place_in_common():
    """A row of four is one of 495 sets of four places of twelve, a row of three one of twenty."""
    for shape, words in (((3, 4), "Yours is right except in the first row."), ((2, 3), "")):
        e = drawn(0, shape)
        assert said(np.where(line(0)(e), drawn(1, shape), e), e) == words


def test_places_that_have_two_things_in_common_are_not_named():
    e = np.abs(drawn(0, (5, 5)))
    e[0] *= -1
    assert said(np.where(e < 0, drawn(1, (5, 5)), e), e) == ""  # the first row, or where it is negative


def test_two_places_or_few_whole_numbers_tell_nothing():
    assert said([3, 1, 2], [1, 2, 3]) == ""
    assert said([0.7654321, 0.7654321, 0.1234567, 0.1234567], [0.1234567, 0.1234567, 0.7654321, 0.7654321]) == ""
    assert said([-1, 2, -3, 4, -5, 6], [1, -2, 3, -4, 5, -6]) == ""
    assert said([2, 4], [1, 2]) == ""
    assert said([[1, 3], [2, 4]], [[1, 2], [3, 4]]) == ""
    assert said([0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]) == ""
    assert said(np.array(8.0), np.array(2.0), SIZES) == ""


KINDS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "normal": lambda r, s: r.normal(size=s),
    "float32": lambda r, s: r.normal(size=s).astype(np.float32),
    "float16": lambda r, s: r.normal(size=s).astype(np.float16),
    "whole": lambda r, s: r.integers(-4, 5, s),
    "whole floats": lambda r, s: r.integers(-4, 5, s).astype(float),
    "labels": lambda r, s: r.integers(0, 10, s),
    "zero, one, two": lambda r, s: r.integers(0, 3, s),
    "zeros and ones": lambda r, s: r.integers(0, 2, s).astype(float),
    "bools": lambda r, s: r.integers(0, 2, s).astype(bool),
    "shares": lambda r, s: softmax(r.normal(size=s), -1) if s else r.random(),
    "between 0 and 1": lambda r, s: r.random(s),
    "fifths": lambda r, s: r.integers(0, 6, s) / 5,
    "thirds": lambda r, s: r.integers(0, 4, s) / 3,
    "one decimal": lambda r, s: np.round(r.normal(size=s), 1),
    "of all magnitudes": lambda r, s: np.exp(8 * r.normal(size=s)),
    "one-hot": lambda r, s: np.eye(s[-1])[r.integers(0, s[-1], s[:-1])] if s else np.array(1.0),
    "quarters": lambda r, s: r.integers(-9, 10, s) / 4,
}
SMALL = [(), (1,), (2,), (3,), (4,), (6,), (2, 2), (2, 3), (1, 4), (4, 1), (3, 3), (2, 3, 2), (30,), (5, 5)]


@pytest.mark.parametrize("kind", KINDS)
def test_of_unrelated_values_nothing_is_claimed(kind):
    """17 kinds of values, 14 shapes, 30 pairs of each: 7,140 pairs."""
    rng = np.random.default_rng(list(KINDS).index(kind))
    for shape in SMALL:
        for _ in range(30):
            actual, expected = np.asarray(KINDS[kind](rng, shape)), np.asarray(KINDS[kind](rng, shape))
            assert said(actual, expected, SIZES) == "", (actual, expected)


@given(st.data())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_whatever_the_values_it_never_raises(data):
    dtype = data.draw(st.sampled_from(["f8", "f4", "f2", "i8", "u1", "?", "c16"]))
    arrays = hnp.arrays(dtype, data.draw(hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)))
    actual = data.draw(arrays)
    expected = data.draw(hnp.arrays(dtype, actual.shape))
    said(actual, expected, SIZES)
    shapes.of_shapes(actual, data.draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=5, max_side=4))))


def test_huge_tiny_empty_complex_and_object_arrays():
    e = drawn(0, (4, 3))
    for scale in (1e300, 1e-300, 1e-310, 5e-324):
        said(scale * e, 2 * scale * e)
        relations.relation(scale * e, -scale * e, rtol=0, atol=0)
    assert "twice" in relations.relation(2e-200 * e, 1e-200 * e, rtol=0, atol=0)
    for one, two in ((1.7e308, -1.7e308), (5e-324, 1.7e308), (1.7e308, 5e-324), (np.inf, -np.inf)):
        for shape in ((), (2,), (3, 4)):
            said(np.full(shape, one), np.full(shape, two))
            said(np.resize([one, 1.5], shape), np.resize([two, 0.0], shape))
    assert said(e * 2j, e * 1j) == ""
    assert said(np.empty((0, 3)), np.empty((0, 3))) == ""
    assert relations.relation(np.array([10**30, 1]), np.array([1, 10**30]), rtol=0, atol=0) == ""
    assert said(e, e) == ""


def test_of_large_arrays_only_what_is_cheap():
    e = drawn(0, 300_000)
    assert said(2 * e, e) == "Every value is twice the expected one."
    assert said(e[::-1], e) == ""


# -- shapes and dtypes -----------------------------------------------------------------------------------------


def of_shapes(actual, expected) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = shapes.of_shapes(np.asarray(actual), np.asarray(expected))
    assert not text or (text[0].isupper() and text[-1] in ".?")
    return text


E = drawn(0, (4, 3))
F = drawn(1, (2, 3, 4))
MADE = {
    "An axis of size 1, axis 0, is too many in yours; the values are right.": (E.sum(0, keepdims=True), E.sum(0)),
    "An axis of size 1, axis 1, is missing in yours; the values are right.": (E.sum(1), E.sum(1, keepdims=True)),
    "An axis of size 1, axis 0, is missing in yours; the": (E, E[None]),
    "An axis of size 1 is too many in yours.": (drawn(2, (1, 1, 3)), drawn(3, (1, 3))),
    "Axes of size 1 are too many in yours; the values are right.": (E[None, None], E),
    "Yours is transposed; the values are right.": (E.T, E),
    "Yours is the last row of the expected value alone.": (E[-1], E),
    "Yours is the first column of the expected value alone.": (E[:, 0], E),
    "Axis 1 of the expected value, of size 3, is missing in yours.": (drawn(2, (4,)), E),
    "The two sizes of yours are exchanged.": (drawn(2, (3, 4)), E),
    "taken in the order (1, 2, 0) they are right.": (F.transpose(2, 0, 1), F),
    "axes are in another order": (drawn(2, (4, 2, 3)), F),
    "Yours is flat; the values are right.": (E.ravel(), E),
    "The expected value is flat; the values are right.": (E, E.ravel()),
    "Yours has as many values as expected, in another shape; the": (E.reshape(2, 6), E),
    "Yours has as many values as expected, in another shape.": (drawn(2, (2, 6)), E),
    "Yours has 4 × 4 values where 4 are expected, as when shape (4, 1) meets": (E[:, :1] - E[:, 0], E[:, 0]),
    "The sum along axis 1 of yours": (F[0, :, :3], F[0, :, :3].sum(1)),
    "The sum along axis 0 of yours is what is expected.": (E, E.sum(0)),
    "The mean along axis 1 of yours is what is expected.": (E, E.mean(1, keepdims=True)),
    "The largest value along axis 2 of yours is what": (F, F.max(2)),
    "Yours is the sum of the expected value along axis 0.": (E.sum(0), E),
    "Yours still has axis 0, of size 4.": (E, drawn(2, 3)),
    "Yours is a single number: the sum of the expected values.": (E.sum(), E),
    "Yours is a single number, where 12 are expected.": (1.2345678, E),
    "A single number is expected; it is the mean of yours.": (E, E.mean()),
    "A single number is expected.": (E, 1.2345678),
    "Yours has 1 row too few, at the start; all others are right.": (E[1:], E),
    "Yours has 1 column too few, at the end; all others are right.": (E[:, :-1], E),
    "Yours has 1 row too many, at the end; all others are right.": (np.vstack([E, E[:1]]), E),
    "Yours has 2 rows too many, at the start; all others are right.": (np.vstack([E[:2], E]), E),
    "Axis 0 of yours has size 3 in place of 4.": (drawn(2, (3, 3)), E),
    "Axis 0 of yours has size 1 in place of 4.": (E[:1], E),
    "Yours holds no values.": (np.empty((0, 3)), E),
}


@pytest.mark.parametrize("words", MADE)
def test_how_a_shape_is_related(words):
    assert words in of_shapes(*MADE[words])


def test_of_a_symmetric_table_no_axis_is_named():
    table = E @ E.T
    assert "axis" not in of_shapes(table, table.sum(0))


def test_of_unrelated_shapes_no_values_are_claimed():
    """Only the shapes may be spoken of, whatever two arrays of another shape hold."""
    rng = np.random.default_rng(0)
    shapes = [shape for shape in SMALL if shape != (30,)]
    for kind, make in KINDS.items():
        for actual in shapes:
            for expected in shapes:
                if actual != expected:
                    text = of_shapes(make(rng, actual), make(rng, expected))
                    claims = ("right.", "what is expected", "it is the", "number: the", "Yours is the")
                    assert not any(claim in text for claim in claims), (kind, actual, expected, text)
    assert of_shapes(drawn(0, (5, 6)), drawn(0, (2, 7))) == ""


def test_how_a_dtype_is_related():
    assert "torch's default is float32" in shapes.of_dtypes("float32", "float64")
    assert "are float64" in shapes.of_dtypes("float64", "float32")
    assert "whole numbers" in shapes.of_dtypes("int64", "float32")
    assert "Whole numbers are expected" in shapes.of_dtypes("float32", "int64")
    assert "True and False" in shapes.of_dtypes("bool", "float64")
    assert "comparison" in shapes.of_dtypes("uint8", "bool")
    assert "Keep the dtype" in shapes.of_dtypes("bfloat16", "float32")
    assert "complex" in shapes.of_dtypes("complex128", "float64")
    assert shapes.of_dtypes("int32", "int64") == ""
    assert shapes.of_dtypes("<U3", "float64") == ""
