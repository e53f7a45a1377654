"""Time from opening a file in Netron, in headless Chromium, to its graph on screen; one line of JSON.

Run by `netron.py`, in an environment that has `netron` and `websocket-client`. The page is opened twice: the first
time only to agree to its cookies. The browser and Netron's server run already when the clock starts, and its question
whether to lay out a large graph is answered at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import websocket

START_S = 30.0
TRIES = 3
_SERVE = """
import netron, sys, time
netron.serve(sys.argv[1], None, ('localhost', int(sys.argv[2])), False)
time.sleep(1e6)
"""
_ACCEPT = """
new Promise(done => { const look = () => { const body = document.body;
  if (body && body.className.includes('notification')) {
    document.getElementById('message-button').click(); setTimeout(done, 300);
  } else if (body && body.className.includes('default')) { done(); } else { setTimeout(look, 20); } }; look(); })
"""
_SHOWN = """
new Promise(done => { const look = () => {
  const name = document.body ? document.body.className : '';
  const text = name.includes('notification') ? document.getElementById('message-text').textContent : '';
  if (text.includes('large graph layout')) {
    document.getElementById('message-button').click(); setTimeout(look, 5);
  } else if (text || name.includes('default') || name.includes('alert')) {
    const nodes = document.querySelectorAll('.nodes > .node').length;
    requestAnimationFrame(() => requestAnimationFrame(() => done(JSON.stringify([name, text, nodes]))));
  } else { setTimeout(look, 5); } }; look(); })
"""


class Page:
    """One tab, spoken to in Chromium's DevTools protocol."""

    def __init__(self, port: int, limit_s: float) -> None:
        tabs = json.loads(_got(f"http://localhost:{port}/json"))
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        self._socket = websocket.create_connection(address, timeout=limit_s)
        self._number = 0
        self.call("Page.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """One command and its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                return answer.get("result", {})

    def wait(self, script: str) -> Any:
        """The value of a promise; tried anew where a page took another's place meanwhile."""
        while True:
            result = self.call("Runtime.evaluate", expression=script, awaitPromise=True).get("result")
            if result is not None:
                return result.get("value")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds after which it is given up")
    given = parser.parse_args()
    serving, debugging = _free_port(), _free_port()
    with contextlib.ExitStack() as stack:
        profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        stack.enter_context(_running([sys.executable, "-c", _SERVE, given.path, str(serving)]))
        flags = (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900", "--remote-allow-origins=*",
            f"--remote-debugging-port={debugging}", f"--user-data-dir={profile}", "about:blank",
        )  # fmt: skip
        stack.enter_context(_running([given.browser, *flags]))
        address = f"http://localhost:{serving}/"
        _got(address)
        page = Page(debugging, given.limit)
        for _ in range(TRIES):
            page.call("Page.navigate", url=address)
            page.wait(_ACCEPT)
            page.call("Page.navigate", url="about:blank")
            found = _opened(page, address, given.limit)
            if "cookies" not in found.get("error", ""):  # the answer to them is kept a moment too late now and then
                break
        print(json.dumps(found))
    return 0


def _opened(page: Page, address: str, limit_s: float) -> dict[str, Any]:
    started = time.perf_counter()
    page.call("Page.navigate", url=address)
    try:
        state, text, nodes = json.loads(page.wait(_SHOWN))
    except websocket.WebSocketTimeoutException:
        return {"error": f"not shown after {limit_s:.0f} s"}
    shown_s = time.perf_counter() - started
    if "default" not in state.split():
        return {"error": f"Netron shows a message instead of the graph: {text}"}
    return {"shown_s": shown_s, "nodes": nodes}


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _got(address: str) -> bytes:
    """What a server answers once it is up."""
    until = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=START_S) as answer:
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)  # the server starts; there is no signal to wait for


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
