"""What the widgets' tests share: an empty page in which a module's functions can be called."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def blank(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    yield context.new_page()
    context.close()
