"""The command line: quick to start, clear when something is wrong."""

import inspect
import json
import re
import socket
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from course_tools import cli
from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of

COMMANDS = sorted(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]
HEAVY = ("torch", "numpy", "jupyterlab", "nbgrader", "nbformat", "sphinx", "matplotlib", "sklearn")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def course(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python(f"import sys; sys.argv = ['course', *{list(arguments)}]; from course_tools.cli import main; main()")


def modules_after(code: str) -> set[str]:
    """The top-level modules that `code` loads, beyond those of a bare interpreter."""
    done = python(f"import sys; before = set(sys.modules)\n{code}\nimport json; print(json.dumps([*sys.modules]))")
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_the_package_imports_nothing_else():
    loaded = python("import sys; before = set(sys.modules); import course_utils; print(set(sys.modules) - before)")
    assert loaded.stdout.strip() == "{'course_utils'}"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_waits_for_nothing_heavy(command: str):
    arguments = [command, "--help"] if command else ["--help"]
    code = f"from course_tools.cli import app\napp({arguments}, standalone_mode=False)"
    assert not modules_after(code) & set(HEAVY)


def test_what_help_must_not_load_would_be_noticed():
    assert "numpy" in modules_after("import numpy")


# What Python has on Linux and not on Windows, as far as the course uses it. nbgrader looks by itself.
NOT_ON_WINDOWS = """
import ctypes, os, signal, sys
for name in ("fcntl", "resource", "grp", "termios"):
    sys.modules[name] = None
for module, names in ((os, "fork killpg setsid geteuid O_NOFOLLOW O_NONBLOCK O_CLOEXEC"),
                      (signal, "SIGKILL SIGALRM SIGPROF SIGHUP setitimer pidfd_send_signal")):
    for name in names.split():
        delattr(module, name)
library = ctypes.CDLL
ctypes.CDLL = lambda name, *args, **options: library(name + "", *args, **options)  # None is no name there
"""


def test_on_windows_every_command_starts_and_reads_a_notebook():
    commands = re.findall(
        r"^ +from (course_tools\.\S+|course_tools) import (\w+)$", inspect.getsource(cli), re.MULTILINE
    )
    assert len(commands) >= len(COMMANDS)
    imports = "\n".join(f"import {package}.{module}" for package, module in commands)
    notebook = ROOT / "assignments" / "03_backpropagation" / "03_backpropagation.ipynb"
    reads = f"from pathlib import Path\nprint(len(course_tools.grading.intake.clean.read(Path({str(notebook)!r}))))"
    ran = python(f"{NOT_ON_WINDOWS}\n{imports}\n{reads}")
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 10


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str):
    result = CliRunner().invoke(cli.app, [command, "--help"])
    assert result.exit_code == 0
    assert typer.main.get_command(cli.app).commands[command].help  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["build", "floors", "check", "slides"])
def test_an_unknown_chapter_is_one_sentence(command: str):
    done = course(command, "03_backpropagtion")
    assert done.returncode == 1
    assert done.stderr == "course: There is no chapter '03_backpropagtion'. Did you mean 03_backpropagation?\n"
    assert done.stdout == ""


def test_a_taken_port_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = course("lab", "--no-browser", f"--port={port}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"course: Port {port} is in use")
    assert "leave --port out" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["no-such-command"], ["build", "--no-such-option"]])
def test_bad_usage_ends_with_2(arguments: list[str]):
    done = course(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


NAMES = ("03_backpropagation", "06_convolution", "16_attention")


@pytest.mark.parametrize("name", ["03_backpropagation", "03", "3"])
def test_a_chapter_has_a_name_and_a_number(name: str):
    assert one_of(name, NAMES) == "03_backpropagation"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("03_backprop", "There is no chapter '03_backprop'. Did you mean 03_backpropagation?"),
        ("convolution", "There is no chapter 'convolution'. Did you mean 06_convolution?"),
        ("zzz", "There is no chapter 'zzz'. There are: 03_backpropagation, 06_convolution, 16_attention."),
        ("7", "There are: 03_backpropagation, 06_convolution, 16_attention."),
        ("", "There is no chapter ''."),
    ],
)
def test_an_unknown_name_gets_near_ones(name: str, sentence: str):
    with pytest.raises(CourseError) as error:
        one_of(name, NAMES)
    assert sentence in str(error.value)


def test_no_chapter_at_all():
    with pytest.raises(CourseError, match="None is written yet"):
        one_of("3", [], kind="exercise")
