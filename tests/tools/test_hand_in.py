"""The button above an exercise in JupyterLab: what it asks of the server, and the file that JupyterLab loads."""

import hashlib
import json
import subprocess
import sys

import pytest

from course_tools.lab import hand_in

FOLDER = hand_in.LABEXTENSIONS / "@deep-learning-by-hand" / "hand-in"


def test_only_exercises_are_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, len(asked) - 1, "said")

    monkeypatch.setattr(subprocess, "run", run)
    path = "assignments/03_backpropagation/03_backpropagation.ipynb"
    assert hand_in.submit(path) == {"said": "said", "file": "handin/03_backpropagation.zip"}
    assert hand_in.submit(path) == {"said": "said", "file": ""}  # the command failed: there is no file
    assert asked == [[sys.executable, "-m", "course_tools.cli", "submit", "03_backpropagation"]] * 2
    for other in ("chapters/03_x.ipynb", "assignments/03_x/03_y.ipynb", "../assignments/03_x/03_x.ipynb", "--help"):
        with pytest.raises(ValueError, match="is not a notebook of exercises"):
            hand_in.submit(other)
    assert len(asked) == 2


def test_a_browser_loads_a_changed_button_anew() -> None:
    """JupyterLab lets browsers keep such a file for a year; the address ends with a digest of it."""
    load = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["jupyterlab"]["_build"]["load"]
    name, _, version = load.partition("?v=")
    assert version == hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:8]
