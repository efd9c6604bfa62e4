"""The set-up: once, repaired when interrupted, clear when it cannot go on; and versions that agree everywhere."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from course_tools import bootstrap
from course_tools.paths import ROOT
from course_tools.website import site
from course_utils.errors import CourseError
from tests.support.versions import disagreements, read_pins, refusals, unpinned

SCRIPT = Path(bootstrap.__file__)

# -- the Python that it runs on ---------------------------------------------------------------------------------


def test_an_old_python_can_read_the_script():
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(("version", "works"), [((3, 9, 18), False), ((3, 14, 0), False), ((3, 11, 2), True)])
def test_another_python_is_told_so_in_one_sentence(version: tuple[int, int, int], works: bool):
    code = f"import sys, runpy; sys.version_info = {version}; runpy.run_path({str(SCRIPT)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode == 0) == works
    if not works:
        found = f"Python 3.11 or newer is needed, up to 3.13; this is {version[0]}.{version[1]}."
        assert done.stderr.startswith(found)
        assert done.stderr.count("\n") == 1


def test_make_without_a_python_says_so():
    done = make("setup", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert done.stdout.startswith("There is no no-such-python here. Install Python 3.11 or newer")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "--no-print-directory", *arguments], cwd=ROOT, capture_output=True, text=True)


# -- once, and again when it must -------------------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A checkout without .venv; `installs` and `makes` count, instead of taking minutes."""
    root = tmp_path / "checkout"
    root.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    state = SimpleNamespace(root=root, installs=0, makes=0, interrupt=False, groups=[])

    def make_environment(root: Path) -> None:
        state.makes += 1
        shutil.rmtree(root / ".venv", ignore_errors=True)
        venv.create(root / ".venv", with_pip=False, symlinks=True)

    def install(root: Path, group: str) -> None:
        state.installs += 1
        state.groups.append(group)
        if state.interrupt:
            raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "make_environment", make_environment)
    monkeypatch.setattr(bootstrap, "install", install)
    return state


def set_up(state: SimpleNamespace, group: str = "dev") -> tuple[int, int]:
    """Set up; how often an environment was made and filled by it."""
    before = state.makes, state.installs
    bootstrap.main(state.root, group)
    return state.makes - before[0], state.installs - before[1]


def test_it_is_set_up_once(fresh: SimpleNamespace, capsys: pytest.CaptureFixture[str]):
    assert set_up(fresh) == (1, 1)
    assert "Setting up" in capsys.readouterr().out
    assert set_up(fresh) == (0, 0)
    assert capsys.readouterr().out == ""


def test_a_new_version_is_installed_into_the_same_environment(fresh: SimpleNamespace):
    set_up(fresh)
    (fresh.root / "constraints.txt").write_text("torch==9.9\n")
    assert set_up(fresh) == (0, 1)


@pytest.mark.parametrize(("first", "then"), [("lab", "site"), ("lab", "dev"), ("site", "dev")])
def test_a_larger_group_is_added_and_a_smaller_one_is_there(fresh: SimpleNamespace, first: str, then: str):
    assert set_up(fresh, first) == (1, 1)
    assert set_up(fresh, then) == (0, 1)
    assert set_up(fresh, first) == set_up(fresh, then) == (0, 0)
    assert fresh.groups == [first, then]


def test_an_update_keeps_what_an_earlier_command_needed(fresh: SimpleNamespace):
    set_up(fresh, "dev")
    (fresh.root / "constraints.txt").write_text("torch==9.9\n")
    assert set_up(fresh, "lab") == (0, 1)
    assert fresh.groups == ["dev", "dev"]


def test_an_environment_that_knows_no_groups_is_updated(fresh: SimpleNamespace):
    set_up(fresh, "lab")
    stamp = fresh.root / ".venv/ready.json"
    stamp.write_text(json.dumps({k: v for k, v in json.loads(stamp.read_text()).items() if k != "group"}))
    assert set_up(fresh, "lab") == (0, 1)


def interrupted(state: SimpleNamespace) -> None:
    state.interrupt = True
    with pytest.raises(SystemExit, match="The next call starts the set-up again"):
        set_up(state)
    state.interrupt = False


def half_made(state: SimpleNamespace) -> None:
    (state.root / ".venv/lib").mkdir(parents=True)


def python_gone(state: SimpleNamespace) -> None:
    set_up(state)
    (state.root / ".venv/bin/python").unlink()
    (state.root / ".venv/bin/python").symlink_to("/no/such/python")


def other_python(state: SimpleNamespace) -> None:
    set_up(state)
    stamp = state.root / ".venv/ready.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "3.10"}))


def moved(state: SimpleNamespace) -> None:
    set_up(state)
    state.root = state.root.rename(state.root.with_name("elsewhere"))


def stamp_spoilt(state: SimpleNamespace) -> None:
    set_up(state)
    (state.root / ".venv/ready.json").write_text("[1")


@pytest.mark.parametrize("damage", [interrupted, half_made, python_gone, other_python, moved, stamp_spoilt])
def test_what_is_broken_is_made_anew(fresh: SimpleNamespace, damage: Callable[[SimpleNamespace], None]):
    damage(fresh)
    assert set_up(fresh) == (1, 1)
    assert set_up(fresh) == (0, 0)


@pytest.mark.parametrize("group", ["lab", "dev"])
def test_a_smaller_group_does_not_finish_what_was_interrupted(fresh: SimpleNamespace, group: str):
    set_up(fresh, "lab")
    fresh.interrupt = True
    with pytest.raises(SystemExit):
        set_up(fresh, "dev")
    fresh.interrupt = False
    assert set_up(fresh, group) == (1, 1)
    assert fresh.groups == ["lab", "dev", group]


def test_an_update_that_is_interrupted_is_not_taken_for_finished(fresh: SimpleNamespace):
    set_up(fresh)
    (fresh.root / "constraints.txt").write_text("torch==9.9\n")
    interrupted(fresh)
    assert set_up(fresh) == (1, 1)


# -- what can go wrong ------------------------------------------------------------------------------------------


def test_a_full_disk_is_noticed_first(fresh: SimpleNamespace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1.2e9))
    with pytest.raises(SystemExit, match=r"The disk has 1.2 GB left; 3.5 are needed. Make room"):
        set_up(fresh)
    assert fresh.makes == 0


def test_debians_missing_module_is_named(fresh: SimpleNamespace, monkeypatch: pytest.MonkeyPatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        set_up(fresh)


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "The disk is full.",
        ),
        ("WARNING: Retrying ... NewConnectionError(...)\nERROR: No matching distribution", "Check the network"),
        ("NameResolutionError: Temporary failure in name resolution", "Check the network"),
        ("PermissionError: [Errno 13] Permission denied: '.venv/lib'", "write access"),
        (
            "Collecting a\nERROR: Cannot install a==1 and a==2\nERROR: more",
            "The set-up failed: Cannot install a==1 and",
        ),
        ("Killed", "The set-up failed: Killed"),
        ("", "The set-up failed: it said nothing"),
    ],
)
def test_pips_failures_become_a_sentence(log: str, sentence: str):
    assert sentence in bootstrap.explain(log)


def test_without_a_network_the_real_pip_ends_in_that_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")  # nobody listens there
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(SystemExit, match="Check the network"):
        bootstrap.main(tmp_path)
    assert not (tmp_path / ".venv/ready.json").exists()
    assert "ERROR" in (tmp_path / ".venv/setup.log").read_text()


def test_it_says_the_steps_and_not_pips_wall(capsys: pytest.CaptureFixture[str]):
    lines = [
        "Collecting torch==2.13.0\n",
        "  Downloading torch (200 MB)\n",
        "Installing collected packages: a, b, c\n",
    ]
    assert list(bootstrap.follow(lines)) == lines
    assert capsys.readouterr().out == "  installing 3 packages (about a minute)\n"


# -- make -------------------------------------------------------------------------------------------------------


def test_arguments_pass_through_make():
    assert (
        ".venv/bin/course lab --no-browser --port 9999\n" in make("-n", "lab", "ARGS=--no-browser --port 9999").stdout
    )
    assert (
        "pytest tests/tools/test_setup.py -k versions\n"
        in make("-n", "test", "ARGS=tests/tools/test_setup.py -k versions").stdout
    )


@pytest.mark.parametrize(
    ("command", "group"),
    [("lab", "lab"), ("floors", "lab"), ("site", "site"), ("test", "dev"), ("bench", "dev"), ("lint", "dev")],
)
def test_each_command_sets_up_what_it_needs(command: str, group: str):
    steps = make("-n", command).stdout.splitlines()
    assert [step for step in steps if "bootstrap.py" in step] == [f'"python3" course_tools/bootstrap.py {group}']


def test_another_group_is_refused():
    done = subprocess.run([sys.executable, str(SCRIPT), "all"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "invalid choice: 'all'" in done.stderr


def test_the_pages_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sphinx", None)
    with pytest.raises(CourseError, match=r"pip install -e '\.\[site\]'"):
        site.build(tmp_path, tmp_path / "out", say=False)
    assert not (tmp_path / "out").exists()  # it is said first


def test_make_help_names_every_command():
    phony = re.search(r"^\.PHONY: help setup (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    commands = [name for name in phony[1].split() if not name.startswith("setup-")]
    assert commands
    text = make("help").stdout
    assert all(f"make {command} " in text for command in commands)
    assert make().stdout == text


# -- versions agree ---------------------------------------------------------------------------------------------

FILES = ("pyproject.toml", "constraints.txt", "environment.yml", "course_tools/bootstrap.py")


def problems(**edits: tuple[str, str]) -> list[str]:
    """The disagreements after editing files: their stem = (what stands there, what shall stand there)."""
    texts = []
    for name in FILES:
        text = (ROOT / name).read_text(encoding="utf-8")
        old, new = edits.get(Path(name).stem, ("", ""))
        assert old in text, f"{name} has no {old!r}"
        texts.append(re.sub(rf"(?m){re.escape(old)}(?=[\s\",\]]|$)", new, text, count=1) if old else text)
    parsed: tuple[Any, ...] = (tomllib.loads(texts[0]), texts[1], yaml.safe_load(texts[2]), texts[3])
    return disagreements(*parsed)


def test_the_files_agree():
    assert problems() == []


@pytest.mark.parametrize(
    "edit",
    [
        {"pyproject": ("torch>=2.6,<3", "torch>=2.14,<3")},
        {"pyproject": ("torch>=2.6,<3", "torch>=2.6")},
        {"pyproject": ("numpy>=2.1,<3", "numpi>=2.1,<3")},
        {"pyproject": (">=3.11,<3.14", ">=3.11,<3.15")},
        {"pyproject": (">=3.11,<3.14", ">=3.12,<3.14")},
        {"constraints": ("typer==0.29.2", "typer==1.0")},
        {"constraints": ("sphinx-copybutton==0.5.2", "")},
        {"constraints": ("typer==0.29.2", "typer>=0.29.2")},
        {"constraints": ("typer==0.29.2", "typer==0.29.2\nTyper==0.29.2")},
        {"environment": ("python >=3.11,<3.14", "python >=3.11")},
        {"environment": ("pytorch-cpu >=2.6,<3", "pytorch-cpu >=2.6,<4")},
        {"environment": ("pytorch-cpu >=2.6,<3", "pytorch >=2.6,<3")},
        {"environment": ("- -e .", "- -e .\n      - numpy")},
        {"environment": ("- conda-forge", "- conda-forge\n  - defaults")},
        {"bootstrap": ("<= (3, 13):", "<= (3, 14):")},
        {"bootstrap": ('"lab": "",', '"lab": "[dask]",')},
        {"bootstrap": ('"dev": "[dev]"}', '"dev": "[dask]"}')},
        {"bootstrap": ('"site": "[site]",', '"site": "[pages]",')},
        {"pyproject": ("deep-learning-by-hand[dask,site]", "deep-learning-by-hand[dask]")},
    ],
    ids=str,
)
def test_a_wrong_edit_is_noticed(edit: dict[str, tuple[str, str]]):
    assert problems(**edit)


def test_every_package_that_ours_need_is_pinned():
    pins, _ = read_pins((ROOT / "constraints.txt").read_text())
    assert unpinned(pins) == []
    assert unpinned({name: pin for name, pin in pins.items() if name != "markupsafe"}) == ["markupsafe"]


def test_every_pin_installs_on_the_first_release_of_each_python():
    pins, _ = read_pins((ROOT / "constraints.txt").read_text())
    pythons = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    assert refusals(pins, pythons) == []
    assert any(line.startswith("numpy ") for line in refusals(pins, SpecifierSet("~=3.9.0")))
