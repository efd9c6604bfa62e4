"""Every widget in a real browser, as its example.py says: numbers, controls, bad input, accessibility; JupyterLab."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page, expect

from course_tools.authoring.build import KERNELSPEC
from course_utils.widgets.kit.base import CourseWidget
from course_utils.widgets.kit.example import Bad, Press
from tests.support.widget_driver import act, call, status
from tests.support.widget_pages import EXAMPLES, open_page, static_page

pytestmark = pytest.mark.browser
NAMES = list(EXAMPLES)


@cache
def made(name: str) -> CourseWidget:
    """The widget of an example, made once: a static page holds a copy of its state."""
    return EXAMPLES[name].make()


@pytest.mark.parametrize("name", NAMES)
def test_a_widget_computes_what_python_computes(blank, name):
    compared = 0
    for case in EXAMPLES[name].equal():
        got = call(blank, f"{name}/widget", case.code, case.argument)
        for there, here in case.pairs(got):
            np.testing.assert_allclose(
                np.asarray(there, float), np.asarray(here, float), case.rtol, case.atol, err_msg=str(case.argument)
            )
            compared += 1
    assert compared > 0


# -- on a static page ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gallery() -> str:
    """One static page with every widget."""
    return static_page(*map(made, NAMES))


@pytest.fixture(scope="module")
def opened(browser, gallery, tmp_path_factory) -> Any:
    """The gallery, opened once for each way to use it: a function of "mouse", "touch" or "keyboard"."""
    pages: dict[str, Page] = {}

    def page(how: str) -> Page:
        if how not in pages:
            pages[how] = open_page(browser, gallery, tmp_path_factory.mktemp(how), has_touch=how == "touch")
        return pages[how]

    yield page
    for each in pages.values():
        each.context.close()


@pytest.mark.parametrize("how", ["mouse", "touch", "keyboard"])
@pytest.mark.parametrize("name", NAMES)
def test_a_widget_answers_on_a_static_page(opened, name, how):
    page = opened(how)
    root = page.locator(".dl-widget").nth(NAMES.index(name))
    example = EXAMPLES[name]
    for action in example.keys if how == "keyboard" else example.pointer:
        act(root, action, touch=how == "touch")
    assert page.problems == []


def test_what_a_finger_drags_keeps_the_touch_for_itself(opened):
    """Else the browser may take the drag for a fling, which swallows the next tap: 6 of 30 on a busy machine."""
    touched = (
        "(all) => all.map((x) => !x.dispatchEvent(new Event('touchstart', { cancelable: true, bubbles: true })))"
    )
    kept = opened("touch").locator("[role=slider]:not(input)").evaluate_all(touched)
    assert len(kept) > 5
    assert all(kept)


def test_play_moves_and_stops(browser, tmp_path):
    played = {name: example.plays for name, example in EXAMPLES.items() if example.plays}
    text = static_page(*map(made, played))
    page = open_page(browser, text, tmp_path, reduced_motion="reduce")
    roots = [page.locator(".dl-widget").nth(i) for i in range(len(played))]
    for root in roots:
        play = root.get_by_role("button", name="Play")
        assert play.evaluate("(button) => { button.click(); return button.textContent; }") == "Pause"
    for root, end in zip(roots, played.values(), strict=True):
        expect(root.locator(".dl-status")).to_contain_text(end, timeout=30_000)
        root.get_by_role("button", name="Play").wait_for()
    assert len(played) >= 2
    page.context.close()


def test_two_views_of_one_widget_stay_in_step(browser, tmp_path):
    page = open_page(browser, static_page(*(made(name) for name in NAMES for _ in range(2))), tmp_path)
    for i, example in enumerate(EXAMPLES.values()):
        first, second = (page.locator(".dl-widget").nth(2 * i + k) for k in (0, 1))
        actions = example.keys[:2] if example.shared else example.keys[:1]
        for root, other, action in zip((first, second), (second, first), actions, strict=False):
            before = status(other)
            said = act(root, action)
            expect(other.locator(".dl-status")).to_have_text(said if example.shared else before, use_inner_text=True)
    page.context.close()


MODEL = """
  const state = x, heard = new Set();
  const model = { get: (k) => state[k], set: (k, v) => (state[k] = v), save_changes() {},
                  on: (k, f) => heard.add(f), off: (k, f) => heard.delete(f) };
  const el = document.body.appendChild(document.createElement('div'));
  if (state.weights) state.weights = new DataView(Uint8Array.from(state.weights).buffer);
  if (state.frames) state.frames = new DataView(Uint8Array.from(state.frames).buffer);
  const cleanup = m.default.render({ model, el });
  const before = heard.size;
  cleanup();
  return [before, heard.size, el.querySelector('.dl-error').textContent];"""


@pytest.mark.parametrize("name", NAMES)
def test_a_view_that_goes_leaves_no_listener_behind(blank, name):
    widget = made(name)
    state = {trait: plain(getattr(widget, trait)) for trait in widget.keys if not trait.startswith("_")}
    before, after, error = call(blank, f"{name}/widget", MODEL, {k: v for k, v in state.items() if v is not None})
    assert error == ""
    assert before > 0
    assert after == 0


def plain(value: Any) -> Any:
    """What JSON can hold of a trait; None for what belongs to Jupyter's layout."""
    if isinstance(value, bytes):
        return list(value)
    return value if isinstance(value, str | int | float | list | dict) else None


# -- bad input ----------------------------------------------------------------------------------------------------


def bad_states(name: str) -> list[Bad]:
    """What the example lists, and for each number or choice a value beyond the bounds of its trait."""
    widget, states = made(name), list(EXAMPLES[name].bad)
    for trait, bounds in widget.bounds.items():
        if isinstance(getattr(widget, trait), list):
            continue
        if "values" in bounds:
            states.append(Bad({trait: "?"}, "is not one of"))
        states += [Bad({trait: bounds["min"] - 1}, "must lie between")] if "min" in bounds else []
        states += [Bad({trait: bounds["max"] + 1}, "must lie between")] if "max" in bounds else []
    return states


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_answered_by_a_sentence(browser, tmp_path, name):
    states = bad_states(name)
    page = open_page(browser, static_page(made(name), changes=[bad.state for bad in states]), tmp_path)
    for i, bad in enumerate(states):
        root = page.locator(".course-widget").nth(i)
        root.scroll_into_view_if_needed()
        error = root.get_by_role("alert").filter(has_text=" ")
        error.wait_for()
        assert bad.says in error.inner_text(), bad
        assert error.inner_text().endswith(".")
    status(page.locator(".dl-widget").nth(len(states)))  # the one beside them works
    assert page.problems == []
    page.context.close()


# -- how it looks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "width"), [("light", 1000), ("dark", 1000), ("light", 390), ("dark", 390)])
def test_every_widget_is_accessible_and_fits(browser, gallery, tmp_path, mode, width):
    text = gallery.replace('data-theme="light"', f'data-theme="{mode}"')
    page = open_page(browser, text, tmp_path, width=width, has_touch=width == 390)
    for i in range(len(NAMES)):
        status(page.locator(".dl-widget").nth(i))
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.problems == []
    page.context.close()


# -- JupyterLab ---------------------------------------------------------------------------------------------------

SHOW = """
import importlib
from course_utils.widgets import FOLDERS
examples = [importlib.import_module(f"course_utils.widgets.{name}.example").EXAMPLE for name in FOLDERS]
display(*[example.make() for _ in range(2) for example in examples])  # for the keys, and for the mouse
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab's address, with a notebook that shows every widget twice."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(SHOW)]
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), folder / "widgets.ipynb"
    )
    settings = folder / "config" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"maxNumberOutputs": 1000}')  # else 50, and 0 means 50
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}",
         "--IdentityProvider.token=", "--LabApp.collaborative=False", f"--ServerApp.root_dir={folder}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data")},
    )  # fmt: skip
    yield f"http://127.0.0.1:{port}/lab/tree/widgets.ipynb"
    server.terminate()
    server.wait(30)


def test_every_widget_answers_in_jupyterlab_with_the_same_numbers(browser, lab, gallery, tmp_path):
    static = open_page(browser, gallery, tmp_path)
    page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
    _open_when_ready(page, lab)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".dl-widget").nth(2 * len(NAMES) - 1).wait_for(timeout=90_000)
    for i, (name, example) in enumerate(EXAMPLES.items()):
        here, there = page.locator(".dl-widget").nth(i), static.locator(".dl-widget").nth(i)
        assert status(here) == status(there)
        assert said(here, example.keys) == said(there, example.keys), name
        for action in example.pointer:
            act(page.locator(".dl-widget").nth(len(NAMES) + i), action)
    page.context.close()
    static.context.close()


def said(root: Any, keys: Sequence[Press]) -> list[str]:
    """What a widget says after each of its keys."""
    return [act(root, action) for action in keys]


def _open_when_ready(page: Any, address: str) -> None:
    """Open a page of a server that is still starting."""
    for _ in range(120):
        try:
            page.goto(address)
            break
        except Error:
            page.wait_for_timeout(500)
    page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for(timeout=90_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=90_000)
    page.get_by_text("| Idle", exact=False).wait_for(timeout=90_000)
    page.get_by_role("button", name="No", exact=True).click()  # no Jupyter news
    # on a busy machine the kernel may come after its sign: then JupyterLab asks which one
    page.add_locator_handler(page.get_by_role("button", name="Select", exact=True), lambda button: button.click())
