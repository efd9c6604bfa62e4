"""The site: how long it takes to build again, what its pages weigh, and what Lighthouse says of them."""

import functools
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from course_tools.paths import ROOT

HERE = Path(__file__).resolve().parent
RUNS = 3  # the speed of a shared machine changes from second to second
FLAGS = "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"


class Compressed(SimpleHTTPRequestHandler):
    """Serves a folder as a static host does: text compressed, everything cacheable, connections kept."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the file, compressed unless it is a font or a picture."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return super().do_GET()
        text = path.suffix in (".html", ".css", ".js", ".svg")
        body = gzip.compress(path.read_bytes(), 6) if text else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=31536000")
        if text:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing for each request."""


def run() -> None:
    """Print every measurement of the site."""
    times()
    html = ROOT / "site" / "_build" / "html"
    for page in sorted(html.glob("chapters/[0-9]*.html")):
        size = len(gzip.compress(page.read_bytes(), 6)) / 1024
        print(f"{page.name}: {size:.0f} KiB compressed, without its fonts and scripts")
    lighthouse(html)


def times() -> None:
    """Seconds of a build from the cached runs, of one with nothing changed, of one with a word changed in the prose.

    Works on a copy of the chapters, in the folder of the built site: nothing of the course changes.
    """
    folder = ROOT / "site" / "_build" / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "chapters", folder / "course" / "chapters")
    shutil.copytree(ROOT / "assignments", folder / "course" / "assignments")
    (folder / "course" / ".cache").symlink_to(ROOT / ".cache", target_is_directory=True)
    again = ["build from the cached runs", "nothing changed", "a word changed"]
    for what in again:
        if what == again[-1]:
            source = sorted((folder / "course" / "chapters").glob("[0-9]*.py"))[0]
            source.write_text(
                source.read_text("utf-8").replace("# %% [markdown]", "# %% [markdown]\n# A word.\n#", 1)
            )
        print("{}: {:.1f} s, of which the processor worked {:.1f} s".format(what, *build(folder)))


def build(folder: Path) -> tuple[float, float]:
    """Seconds of a build in a process of its own, as `course site` is: by the clock, and of the processor."""
    program = (
        f"from pathlib import Path; from course_tools.website import site; folder = Path({str(folder)!r}); "
        "site.build(folder / 'course', folder / 'out', say=False)"
    )
    start, worked = time.perf_counter(), processor_time()
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    return time.perf_counter() - start, processor_time() - worked


def processor_time() -> float:
    """Seconds that the processes which this one started, and which have ended, kept the processor busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lighthouse(html: Path) -> None:
    """The scores of each chapter page on Lighthouse's simulated phone, the median of several runs."""
    npm, chromium = shutil.which("npm"), shutil.which("chromium")
    if npm is None or chromium is None:
        print("Lighthouse needs npm and chromium; it was left out.")
        return
    subprocess.run([npm, "ci", "--ignore-scripts"], cwd=HERE, check=True, capture_output=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressed, directory=str(html))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in sorted(html.glob("chapters/[0-9]*.html")):
            address = f"http://127.0.0.1:{server.server_address[1]}/chapters/{page.name}"
            runs = [audit(address, chromium) for _ in range(RUNS)]
            scores = {name: median(run[name] for run in runs) for name in runs[0]}
            print(f"{page.name}: " + ", ".join(f"{name} {100 * score:.0f}" for name, score in scores.items()))
        server.shutdown()


def audit(address: str, chromium: str) -> dict[str, float]:
    """The score of each category, 0 to 1."""
    command = [str(HERE / "node_modules" / ".bin" / "lighthouse"), address, "--output=json", "--quiet"]
    command += ["--only-categories=performance,accessibility,best-practices", f"--chrome-flags={FLAGS}"]
    environment = {**os.environ, "CHROME_PATH": chromium}
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=300)
    return {name: category["score"] for name, category in json.loads(ran.stdout)["categories"].items()}


if __name__ == "__main__":
    run()
