"""The built pages as one file, or in a browser."""

import functools
import http.server
import webbrowser
import zipfile
from pathlib import Path

from course_utils.errors import CourseError

NAME = "deep-learning-by-hand-site.zip"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same pages give the same file


def pack(folder: Path) -> Path:
    """Everything in `folder` as one zip beside it."""
    path = folder.parent / NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.writestr(entry(file.relative_to(folder).as_posix()), file.read_bytes())
    return path


def entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """A file of a zip."""
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.compress_type, info.external_attr = method, 0o644 << 16
    return info


def server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """A server of `folder` on this machine alone; port 0 takes any free one. Raises CourseError if it is taken."""
    handler = functools.partial(_Quiet, directory=str(folder))
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as e:
        raise CourseError(f"Port {port} cannot be used ({e}). Choose another: course site --serve --port 8765") from e


def serve(folder: Path, port: int) -> None:
    """Show the pages in a browser until Ctrl-C."""
    with server(folder, port) as running:
        address = f"http://127.0.0.1:{running.server_address[1]}/"
        print(f"Serving {address} (Ctrl-C ends it)", flush=True)
        webbrowser.open(address)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            print()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each request."""
