"""A hint opens for the value that earns it, whatever its last digits, and for no other; a check works without it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from course_tools.authoring import build
from course_tools.authoring import hints as built
from course_tools.authoring.chance import sow
from course_utils import check
from course_utils.check import hints
from course_utils.check.failure import CheckFailed

VALUES = {
    "float64": torch.randn(4, 3, dtype=torch.float64),
    "float32": torch.randn(40, 3),
    "whole": torch.tensor([[1, 2], [3, 4]]),
    "bools": np.array([True, False, True]),
    "a number": 0.1 + 0.2,
    "a tuple": (torch.ones(2), 3, "text"),
    "a dict": {"loss": torch.tensor(0.25), "rate": 1e-3},
    "none": None,
    "not finite": torch.tensor([float("nan"), 1.0, float("-inf")]),
    "powers of two": torch.tensor([1.0, 0.5, -4.0], dtype=torch.float64),
    "zeros": torch.zeros(3, 2),
    "complex": np.array([1 + 2j, -0.5j]),
    "an error": IndexError("index 4 is out of bounds"),
}

DRAWS = """\
# %% setup
import torch

from course_utils import check

# %% doubled
def doubled(x: torch.Tensor) -> torch.Tensor:
    ### BEGIN SOLUTION
    return 2 * x + 0 * torch.rand(2)
    ### END SOLUTION

# %% test_doubled points=1
x = torch.tensor([0.7, 1.9])
check.close("twice", lambda: doubled(x), torch.tensor([1.4, 3.8]))
"""


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of locks, empty."""
    monkeypatch.setattr(hints, "FOLDER", tmp_path)
    hints.locks.cache_clear()
    yield tmp_path
    hints.locks.cache_clear()


def lock(folder: Path, name: str, value: object, hint: str) -> None:
    place, text = hints.locked(hints.key(name, value), hint)
    (folder / "90_x.json").write_text(json.dumps({"made_from": "", "locks": {place: text}}), encoding="utf-8")
    hints.locks.cache_clear()


@pytest.mark.parametrize("what", VALUES)
def test_a_hint_opens_for_its_value_alone(locks: Path, what: str) -> None:
    lock(locks, "loss", VALUES[what], "The sum runs over the rows.")
    assert hints.opened("loss", VALUES[what]) == ["The sum runs over the rows."]
    assert hints.opened("another check", VALUES[what]) == []
    for other, value in VALUES.items():
        assert (hints.opened("loss", value) == []) == (other != what)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_last_digits_do_not_matter_and_a_real_difference_does(locks: Path, dtype: torch.dtype) -> None:
    rng = torch.Generator().manual_seed(1)
    noise = 1e-13 if dtype is torch.float64 else 3e-6
    for size in ((3,), (5, 4), (2, 3, 4)):
        for _ in range(40):
            value = torch.randn(size, generator=rng, dtype=dtype) * 10 ** float(torch.randn((), generator=rng))
            lock(locks, "y", value, "hint")
            scale = value.abs().max()
            assert hints.opened("y", value + noise * scale * torch.randn(size, generator=rng, dtype=dtype)) == [
                "hint"
            ]
            assert hints.opened("y", value + 0.01 * scale) == []
            assert hints.opened("y", 2 * value) == []
            assert hints.opened("y", -value) == []


def test_a_number_at_the_border_of_two_cells_opens_from_both_sides(locks: Path) -> None:
    cell = 2.0**-22
    border = (1000 + 1 - 0.377) * cell  # see _cells; the largest number below sets the grid: 0.9
    for inside in (-1e-9, 1e-9):
        lock(locks, "y", np.array([border + inside * cell, 0.9]), "hint")
        assert hints.opened("y", np.array([border - inside * cell, 0.9])) == ["hint"]


def test_the_hint_cannot_be_read_in_the_file(locks: Path) -> None:
    lock(locks, "y", torch.ones(3), "The softmax runs over the examples.")
    assert "softmax" not in (locks / "90_x.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"locks": 3}', '{"locks": {"a": "b"}}'])
def test_files_that_cannot_be_read_are_left_out(locks: Path, text: str) -> None:
    lock(locks, "y", 1.5, "hint")
    (locks / "10_broken.json").write_text(text, encoding="utf-8")
    hints.locks.cache_clear()
    assert hints.opened("y", 1.5) == ["hint"]


def test_a_check_shows_it_and_works_without_it(locks: Path) -> None:
    with pytest.raises(CheckFailed) as without:
        check.close("y", lambda: 1.5, 2.0)
    lock(locks, "y", 1.5, "One of them is missing.\nIt is the first.")
    with pytest.raises(CheckFailed) as with_hint:
        check.close("y", lambda: 1.5, 2.0)
    assert str(with_hint.value).startswith(str(without.value).rstrip())
    assert str(with_hint.value).endswith("\n  → One of them is missing.\n  → It is the first.")


def test_an_error_and_a_changed_input_have_hints_too(locks: Path) -> None:
    def fails() -> None:
        raise ValueError("no rows")

    lock(locks, "y", ValueError("no rows"), "Leave a batch of one row alone.")
    with pytest.raises(CheckFailed, match="Leave a batch"):
        check.close("y", fails, 2.0)
    x = torch.ones(3)
    lock(locks, "y", "changes x", "Nudge a copy.")
    with pytest.raises(CheckFailed, match="Nudge a copy"):
        check.close("y", lambda: x.mul_(2), 2 * torch.ones(3))


def test_raises_names_the_mistake_by_its_value(locks: Path) -> None:
    lock(locks, "bad size", 3, "It was rounded silently.")
    with pytest.raises(CheckFailed, match="returns 3; it should raise ValueError\n  → It was rounded"):
        check.raises("bad size", ValueError, lambda: 3)


def test_what_chance_decides_locks_no_hint(tmp_path: Path) -> None:
    source, planted = tmp_path / "90_x.py", tmp_path / "slips.py"
    source.write_text(DRAWS, encoding="utf-8")
    planted.write_text("", encoding="utf-8")
    files = []
    for seed in (1, 2):
        sow(seed)
        files.append(built.text("90_x", build.nbgrader_source(source), planted))
    assert files[0] == files[1]
    locks = json.loads(files[0])["locks"]
    sow(built.SEEDS[0])
    for value, steady in (([2.1, 5.7], True), (torch.tensor([1.4, 3.8]) + torch.rand(2), False)):  # 3 * x; 1 * rand
        place, _ = hints.locked(hints.key("twice", torch.as_tensor(value)), "")
        assert (place in locks) == steady


def test_memory_that_was_not_filled_is_the_same_in_each_build(tmp_path: Path) -> None:
    source, planted = tmp_path / "90_x.py", tmp_path / "slips.py"
    source.write_text(DRAWS, encoding="utf-8")
    slip = '@slip("doubled", hint="It is not filled.")\ndef unfilled(x):\n    return torch.empty(2)\n'
    planted.write_text(slip, encoding="utf-8")
    locks = json.loads(built.text("90_x", build.nbgrader_source(source), planted))["locks"]
    place, _ = hints.locked(hints.key("twice", torch.full((2,), torch.nan)), "")
    assert place in locks
    assert not torch.are_deterministic_algorithms_enabled()
