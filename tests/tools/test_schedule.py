"""Which tests run together and which begin first, when several workers share them (tests/conftest.py)."""

import re
import subprocess
import sys

import pytest

from course_tools.paths import ROOT

TESTS = """
import pytest

@pytest.fixture(scope="module")
def shared(): return 1

@pytest.fixture(scope="module", params=["x", "y"])
def each(request): return request.param

def test_alone(): pass
def test_with_a_fixture_of_all(root): pass
def test_one(shared): pass
def test_two(shared): pass
def test_first(each): pass
def test_then(each): pass
@pytest.mark.slow
def test_slow(): pass
"""
IN_CI = re.search(r'make test ARGS="(.+)"', (ROOT / ".ci" / "run").read_text("utf-8"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The worker that ran each of TESTS, which stand under the name that xdist gives them, group and all."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "test_it.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow: as in the course\n")
    assert IN_CI
    options = re.sub(r"\$\{WORKERS:-\d\}", "2", IN_CI[1]).split()
    command = [sys.executable, "-m", "pytest", "-v", *options, "-p", "tests.conftest", "--rootdir", folder, folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: worker for worker, name in re.findall(r"\[(gw\d)\].* PASSED \S*test_it\.py::(\S+)", done.stdout)}


def test_what_a_file_shares_stays_together(ran: dict[str, str]):
    shared = {name for name in ran if name.endswith("@test_it")}
    assert shared == {"test_one@test_it", "test_two@test_it"}
    assert len({ran[name] for name in shared}) == 1


def test_each_parameter_of_a_shared_fixture_is_a_group(ran: dict[str, str]):
    for number, parameter in enumerate("xy"):
        names = {f"test_first[{parameter}]@test_it-{number}", f"test_then[{parameter}]@test_it-{number}"}
        assert names <= ran.keys()
        assert len({ran[name] for name in names}) == 1


def test_the_rest_goes_where_there_is_room(ran: dict[str, str]):
    assert {"test_alone", "test_with_a_fixture_of_all", "test_slow"} <= ran.keys()
    assert len(ran) == 9


def test_slow_ones_begin_first(ran: dict[str, str]):
    """Of a worker's tests; which of two workers is ahead, the machine decides."""
    assert next(name for name, worker in ran.items() if worker == ran["test_slow"]) == "test_slow"
