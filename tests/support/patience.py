"""How long the tests wait for others: longer than a busy machine needs. That costs nothing when all goes well."""

import time
from collections.abc import Callable

SECONDS = 600.0  # for a program to end
BROWSER = 60_000.0  # milliseconds, for a browser to show something or to let itself be clicked


def wait_until(true: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Return as soon as `true()` holds. Raises AssertionError: `what` was not so within `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
