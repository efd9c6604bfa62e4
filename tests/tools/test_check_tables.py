"""The tables of a failed check: each wrong place is marked, for those who see no colour too, on any page."""

import sys

import IPython
import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_utils.check import tables
from course_utils.check.failure import failure
from tests.tools.test_plots import contrast

NUMBERS = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-300]))
SMALL_ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=2, max_side=5), elements=NUMBERS)
ONE_TWO = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def compared(actual: np.ndarray, expected: np.ndarray) -> str:
    return tables.compared(actual, expected, ~np.isclose(actual, expected, equal_nan=True))


def parsed(text: str) -> dict[str, list[list[Tag]]]:
    """The cells of each table, by its caption."""
    found = BeautifulSoup(text, "html.parser").find_all("table")
    return {t.caption.text: [row.find_all("td") for row in t.tbody.find_all("tr")] for t in found}


def style(cell: Tag) -> dict[str, str]:
    return dict(part.split(":") for part in str(cell["style"]).split(";"))


def changed(expected: np.ndarray, changes: dict[tuple[int, ...], float]) -> np.ndarray:
    actual = expected.copy()
    for place, value in changes.items():
        actual[place] = value
    return actual


# -- what is shown -------------------------------------------------------------------------------------------


def test_three_tables_show_both_values_and_their_difference() -> None:
    cells = parsed(compared(changed(ONE_TWO, {(0, 1): -2.5, (1, 2): 6.25}), ONE_TWO))
    texts = {name: [[cell.text for cell in row] for row in rows] for name, rows in cells.items()}
    assert texts == {
        "expected": [["1", "2", "3"], ["4", "5", "6"]],
        "yours": [["1", "✗ −2.5", "3"], ["4", "5", "✗ 6.25"]],
        "difference": [["0", "−4.5", "0"], ["0", "0", "+0.25"]],
    }


@given(SMALL_ARRAYS, st.data())
def test_the_wrong_places_and_only_they_are_marked_in_each_table(expected: np.ndarray, data: st.DataObject) -> None:
    actual = data.draw(hnp.arrays(np.float64, expected.shape, elements=NUMBERS))
    wrong = data.draw(hnp.arrays(np.bool_, expected.shape))
    cells = parsed(tables.compared(actual, expected, wrong))
    for place in np.ndindex(np.atleast_2d(wrong).shape) if wrong.any() else ():
        is_wrong = bool(np.atleast_2d(wrong)[place])
        first, second, third = (cells[name][place[0]][place[1]] for name in ("expected", "yours", "difference"))
        assert second.text.startswith("✗ ") == is_wrong
        for cell in (first, second, third):
            assert ("font-weight" in style(cell)) == is_wrong
        assert ("outline" in style(first)) == is_wrong
        assert ("background" in style(second)) == ("background" in style(third)) == is_wrong


def test_rows_and_columns_are_numbered_from_0_by_headers_with_a_scope() -> None:
    for table in BeautifulSoup(compared(ONE_TWO + 1, ONE_TWO), "html.parser").find_all("table"):
        heads = {scope: [th.text for th in table.find_all("th", scope=scope)] for scope in ("col", "row")}
        assert heads == {"col": ["0", "1", "2"], "row": ["0", "1"]}


def test_a_vector_is_one_row_without_a_number() -> None:
    text = compared(np.array([1, 2, 4]), np.array([1, 2, 3]))
    assert [[cell.text for cell in row] for row in parsed(text)["yours"]] == [["1", "2", "✗ 4"]]
    assert 'scope="row"' not in text


def test_of_more_dimensions_the_first_slice_with_a_wrong_place_is_named_and_shown() -> None:
    expected = np.zeros((2, 3, 2, 2))
    text = compared(changed(expected, {(0, 1, 1, 0): 7.0, (1, 2, 0, 0): 8.0}), expected)
    assert "[0, 1, :, :]" in text
    assert [[cell.text for cell in row] for row in parsed(text)["yours"]] == [["0", "0"], ["✗ 7", "0"]]


def test_the_whole_of_a_matrix_is_called_no_slice() -> None:
    assert ":, :]" not in compared(ONE_TWO + 1, ONE_TWO)


@pytest.mark.parametrize(
    ("actual", "expected", "texts"),
    [
        (np.array([True, False]), np.array([True, True]), ["True", "✗ False", "0", "−1"]),
        (np.array([1, 7], np.uint8), np.array([1, 9], np.uint8), ["1", "✗ 7", "0", "−2"]),
        (np.array([2**62, 0]), np.array([-(2**62), 0]), ["✗ 4.612e+18", "0", "+9.223e+18", "0"]),
        (np.array([np.nan, 1.0]), np.array([1.0, 1.0]), ["✗ nan", "1", "nan", "0"]),
        (np.array([np.nan, 1.0]), np.array([np.nan, 2.0]), ["nan", "✗ 1", "0", "−1"]),
        (np.array([-np.inf, 1.0]), np.array([0.0, 1.0]), ["✗ −inf", "1", "−inf", "0"]),
        (np.array([np.inf, np.inf]), np.array([-np.inf, np.inf]), ["✗ inf", "inf", "+inf", "0"]),
        (np.array([1 + 1e-9, 3.0]), np.array([1.0, 2.0]), ["1", "✗ 3", "≈ 0", "+1"]),
        (np.array([0.1, 9], np.float32), np.array([0.1, 1], np.float16), ["0.1", "✗ 9", "≈ 0", "+8"]),
    ],
)
def test_numbers_of_each_kind(actual: np.ndarray, expected: np.ndarray, texts: list[str]) -> None:
    wrong = ~np.isclose(actual, expected, rtol=1e-3, equal_nan=True)
    cells = parsed(tables.compared(actual, expected, wrong))
    assert [cell.text for name in ("yours", "difference") for cell in cells[name][0]] == texts


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (-0.5, "−0.5"), (1234.56, "1235"), (-1e-7, "−1e−07"), (123456.0, "1.235e+05"), (100_002, "100002")],
)
def test_a_number_has_at_most_four_digits_or_is_a_short_whole_number(number: float, text: str) -> None:
    assert tables._number(number) == text


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (np.array(1.0), np.array(2.0)),
        (ONE_TWO, ONE_TWO),
        (ONE_TWO, ONE_TWO[:1]),
        (np.ones((13, 2)), np.zeros((13, 2))),
        (np.ones(13), np.zeros(13)),
        (np.ones((2, 1, 13)), np.zeros((2, 1, 13))),
        (np.ones((0, 3)), np.zeros((0, 3))),
        (np.array([1j]), np.array([2j])),
        (np.array([10**30], object), np.array([1], object)),
        (np.array(["<b>"]), np.array(["b"])),
    ],
)
def test_nothing_is_shown_where_tables_would_not_help(actual: np.ndarray, expected: np.ndarray) -> None:
    assert tables.compared(actual, expected, np.asarray(actual != expected)) == ""


def test_twelve_rows_and_columns_are_shown() -> None:
    assert len(parsed(compared(np.ones((12, 12)), np.zeros((12, 12))))["yours"]) == 12


# -- how it looks --------------------------------------------------------------------------------------------


@given(SMALL_ARRAYS, st.data())
def test_every_coloured_cell_has_a_text_colour_that_can_be_read_on_it(
    expected: np.ndarray, data: st.DataObject
) -> None:
    actual = data.draw(hnp.arrays(np.float64, expected.shape, elements=NUMBERS))
    for rows in parsed(compared(actual, expected)).values():
        for said in (style(cell) for row in rows for cell in row):
            assert ("background" in said) == ("color" in said)
            if "color" in said:
                assert contrast(said["color"], said["background"]) >= 4.5


def test_every_colour_of_the_scale_can_be_read_and_tells_the_sign() -> None:
    for gap in np.linspace(0.001, 1, 101):
        above, below = tables._ground(gap, 1.0), tables._ground(-gap, 1.0)
        assert min(contrast(tables.TEXT, colour) for colour in (above, below)) >= 4.5
        assert int(above[1:3], 16) > int(above[5:], 16) + 20  # orange: more red than blue
        assert int(below[5:], 16) > int(below[1:3], 16) + 20
    assert tables._ground(1.0, 1.0) == tables.POSITIVE
    assert tables._ground(-np.inf, 1.0) == tables.NEGATIVE


@pytest.mark.parametrize("page", ["#ffffff", "#131416"])
def test_the_outline_is_seen_on_light_and_dark_pages(page: str) -> None:
    assert contrast(tables.OUTLINE, page) >= 3


def test_a_larger_difference_has_a_stronger_colour() -> None:
    strength = [int(tables._ground(gap, 1.0)[5:], 16) for gap in np.linspace(0, 1, 11)]
    assert strength == sorted(strength, reverse=True)


def test_the_style_stands_in_the_cells_and_text_is_escaped() -> None:
    text = compared(ONE_TWO + 1, ONE_TWO)
    assert "<style" not in text
    assert "class=" not in text
    assert "&lt;b&gt;" in tables._table("<b>", [[tables.Cell("<i>")]], 3, True)
    assert "<i>" not in tables._table("<b>", [[tables.Cell("<i>")]], 3, True)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "rows"), [(1000, 1), (360, 3)])
def test_the_tables_stand_side_by_side_or_below_each_other_and_scroll_in_themselves(
    page, width: int, rows: int
) -> None:
    page.set_viewport_size({"width": width, "height": 600})
    page.set_content(compared(ONE_TWO[[0, 1, 1]] * 1.111, ONE_TWO[[0, 1, 1]]))
    tops = page.locator("table").evaluate_all("tables => tables.map(t => t.getBoundingClientRect().top)")
    assert len(set(tops)) == rows
    page.set_content(compared(np.full((12, 12), -1.234e-5), np.zeros((12, 12))))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# -- where it is shown ---------------------------------------------------------------------------------------


class ZMQInteractiveShell:
    """As IPython's shell in a Jupyter kernel is called."""


class Colab(ZMQInteractiveShell):
    """Colab's is derived from it."""


class TerminalInteractiveShell: ...


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda shown: texts.append(shown.data))
    return texts


@pytest.mark.parametrize(
    ("shell", "number"),
    [(ZMQInteractiveShell(), 1), (Colab(), 1), (TerminalInteractiveShell(), 0), (None, 0)],
    ids=["Jupyter", "Colab", "terminal", "Python"],
)
def test_only_a_notebook_shows_the_tables(
    shell: object, number: int, displayed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    tables.shown(ONE_TWO + 1, ONE_TWO, ONE_TWO > 0)
    assert displayed == [tables.compared(ONE_TWO + 1, ONE_TWO, ONE_TWO > 0)] * number


def test_a_failure_that_is_rendered_twice_shows_its_tables_once(
    displayed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IPython, "get_ipython", ZMQInteractiveShell)
    failed = failure("loss", "differs", arrays=(ONE_TWO + 1, ONE_TWO, np.ones_like(ONE_TWO, bool)))
    assert failed._render_traceback_() == failed._render_traceback_() == ["✗ loss differs"]
    assert len(displayed) == 1


def test_without_ipython_nothing_is_shown(displayed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython")
    tables.shown(ONE_TWO + 1, ONE_TWO, ONE_TWO > 0)
    assert displayed == []


def test_empty_tables_are_not_displayed(displayed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IPython, "get_ipython", ZMQInteractiveShell)
    tables.shown(ONE_TWO, ONE_TWO, ONE_TWO < 0)
    assert displayed == []


def test_tables_that_cannot_be_made_or_shown_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(shown: object) -> None:
        raise OSError("the frontend is gone")

    monkeypatch.setattr(IPython, "get_ipython", ZMQInteractiveShell)
    monkeypatch.setattr("IPython.display.display", refuses)
    tables.shown(ONE_TWO + 1, ONE_TWO, ONE_TWO > 0)
    tables.shown(None, "text", 3)
