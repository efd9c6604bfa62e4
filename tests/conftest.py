"""What every test may use: the repository's root, a free port, a real browser, the built site; and who runs where."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from course_tools.paths import ROOT
from tests.support import patience
from tests.support.chromium import CHROMIUM_FLAGS

IN_CI = os.environ.get("CI") == "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-mutants", action="store_true", help="try the mutants of every exercise, changed or not")


# -- which tests run together, and which begin first (pytest -n 2 --dist loadgroup) ---------------------------------


@pytest.hookimpl(wrapper=True)  # before xdist, which reads the marks in the same hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Tests of a file that share a fixture of its own stay together; slow groups begin first, single tests last."""
    if getattr(config.option, "loadgroup", False):
        groups = {item: group(item) for item in items}
        slow = {groups[item] or item for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: ((groups[item] or item) not in slow, not groups[item]))
        for item in items:
            if groups[item]:
                item.add_marker(pytest.mark.xdist_group(groups[item]))
    yield


def group(item: pytest.Item) -> str:
    """The file of a test that uses a fixture made once for the file, and the fixture's parameter; else nothing."""
    fixtures = item._fixtureinfo.name2fixturedefs
    shared = [name for name, made in fixtures.items() if made[-1].scope == "module" and made[-1].baseid != "tests"]
    parameters = item.callspec.indices if hasattr(item, "callspec") else {}
    numbers = [str(parameters[name]) for name in shared if name in parameters]
    return "-".join([item.path.stem, *numbers]) if shared else ""


# -- fixtures -------------------------------------------------------------------------------------------------------


def need(command: str) -> str:
    """The path of a program that a test needs: where it is missing, CI fails and another machine skips."""
    path = shutil.which(command)
    if path is None:
        (pytest.fail if IN_CI else pytest.skip)(f"{command} is not installed")
    return path


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that gives a port nobody listens on."""

    def find() -> int:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return int(s.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def html(testrun_uid: str) -> Path:
    """The pages of the whole course in site/_build, brought up to date once in a run of the tests."""
    from course_tools.website import site

    built_by = ROOT / ".cache" / "site-of-tests"
    built_by.parent.mkdir(exist_ok=True)
    with FileLock(built_by.with_suffix(".lock")):
        if not built_by.exists() or built_by.read_text() != testrun_uid:
            site.build(say=False)
            built_by.write_text(testrun_uid)
    return site.SITE / "_build" / "html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, started once for a file of tests (playwright.sync_api.Browser).

    Not for the whole session: while it is open, playwright keeps an event loop running, and asyncio.run fails.
    """
    chromium = need("chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=patience.BROWSER)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS, timeout=patience.BROWSER)
        started.new_context, started.new_page = patient(started.new_context), patient(started.new_page)
        yield started
        started.close()


def patient(make: Callable[..., Any]) -> Callable[..., Any]:
    """A browser's `new_context` or `new_page` that gives a busy machine time for every action."""

    def made(**options: Any) -> Any:
        it = make(**options)
        it.set_default_timeout(patience.BROWSER)
        return it

    return made


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page in a context of its own (playwright.sync_api.Page)."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
