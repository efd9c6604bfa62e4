"""A class on a real JupyterHub: two students and an instructor, each in a JupyterLab that the hub started.

As root, the users are the system's, made by docs/hub.md's own commands (tests/support/hub_machine.py). Otherwise one
user of the system is everybody, and what keeps students apart is not tested: passwords and the permissions of homes
and exchange. Those tests are skipped then, and say so.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from course_tools import demo
from course_tools.authoring import build
from course_tools.grading.course import Course
from course_tools.paths import ROOT
from tests.conftest import need
from tests.support import patience
from tests.support.hub_machine import Machine, commands
from tests.support.hub_user import HubUser
from tests.support.patience import wait_until

TINY = ROOT / "tests" / "support" / "tiny_course" / "solutions" / "90_tiny" / "90_tiny.py"
NAME, COURSE = "90_tiny", "deep-learning-by-hand"
WORK = {"assignment_id": NAME, "course_id": COURSE}
NOTEBOOK = f"api/contents/assignments/{NAME}/{NAME}.ipynb"
PASSWORDS = {name: f"the password of {name}" for name in ("teacher", "ada", "bob")}
CLONE = "/home/teacher/course"

pytestmark = pytest.mark.slow


@dataclass
class Hub:
    """A hub that runs, and whom it has let in."""

    machine: Machine
    address: str
    people: dict[str, HubUser]


# -- the hub ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Hub]:
    """A hub with three users whose servers run. All of it ends with the test."""
    need("bwrap")  # the grader's sandbox
    install_proxy()
    machine = Machine(tmp_path_factory.mktemp("hub"))
    port, log = free_port(), machine.folder / "log"
    prepare_homes(machine)
    settings = own_settings(machine, port, free_port(), free_port())
    (machine.folder / "here" / "settings.py").write_text(settings)
    process = machine.start(script(machine), log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/hub/api", process, log)
        people = {name: HubUser(address, name, password) for name, password in PASSWORDS.items()}
        for step in (HubUser.begin, HubUser.wait):
            for person in people.values():
                step(person)
        yield Hub(machine, address, people)
    finally:
        process.kill()
        process.wait(patience.SECONDS)


def install_proxy() -> None:
    """The hub's proxy, in the version of docs/hub/package-lock.json."""
    npm, home = need("npm"), ROOT / "docs" / "hub"
    installed, wanted = home / "node_modules" / ".package-lock.json", home / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
        subprocess.run([npm, "ci", "--silent", "--ignore-scripts", "--prefix", str(home)], check=True)


def prepare_homes(machine: Machine) -> None:
    """What docs/hub.md presupposes: the instructor's clone, and the list of users."""
    clone = machine.folder / "here" / "clone"
    for package in ("course_tools", "course_utils"):
        shutil.copytree(ROOT / package, clone / package, ignore=shutil.ignore_patterns("__pycache__"))
    demo.prepare(clone, TINY)
    lines = [f"{name}:{password}\n" for name, password in PASSWORDS.items()]
    (machine.folder / "here" / "class.txt").write_text("".join(lines))
    if not machine.real:
        new(machine.see("/srv/nbgrader/exchange")).chmod(0o777)
        clone.rename(new(machine.see(CLONE).parent) / "course")
        for name in ("ada", "bob"):  # nbgrader asks the system who it is, and that is one user here
            config = new(machine.see(f"/home/{name}/.jupyter")) / "nbgrader_config.py"
            config.write_text(f"c = get_config()\nc.CourseDirectory.student_id = {name!r}\n")


def new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def own_settings(machine: Machine, *ports: int) -> str:
    """What differs here from the hub of docs/hub.md: ports, patience, and where there are no users, their homes."""
    lines = f"""
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_port = {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience.SECONDS:.0f}
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 0}}  # to ask for a server does not wait for it
"""
    if machine.real:
        return lines
    return f"""
load_subconfig({str(ROOT / "docs" / "hub" / "jupyterhub_config.py")!r})
c.JupyterHub.load_groups = {{"instructors": {{"users": ["teacher"]}}}}
c.JupyterHub.authenticator_class, c.Authenticator.allow_all = "dummy", True
c.JupyterHub.spawner_class = "jupyterhub.spawner.SimpleLocalProcessSpawner"
c.SimpleLocalProcessSpawner.home_dir_template = {machine.say("/home")!r} + "/{{username}}"
c.Spawner.environment["COURSE_EXCHANGE"] = {machine.say("/srv/nbgrader/exchange")!r}
{lines}"""


def script(machine: Machine) -> str:
    """The shell's lines that set the hub up and start it."""
    jupyterhub = f"exec {Path(sys.prefix) / 'bin' / 'jupyterhub'} -f"
    if not machine.real:
        return f"{jupyterhub} settings.py"
    sections = [commands(name) for name in ("Users", "The exchange", "The hub")]
    hand_over = f"cp -r clone {CLONE}\nchown -R teacher: {CLONE}"
    add = "cat settings.py >> /srv/jupyterhub/jupyterhub_config.py\ncd /srv/jupyterhub"
    return "\n".join([*sections, hand_over, add, f"{jupyterhub} jupyterhub_config.py"])


def wait_for(address: str, process: subprocess.Popen[str], log: Path) -> None:
    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError):
            urlopen(address, timeout=patience.SECONDS).close()
            return True
        return False

    wait_until(answers, "the hub answers")


# -- a term -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def term(hub: Hub) -> SimpleNamespace:
    """One assignment from its release to the feedback, each step done by whom it is up to; what they saw."""
    teacher, students = hub.people["teacher"], [hub.people["ada"], hub.people["bob"]]
    typed(teacher, f"nbgrader generate_assignment {NAME} --force", f"nbgrader release_assignment {NAME}")
    released = {s.name: s.get(f"assignments?course_id={COURSE}") for s in students}
    for student in students:
        student.send("assignments/fetch", WORK)
        answer(student, right={"ada": 5, "bob": 1}[student.name])
        student.send("assignments/submit", WORK)
    grade = [f"nbgrader collect {NAME}", f"course grade {NAME}", f"course feedback {NAME}"]
    typed(teacher, *grade, f"nbgrader release_feedback {NAME}")
    fetched = {s.name: s.send("assignments/fetch_feedback", WORK) for s in students}
    return SimpleNamespace(released=released, fetched=fetched)


def typed(person: HubUser, *lines: str) -> None:
    """Commands that somebody types, each of which must end well."""
    code, said = person.run(" && ".join(lines))
    assert code == 0, said


def answer(student: HubUser, right: int) -> None:
    """Fill in the first `right` answers of the fetched notebook, and save it."""
    solved = list(demo.solutions(build.nbgrader_source(TINY)).items())[:right]
    file = student.get(NOTEBOOK)
    for cell in file["content"]["cells"]:
        cell["source"] = dict(solved).get(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell["source"])
    student.send(NOTEBOOK, {"type": "notebook", "format": "json", "content": file["content"]}, "PUT")


def feedback(student: HubUser) -> str:
    """The page of feedback that a student has fetched."""
    folder = f"api/contents/assignments/{NAME}/feedback"
    [when] = student.get(folder)["content"]
    [page] = student.get(f"{folder}/{when['name']}")["content"]
    return str(student.get(f"api/contents/{page['path']}")["content"])


def test_a_release_reaches_every_student(term: SimpleNamespace) -> None:
    for listed in term.released.values():
        assert [(a["assignment_id"], a["status"]) for a in listed["value"]] == [(NAME, "released")]


def test_each_gets_the_marks_of_what_was_handed_in(hub: Hub, term: SimpleNamespace) -> None:
    with Course(hub.machine.see(CLONE)).gradebook() as book:
        marks = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
    assert marks == {"ada": 8.0, "bob": 2.0}


def test_each_gets_the_feedback_that_is_theirs(hub: Hub, term: SimpleNamespace) -> None:
    pages = {name: feedback(hub.people[name]) for name in ("ada", "bob")}
    assert "8 of 10" in pages["ada"]
    assert "2 of 10" in pages["bob"]


def test_formgrader_knows_what_was_handed_in(hub: Hub, term: SimpleNamespace) -> None:
    [assignment] = hub.people["teacher"].get("formgrader/api/assignments")
    assert (assignment["name"], assignment["num_submissions"]) == (NAME, 2)


def test_a_student_begins_with_the_chapters(hub: Hub) -> None:
    page = hub.people["ada"].get("api/contents/start.md")["content"]
    assert "[Backpropagation](chapters/03_backpropagation.ipynb)" in page
    assert "Assignment List" in page
    assert "course submit" not in page


def test_the_memory_of_a_process_is_bounded(hub: Hub) -> None:
    code, said = hub.people["ada"].run("ulimit -d; python3 -c 'bytearray(5 * 2**30)'")
    assert code == 1
    assert f"{4 * 2**20}\r" in said
    assert "MemoryError" in said


def test_nobody_enters_the_server_of_somebody_else(hub: Hub) -> None:
    with pytest.raises(HTTPError, match="403"):
        hub.people["bob"].get("api/contents", owner="ada")


# -- what only users of the system can show ---------------------------------------------------------------------


@pytest.fixture
def real(hub: Hub) -> Hub:
    """The hub, if its users are the system's."""
    if not hub.machine.real:
        pytest.skip("one user is everybody here: real users need root, and an environment that others may read")
    return hub


def test_a_wrong_password_is_refused(real: Hub) -> None:
    with pytest.raises(HTTPError, match="403"):
        HubUser(real.address, "ada", PASSWORDS["bob"])


@pytest.mark.parametrize(
    "command",
    [
        "ls /srv/nbgrader/exchange/*/inbound",
        "ls /srv/nbgrader/exchange/*/feedback",
        "mv /srv/nbgrader/exchange/deep-learning-by-hand /srv/nbgrader/exchange/mine",
        "touch /srv/nbgrader/exchange/deep-learning-by-hand/outbound/90_tiny/mine",
        "ls ~ada",
        "cat ~teacher/course/.grading/gradebook.db",
        "cat ~teacher/course/solutions/90_tiny/90_tiny.py",
        "cat /srv/jupyterhub/jupyterhub.sqlite",
        "touch ~/deep-learning/chapters/mine",
    ],
)
def test_a_student_may_not(real: Hub, term: SimpleNamespace, command: str) -> None:
    code, said = real.people["bob"].run(command)
    assert code != 0
    assert "Permission denied" in said or "Operation not permitted" in said
