"""Somebody who uses a JupyterHub as a browser does: the login form, the hub's pages, the user's own server."""

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import Any

from websocket import create_connection

from tests.support import patience
from tests.support.patience import wait_until

XSRF = re.compile(r'xsrf_token: "([^"]+)"')  # in each of the hub's pages


class HubUser:
    """A user of the hub at `address`, http://127.0.0.1:PORT, logged in by name and password."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self.address, self.name = address, name
        self.token = self.xsrf = ""
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = self._ask(f"{address}/hub/login").decode()
        form = {"_xsrf": XSRF.findall(page)[0], "username": name, "password": password}
        login = f"{address}/hub/login?next=/hub/home"
        with self.opener.open(login, urllib.parse.urlencode(form).encode(), patience.SECONDS) as answer:
            self.xsrf = XSRF.findall(answer.read().decode())[0]

    def begin(self) -> None:
        """Ask for the user's own server; it is there when `wait` returns."""
        self.token = json.loads(self._ask(self._hub(f"users/{self.name}/tokens"), {}))["token"]
        self._ask(self._hub(f"users/{self.name}/server"), {})

    def wait(self) -> None:
        """Return when the server answers."""
        wait_until(lambda: self._status()["servers"].get("", {}).get("ready"), f"{self.name}'s server is there")

    def get(self, path: str, owner: str = "") -> Any:
        """What a server, the user's own or that of `owner`, answers to a GET."""
        return json.loads(self._ask(self._server(path, owner)))

    def send(self, path: str, body: Mapping[str, Any], method: str = "POST") -> Any:
        """What the user's own server answers to a POST or PUT."""
        return json.loads(self._ask(self._server(path), body, method))

    def run(self, command: str) -> tuple[int, str]:
        """The exit code of a command that is typed into a terminal of the user's JupyterLab, and what it printed."""
        terminal = self.send("api/terminals", {})["name"]
        address = self._server(f"terminals/websocket/{terminal}").replace("http://", "ws://")
        socket = create_connection(address, header=[f"Authorization: token {self.token}"], timeout=patience.SECONDS)
        socket.send(json.dumps(["stdin", f"stty -echo; PS1=; {command}; echo END-$?-END\r"]))
        said, end = "", time.monotonic() + patience.SECONDS
        while not (found := re.search(r"END-(\d+)-END", said)):
            assert time.monotonic() < end, f"{command} did not end:\n{said}"
            kind, text = json.loads(socket.recv())[:2]
            said += text if kind == "stdout" else ""
        socket.close()
        return int(found[1]), said

    def _status(self) -> dict[str, Any]:
        return dict(json.loads(self._ask(self._hub(f"users/{self.name}"))))

    def _hub(self, path: str) -> str:
        return f"{self.address}/hub/api/{path}"

    def _server(self, path: str, owner: str = "") -> str:
        return f"{self.address}/user/{owner or self.name}/{urllib.parse.quote(path, '/?=')}"

    def _ask(self, address: str, body: Mapping[str, Any] | None = None, method: str = "") -> bytes:
        """The answer; urllib's HTTPError names what was refused."""
        proof = {"Authorization": f"token {self.token}"} if self.token else {"X-XSRFToken": self.xsrf}
        headers = {**proof, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data, headers, method=method or None)
        with self.opener.open(request, timeout=patience.SECONDS) as answer:
            return bytes(answer.read())
