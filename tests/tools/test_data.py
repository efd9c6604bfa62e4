"""The data sets: the same for the same seed, split without overlap, nothing fetched."""

import pytest
import torch

from course_utils import data


@pytest.mark.parametrize("make", [data.digits, data.moons, data.spirals])
def test_a_set_is_the_same_for_the_same_seed_and_another_for_another(make):
    once, again, other = make(seed=1), make(seed=1), make(seed=2)
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))
    assert not torch.equal(once.X_train, other.X_train)


@pytest.mark.parametrize("make", [data.digits, data.moons, data.spirals])
def test_no_example_is_in_both_parts(make):
    s = make(seed=0)
    rows = {tuple(row) for row in s.X_train.tolist()}
    assert not rows & {tuple(row) for row in s.X_test.tolist()}


def test_digits_are_whole_and_scaled():
    s = data.digits(dtype=torch.float64)
    assert (len(s.X_train), len(s.X_test)) == (1258, 539)
    assert s.X_train.dtype == torch.float64
    assert s.X_train.min() == 0
    assert s.X_train.max() == 1
    assert set(s.y_train.tolist()) == set(range(10))


@pytest.mark.parametrize("make", [data.moons, data.spirals])
def test_two_classes_are_balanced(make):
    s = make(n=400)
    share = torch.cat([s.y_train, s.y_test]).double().mean()
    assert share == 0.5


def test_a_split_keeps_inputs_and_labels_together():
    X = torch.arange(10.0)[:, None]
    s = data.split(X, torch.arange(10), test_share=0.3, seed=0)
    assert torch.equal(s.X_train[:, 0].long(), s.y_train)
    assert torch.equal(s.X_test[:, 0].long(), s.y_test)
    assert sorted([*s.y_train.tolist(), *s.y_test.tolist()]) == list(range(10))


def test_a_split_refuses_what_cannot_be_split():
    with pytest.raises(ValueError, match="must agree"):
        data.split(torch.ones(3, 1), torch.ones(2), 0.5, 0)
    with pytest.raises(ValueError, match="empty"):
        data.split(torch.ones(3, 1), torch.ones(3), 0.01, 0)
