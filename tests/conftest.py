"""What every test may use: the repository's root, a free port, and a real browser."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from course_tools.paths import ROOT
from tests.support.chromium import CHROMIUM_FLAGS

IN_CI = os.environ.get("CI") == "true"


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


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that gives a port nobody listens on."""

    def find() -> int:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return int(s.getsockname()[1])

    return find


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, started once for a file of tests (playwright.sync_api.Browser).

    Not for the whole session: while it is open, playwright keeps an event loop running, and asyncio.run fails.
    """
    chromium = need("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page in a context of its own (playwright.sync_api.Page)."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
