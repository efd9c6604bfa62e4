"""The button above an exercise in JupyterLab: what it asks of the server, and the file that JupyterLab loads."""

import asyncio
import hashlib
import json
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from course_tools.lab import hand_in
from tests.support import patience

FOLDER = hand_in.LABEXTENSIONS / "@deep-learning-by-hand" / "hand-in"


def test_only_exercises_are_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **options: object) -> SimpleNamespace:
        asked.append(command)
        return SimpleNamespace(returncode=len(asked) - 1, communicate=lambda timeout: ("said", None))

    monkeypatch.setattr(subprocess, "Popen", run)
    path = "assignments/03_backpropagation/03_backpropagation.ipynb"
    assert hand_in.submit(path) == {"said": "said", "file": "handin/03_backpropagation.zip"}
    assert hand_in.submit(path) == {"said": "said", "file": ""}  # the command failed: there is no file
    assert asked == [[sys.executable, "-m", "course_tools.cli", "submit", "03_backpropagation"]] * 2
    for other in ("chapters/03_x.ipynb", "assignments/03_x/03_y.ipynb", "../assignments/03_x/03_x.ipynb", "--help"):
        with pytest.raises(ValueError, match="is not a notebook of exercises"):
            hand_in.submit(other)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("at_once", "says"), [("raise KeyboardInterrupt", "KeyboardInterrupt"), ("print('packed')", "packed")]
)
def test_who_takes_too_long_is_told_to_stop_and_ends_what_it_began(
    monkeypatch: pytest.MonkeyPatch, at_once: str, says: str
) -> None:
    """`course submit` ends its kernel at Ctrl-C, and packs; to kill it at once would leave the kernel behind."""
    program = f"""
import signal, time
def stop(*_):
    {at_once}
    raise SystemExit
signal.signal(signal.SIGINT, stop)
print("begun", flush=True)
time.sleep({patience.SECONDS})
"""
    ran = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    assert ran.stdout
    assert ran.stdout.readline() == "begun\n"
    monkeypatch.setattr(hand_in, "SECONDS_TO_STOP", patience.SECONDS)
    assert says in hand_in._stopped(ran)


def test_who_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"""
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("begun", flush=True)
time.sleep({patience.SECONDS})
"""
    ran = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, encoding="utf-8")
    assert ran.stdout
    assert ran.stdout.readline() == "begun\n"
    monkeypatch.setattr(hand_in, "SECONDS_TO_STOP", 0)
    with pytest.raises(subprocess.TimeoutExpired):
        hand_in._stopped(ran)
    assert ran.poll() == -signal.SIGKILL


def test_two_clicks_do_not_race(monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[str] = []
    most: list[int] = []

    def submit(path: str) -> dict[str, str]:
        running.append(path)
        time.sleep(0.05)  # time for a second one to begin, if it could
        most.append(len(running))
        running.remove(path)
        return {}

    async def click() -> None:
        handler = SimpleNamespace(get_json_body=lambda: {"path": "x"}, finish=lambda said: None, current_user="ada")
        await hand_in.HandIn.post(handler)  # type: ignore[arg-type]

    async def twice() -> None:
        await asyncio.gather(click(), click())

    monkeypatch.setattr(hand_in, "submit", submit)
    asyncio.run(twice())
    assert most == [1, 1]


def test_a_browser_loads_a_changed_button_anew() -> None:
    """JupyterLab lets browsers keep such a file for a year; the address ends with a digest of it."""
    load = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["jupyterlab"]["_build"]["load"]
    name, _, version = load.partition("?v=")
    assert version == hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:8]
