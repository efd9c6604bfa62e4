"""What a check that does not hold raises."""

from collections.abc import Sequence


class CheckFailed(AssertionError):
    """A check did not hold. The message is written for the person who reads it in a notebook."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message alone, without the wall of frames."""
        return [str(self)]


def failure(name: str, problem: str, hints: Sequence[str] = ()) -> CheckFailed:
    """The failure of the check `name`: what is wrong, then each hint on a line of its own."""
    return CheckFailed("\n".join([f"✗ {name} {problem}", *(f"  → {hint}" for hint in hints)]))
