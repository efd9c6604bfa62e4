"""course_utils.check must pass what is right, reject what is wrong, and say which it was."""

import json

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_utils import check
from course_utils.check import CheckFailed

FLOATS = st.floats(-1e6, 1e6, allow_subnormal=False)
ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=5), elements=FLOATS)


def failure(*args, **kwargs) -> str:
    with pytest.raises(CheckFailed) as caught:
        check.close(*args, **kwargs)
    return str(caught.value)


@given(ARRAYS)
def test_a_value_agrees_with_itself_as_array_and_as_tensor(a):
    check.close("a", a, a.copy())
    check.close("a", torch.tensor(a), torch.tensor(a))


@given(ARRAYS, st.data())
def test_one_wrong_place_is_found_and_named(a, data):
    index = data.draw(st.tuples(*(st.integers(0, n - 1) for n in a.shape)))
    b = a.copy()
    b[index] += 1 + abs(b[index])
    message = failure("a", b, a)
    if len(a.shape) > 0:
        assert f"in 1 of {a.size} places" in message
        assert f"[{', '.join(map(str, index))}]" in message


@given(ARRAYS)
def test_agrees_with_numpy_about_what_is_close(a):
    b = a * (1 + 3e-7)
    if np.allclose(b, a, rtol=1e-7, atol=1e-7):
        check.close("a", b, a)
    else:
        failure("a", b, a)


@given(ARRAYS)
def test_another_shape_never_passes_though_it_would_broadcast(a):
    assert "has shape" in failure("a", a[None], a)
    assert "has shape" in failure("a", a.reshape(-1)[:1], a[None])


@given(ARRAYS)
def test_another_dtype_never_passes(a):
    assert "has dtype float32" in failure("a", a.astype(np.float32), a)


@given(ARRAYS)
def test_a_tensor_is_not_an_array(a):
    assert "is an array; it should be a tensor" in failure("a", a, torch.tensor(a))
    assert "is a tensor; it should be an array" in failure("a", torch.tensor(a), a)


@given(ARRAYS, st.floats(1.5, 10))
def test_the_slip_is_recognised(a, factor):
    assume(np.abs(a).max() > 1)
    slips = {"halved": a / 2, "scaled": a * factor}
    assert failure("a", a * factor, a, slips=slips).endswith("→ scaled")
    other = failure("a", a * -factor, a, slips=slips)
    assert "halved" not in other
    assert "scaled" not in other


def test_a_slip_that_equals_the_expected_value_is_refused_where_an_author_runs_the_chapter(monkeypatch):
    check.close("mean", 2.0, 2.0, slips={"a reader changed the inputs": 2.0})
    monkeypatch.setenv("COURSE_AUTHOR", "1")
    with pytest.raises(ValueError, match="change the inputs"):
        check.close("mean", torch.ones(1), torch.ones(1), slips={"a mean over a batch of one": torch.ones(1)})


@pytest.mark.parametrize(
    ("actual", "expected", "said"),
    [
        (None, 1.0, "is a return missing?"),
        (True, 1, "is a bool; it should be a number"),
        (float("nan"), 1.0, "is nan"),
        (1.0, float("nan"), "should be nan"),
        (float("inf"), 1.0, "is inf"),
        (torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 2.0]), "is nan"),
        (torch.tensor([2**62 + 1]), torch.tensor([2**62]), "4611686018427387905"),
        (torch.tensor([True]), torch.tensor([False]), "is True"),
        ("yes", "no", "is 'yes'; it should be 'no'"),
        ([1, 2], (1, 2), "is a list; it should be a tuple"),
        ((1, 2), (1, 2, 3), "has 2 items; it should have 3"),
        ((1.0, 5.0), (1.0, 2.0), "[1] is 5"),
        ({"a": 1}, {"b": 1}, "has the keys ['a']"),
        ({"a": 1.0}, {"a": 2.0}, "['a'] is 1"),
        (object(), 1.0, "is of type object"),
        (torch.tensor(1.0), 1.0, "is a tensor; it should be a number"),
        (torch.zeros(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.bfloat16), "in 2 of 2 places"),
        (torch.zeros(2, dtype=torch.uint8), torch.full((2,), 255, dtype=torch.uint8), "largest difference 255"),
        (torch.tensor([1 + 1j]), torch.tensor([1 - 1j]), "differs in 1 of 1"),
    ],
)
def test_what_differs_is_said(actual, expected, said):
    assert said in failure("x", actual, expected)


@pytest.mark.parametrize(
    "value",
    [
        1,
        2.5,
        "text",
        True,
        None,
        [1, (2.0, {"k": 3})],
        torch.ones(0),
        np.array(3),
        float("nan"),
        torch.tensor(float("inf")),
    ],
)
def test_equal_values_pass(value, capsys):
    check.close("x", value, value)
    assert capsys.readouterr().out.startswith("✓ x: ")


def test_a_number_may_be_of_any_numeric_type():
    check.close("x", np.float64(2.0), 2)
    check.close("x", 2, 2.0)


def test_an_object_that_claims_to_equal_everything_does_not_pass():
    class Equal:
        dtype, shape = torch.float32, (2,)

        def __eq__(self, other):
            return True

        __hash__ = None

    assert "is of type Equal" in failure("x", Equal(), torch.ones(2))


def test_tolerances_can_be_set():
    check.close("x", 1.05, 1.0, rtol=0, atol=0.1)
    failure("x", 1.05, 1.0, rtol=0, atol=0.01)


def test_reaches_holds_a_bound(capsys):
    check.reaches("accuracy", 0.95, at_least=0.9)
    check.reaches("error", torch.tensor(0.05), at_most=0.1)
    assert capsys.readouterr().out == "✓ accuracy: 0.9 ≤ 0.95\n✓ error: 0.05 ≤ 0.1\n"


@pytest.mark.parametrize(
    ("value", "bound"),
    [(0.89, {"at_least": 0.9}), (0.2, {"at_most": 0.1}), (float("nan"), {"at_least": 0}), (np.inf, {"at_least": 0})],
)
def test_reaches_fails_below_above_and_without_a_number(value, bound):
    with pytest.raises(CheckFailed):
        check.reaches("result", value, **bound)


def test_reaches_needs_a_bound():
    with pytest.raises(ValueError, match="at_least or at_most"):
        check.reaches("result", 1.0)


def test_reaches_records_what_it_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_RECORD", str(tmp_path / "record"))
    check.reaches("accuracy", 0.95, at_least=0.9)
    with pytest.raises(CheckFailed):
        check.reaches("accuracy", 0.5, at_least=0.9)
    rows = [json.loads(line) for line in (tmp_path / "record").read_text().splitlines()]
    assert [row["value"] for row in rows] == [0.95, 0.5]  # also the one that failed


def test_raises_passes_only_for_the_right_error():
    check.raises("bad size", ValueError, lambda: int("x"))
    with pytest.raises(CheckFailed, match="raises TypeError"):
        check.raises("bad size", ValueError, lambda: int(None))
    with pytest.raises(CheckFailed, match="returns 3; it should raise ValueError\n  → silently rounded"):
        check.raises("bad size", ValueError, lambda: 3, slips={"silently rounded": 3})


def test_catches_fails_when_the_bug_passes(capsys):
    check.catches("a planted bug", lambda: check.close("x", 1, 2))
    assert "caught, a planted bug" in capsys.readouterr().out
    with pytest.raises(CheckFailed, match="was not caught"):
        check.catches("no bug at all", lambda: check.close("x", 1, 1))


def test_the_seed_is_the_chapters_unless_another_is_asked_for(monkeypatch):
    monkeypatch.delenv("COURSE_SEED", raising=False)
    assert check.seed(3) == 3
    monkeypatch.setenv("COURSE_SEED", "4")
    assert check.seed(3) == 4


def test_a_notebook_shows_the_message_without_a_traceback():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shown = []
    shell._showtraceback = lambda etype, value, lines: shown.extend(lines)
    shell.run_cell("from course_utils import check\ncheck.close('dW', 1.0, 2.0, slips={'halved': 1.0})")
    assert shown == ["✗ dW is 1; it should be 2\n  → halved"]


def test_a_long_message_is_shown_in_lines_that_break_between_words():
    hint = "Large logits overflow: " + "take each row's maximum off first, and " * 4
    lines = check.CheckFailed(f"✗ loss differs\n  → {hint}")._render_traceback_()[0].split("\n")
    assert lines[0] == "✗ loss differs"
    assert lines[1].startswith("  → Large logits overflow: take")
    assert max(map(len, lines)) <= 88
    assert " ".join(" ".join(lines).split()) == " ".join(f"✗ loss differs → {hint}".split())


# Planted bugs of the kind that a course meets: close() must reject each on inputs of which no two sizes are equal.
X = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
PLANTED = {
    "mean for sum": X.mean(0),
    "transposed": X.T,
    "wrong axis": X.sum(1),
    "sign": -X,
    "one row missing": X[:-1],
    "rounded to float32 and back": X.float().double(),
    "one entry zeroed": X.clone().index_fill_(0, torch.tensor([2]), 0),
    "rows swapped": X[[1, 0, 2, 3]],
}


@pytest.mark.parametrize("bug", PLANTED)
def test_planted_bugs_are_rejected(bug):
    expected = X.sum(0) if bug in ("mean for sum", "wrong axis") else X
    failure(bug, PLANTED[bug], expected, rtol=1e-9, atol=1e-9)
