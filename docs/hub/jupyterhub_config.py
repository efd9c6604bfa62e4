"""JupyterHub's settings for this course. A hub's own file loads this one and sets what differs there: ../hub.md.

Everybody runs the course and the environment that this file lies in; whoever is in the hub's group `instructors`
gets the repository in ~/course instead, with its sources and Formgrader.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COURSE = HERE.parents[1]
TEACH = 'cd ~/course && export PYTHONPATH="$PWD" && exec "$0" lab --edit "$@"'
c = get_config()  # noqa: F821  (traitlets runs this file and provides it)

c.JupyterHub.bind_url = "http://127.0.0.1:8000"  # a web server in front of it does HTTPS
c.ConfigurableHTTPProxy.command = [str(HERE / "node_modules" / ".bin" / "configurable-http-proxy")]
c.PAMAuthenticator.allowed_groups = {"course"}  # of the system; everybody else is turned away

c.Spawner.default_url = "/lab/tree/start.md"
c.Spawner.environment = {
    "COURSE_EXCHANGE": "/srv/nbgrader/exchange",
    "OMP_NUM_THREADS": "2",  # else every student's torch takes all cores
    "PYTHONPATH": str(COURSE),
}
c.Spawner.mem_limit = "4G"  # for each process of a user: a kernel, the server
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=3600",  # seconds without anything to do
    "--ServerApp.shutdown_no_activity_timeout=7200",
]


def choose_command(spawner):
    """What is started for a user: `course lab`, bounded by the kernel, for JupyterHub itself bounds no memory."""
    course = str(Path(sys.prefix) / "bin" / "course")
    teaches = any(group.name == "instructors" for group in spawner.user.groups)
    if teaches:
        spawner.default_url = "/lab"
    lab = ["sh", "-c", TEACH, course] if teaches else [course, "lab"]
    spawner.cmd = ["prlimit", f"--data={spawner.mem_limit}", *lab]


c.Spawner.pre_spawn_hook = choose_command
