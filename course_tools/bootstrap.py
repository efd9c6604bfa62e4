"""Make .venv and install into it what a command needs, once; `make` runs this before every command.

    python3 course_tools/bootstrap.py [lab | site | dev]

Standard library only, and nothing that Python 3.6 could not parse: an old Python must get as far as the sentence
that tells it so.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "Python 3.11 or newer is needed, up to 3.13; this is {}.{}. Install one of these, "
        "or name it if you have it: make lab PYTHON=python3.12".format(*sys.version_info[:2])
    )

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What can be installed: each holds the one before it. `lab` is what the course itself needs, the others are extras.
GROUPS = {"lab": "", "site": "[site]", "dev": "[dev]"}
NEEDED_GB = 3.5  # the packages take 2 GB; while they are installed, they lie on the disk unpacked and packed

# What pip writes when it fails, and what to tell the user.
FAILURES = {
    r"No space left on device|Errno 28": "The disk is full. Make room (3.5 GB are needed) and call make again.",
    r"NewConnectionError|ConnectTimeout|ReadTimeout|NameResolution|name resolution|ProxyError|SSLError": (
        "The packages could not be fetched: there is no way to the package index. "
        "Check the network (or pip's proxy settings) and call make again."
    ),
    r"Permission denied|Errno 13": (
        "A file cannot be written. Give yourself write access to this folder and call make again."
    ),
}


class SetupError(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def fingerprint(root: Path, version: str, group: str) -> dict[str, str]:
    """What the environment was made from: if any of it changes, it is no longer the right one."""
    files = b"".join((root / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    return {"root": str(root), "python": version, "files": hashlib.sha256(files).hexdigest(), "group": group}


def environments_python(root: Path) -> str:
    """The version ("3.11") of the Python in .venv; empty when there is none that runs."""
    command = [str(root / ".venv/bin/python"), "-ISc", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def read_stamp(root: Path) -> dict[str, str]:
    """The fingerprint that the last complete set-up left; empty when there was none."""
    try:
        return dict(json.loads((root / ".venv/ready.json").read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def require_room(root: Path) -> None:
    """Raise SetupError unless the disk can hold the packages and this Python can make environments."""
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise SetupError(
            "This Python cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv"
        )
    free = shutil.disk_usage(root).free / 1e9
    if free < NEEDED_GB:
        raise SetupError(f"The disk has {free:.1f} GB left; {NEEDED_GB} are needed. Make room and call make again.")


def make_environment(root: Path) -> None:
    """A new, empty .venv in the place of whatever is there."""
    say("making the environment")
    shutil.rmtree(root / ".venv", ignore_errors=True)
    venv.create(root / ".venv", with_pip=True, symlinks=True)


def install(root: Path, group: str) -> None:
    """Install the course, editable, with what the group needs, in the versions of constraints.txt."""
    command = [".venv/bin/python", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "-c", "constraints.txt", "-e", f".{GROUPS[group]}"]
    pip = subprocess.Popen(
        command, cwd=root, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert pip.stdout is not None
    say("fetching packages")
    log = list(follow(pip.stdout))
    if pip.wait() != 0:
        (root / ".venv/setup.log").write_text("".join(log))
        raise SetupError(explain("".join(log)))


def follow(lines: Iterable[str]) -> Iterator[str]:
    """Pass pip's lines on, and say what it is doing: a line that changes, then one for the long silence."""
    for line in lines:
        package = re.match(r"(?:Collecting|Processing) ([^\s;(]+)", line)
        if package:
            say(f"fetching {os.path.basename(package[1])}", passing=True)
        elif line.startswith("Installing collected packages"):
            say(f"installing {line.count(',') + 1} packages (about a minute)")
        yield line


def explain(log: str) -> str:
    """One sentence for the reason why the set-up failed, and what to do."""
    for pattern, sentence in FAILURES.items():
        if re.search(pattern, log):
            return sentence
    lines = log.splitlines() or ["it said nothing"]
    reason = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
    return (
        f"The set-up failed: {reason[:300].replace('ERROR: ', '')} (What pip said is in .venv/setup.log, if it ran.)"
    )


def say(text: str, passing: bool = False) -> None:
    """Print a step; on a terminal a `passing` one is written over by the next, elsewhere it is left out."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {text}", end="" if passing else "\n", flush=True)
    elif not passing:
        print(f"  {text}", flush=True)


def set_up(root: Path, group: str) -> None:
    """Bring .venv up to date, or make it anew when an earlier set-up was interrupted or its Python is gone.

    What an earlier call installed for a larger group stays and is kept up to date with the rest.
    """
    stamp, version = read_stamp(root), environments_python(root)
    group = max(group, stamp.get("group", "lab"), key=list(GROUPS).index)
    wanted = fingerprint(root, version, group)
    if version and stamp == wanted:
        return
    start = time.monotonic()
    if version and all(stamp.get(name) == wanted[name] for name in ("root", "python")):
        print("Updating the course's packages in .venv", flush=True)
    else:
        print("Setting up the course's packages in .venv (about two minutes, 2 GB)", flush=True)
        require_room(root)
        make_environment(root)
    (root / ".venv/ready.json").unlink(missing_ok=True)
    install(root, group)
    made = fingerprint(root, environments_python(root), group)
    (root / ".venv/ready.json").write_text(json.dumps(made))  # last of all: its absence means "not finished"
    print(f"Ready after {time.monotonic() - start:.0f} s.", flush=True)


def main(root: Path = ROOT, group: str = "dev") -> None:
    """Set up, one call at a time; errors become one sentence and exit code 1."""
    (root / ".cache").mkdir(exist_ok=True)
    try:
        with (root / ".cache/setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second `make` waits for the first instead of spoiling its work
            set_up(root, group)
    except SetupError as error:
        sys.exit(f"\n{error}")
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"\n{explain(str(error))}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. The next call starts the set-up again.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make .venv and install into it what a command needs.")
    parser.add_argument("group", nargs="?", choices=list(GROUPS), default="dev")
    main(group=parser.parse_args().group)
