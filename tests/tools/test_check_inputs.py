"""The call in a check: its inputs must be left alone, their sizes explain factors, its errors are explained."""

import numpy as np
import pytest
import torch

from course_utils import check
from course_utils.check.failure import CheckFailed
from course_utils.check.inputs import changed, copied, inputs, sizes

X = torch.arange(12.0).reshape(3, 4)
LABELS = [0, 2, 1]
TABLE = {"w": np.ones(5), "name": "a"}


def failed(call: object, expected: object) -> str:
    with pytest.raises(CheckFailed) as error:
        check.close("y", call, expected)
    return str(error.value)


def test_the_inputs_are_what_the_call_names() -> None:
    local = torch.ones(2)
    given = inputs(lambda: (X.sum(), LABELS, TABLE, local, np.pi, len))
    assert set(given) == {"X", "LABELS", "TABLE", "local"}


def test_a_right_answer_that_changes_an_input_fails() -> None:
    x = torch.ones(2, 3)
    said = failed(lambda: x.mul_(2), 2 * torch.ones(2, 3))
    assert said.startswith("✗ y is right, but the call changes x\n  → ")
    values = [1.0, 2.0]
    assert "changes values" in failed(lambda: values.append(3.0) or 5, 5)


@pytest.mark.parametrize(
    "x", [torch.tensor([1.0, float("nan")]), np.array([1, 2]), [1, [2, 3]], {"a": torch.ones(2)}]
)
def test_what_is_left_alone_is_not_reported(x: object) -> None:
    assert changed({"x": copied(x)}, {"x": x}) == []


@pytest.mark.parametrize(
    ("x", "change"),
    [
        (torch.zeros(2), lambda x: x.add_(1)),
        (np.zeros(2), lambda x: x.fill(1)),
        ([1, [2, 3]], lambda x: x[1].append(4)),
        ({"a": torch.ones(2)}, lambda x: x["a"].zero_()),
        ({"a": 1}, lambda x: x.update(b=2)),
        ((torch.ones(2), 3), lambda x: x[0].zero_()),
        ([0.5, 0.25], lambda x: x.sort()),
    ],
)
def test_every_kind_of_change_is_seen(x: object, change: object) -> None:
    before = copied(x)
    change(x)
    assert changed({"x": before}, {"x": x}) == ["x"]


def test_a_number_that_was_put_back_may_have_lost_its_last_digit() -> None:
    x = torch.tensor([0.3, 1e6], dtype=torch.float64)
    check.close("y", lambda: x.add_(0.1).sub_(0.2).add_(0.1).sum() * 0 + 1, torch.tensor(1.0, dtype=torch.float64))


def test_a_generator_may_be_used() -> None:
    rng = torch.Generator().manual_seed(0)
    check.close("shape", lambda: tuple(torch.randn(2, 3, generator=rng).shape), (2, 3))


def test_sizes_are_named_when_they_mean_one_thing() -> None:
    labels = torch.tensor([0, 1, 1])
    weights = torch.ones(5, 7)
    named = sizes({"X": X, "labels": labels, "weights": weights, "order": [1, 2, 3, 4, 5, 6]})
    assert named == {
        3: "the size of the first axis of X and labels",
        4: "the number of columns of X",
        5: "the number of rows of weights",
        6: "the number of entries of order",
        7: "the number of columns of weights",
    }
    assert sizes({"A": torch.ones(3, 4), "B": torch.ones(4, 5)}).get(4) is None


def test_the_expected_value_is_computed_before_the_call() -> None:
    x = torch.tensor([3.0, 1.0])
    assert "changes x" in failed(lambda: x.sub_(x.max()), x - x.max())


def test_an_error_in_the_call_is_a_short_message() -> None:
    def answer() -> torch.Tensor:
        raise IndexError("index 4 is out of bounds for dimension 0 with size 4")

    said = failed(lambda: answer(), torch.ones(2))
    assert said.startswith("✗ y raises IndexError")
    assert "Traceback" not in said


def test_several_plain_numbers_are_read_as_one_array() -> None:
    assert "differs in" not in failed(lambda: [2, 3, 4], [1, 2, 3])
    assert failed(lambda: [2, 3, 4], [1, 2, 3]).startswith("✗ y [0] is 2; it should be 1")


def test_the_place_of_an_item_of_an_item_is_one_phrase() -> None:
    said = failed(lambda: [(X, X[:2]), (X[1:], X)], [(X[:2], X[1:]), (X[2:], X)])
    assert "→ In [0], in [0]: Yours has 1 row too many, at the end" in said


def test_the_items_that_are_right_are_named() -> None:
    assert failed(lambda: (1.0, torch.ones(2)), (1.0, torch.zeros(2))).endswith("[0] is right.")
    said = failed(lambda: (1.0, 5.0, torch.ones(2)), (2.0, 5.0, torch.ones(2)))
    assert "[1] and [2] are right." in said
    assert "right" not in failed(lambda: [(122, 30), (5, 24)], [(26, 30), (83, 24)])  # not of the items of an item


def test_a_choice_and_predictions_are_held_to_their_form_alone(capsys: pytest.CaptureFixture) -> None:
    check.chosen("fault", "B", "ABCD")
    check.chosen("faults", ["B", "A"], "ABCD", count=2)
    check.predicted("sizes", [1.0, 2], count=2)
    assert capsys.readouterr().out.count("noted") == 3
    for answer, count, said in (
        (None, 1, "choose 1 of A, B, C, D: texts in quotes"),
        (["A", 3], 2, "texts in quotes"),
        ("E", 1, "holds 'E', which is none of the options"),
        (["A", "A"], 2, "holds 1 different ones"),
        (["A"], 2, "choose 2 of"),
    ):
        with pytest.raises(CheckFailed, match=said):
            check.chosen("fault", answer, "ABCD", count=count)
    for answer in (None, [1.0], [1.0, "2"], [1.0, float("nan")], [True, 1.0], torch.ones(2)):
        with pytest.raises(CheckFailed, match="write 2 numbers"):
            check.predicted("sizes", answer, count=2)
    for values, count, said in (
        (torch.ones(2), 2, "is a tensor; write 2 numbers in a list"),
        (np.ones(2), 2, "is an array; write 2 numbers in a list"),
        (torch.ones(()), 1, "is a tensor; write 1 number alone"),
    ):
        with pytest.raises(CheckFailed, match=f"^✗ sizes {said}$"):
            check.predicted("sizes", values, count=count)
