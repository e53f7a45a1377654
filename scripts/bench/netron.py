"""From opening an ONNX file to its graph on screen, in this window and in Netron, side by side. Run it by hand.

Netron (from PyPI, in `build/netron-venv`) is shown by a headless Chromium, which must be installed (`apt-get install
chromium`); this window runs offscreen. Both programs run already when the clock starts. This window shows a model
collapsed by module; since Netron draws every node, the time with every group open is given too. A time that is beyond
`--limit` is told as such.

    .venv/bin/python scripts/bench/netron.py --nodes 1000 5000 20000
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from scripts._environment import python_of  # noqa: E402 (the checkout is put on the path above)
from scripts.made_graphs import SHAPES  # noqa: E402

NETRON_VENV = ROOT / "build" / "netron-venv"
NETRON_PACKAGES = ("netron==9.3.3", "websocket-client==1.9.2")
CHILD_FLAG = "--window"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1000, 5000, 20000])
    parser.add_argument("--shapes", nargs="+", default=["residual", "attention"], choices=SHAPES)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds after which a side is given up")
    parser.add_argument("--browser", default="chromium")
    parser.add_argument(CHILD_FLAG, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.window is not None:
        print(json.dumps(shown_here(options.window, options.limit)))
        return 0
    if shutil.which(options.browser) is None:
        raise SystemExit(
            f"{options.browser} is not installed: apt-get install chromium, or name another by --browser"
        )
    netron = _netron_python()
    with tempfile.TemporaryDirectory() as folder:
        for shape in options.shapes:
            for nodes in options.nodes:
                path = SHAPES[shape](nodes, Path(folder) / f"{shape}-{nodes}.onnx")
                for _ in range(options.rounds):
                    limit = ("--limit", str(options.limit))
                    there = _child(
                        [netron, "scripts/bench/netron_page.py", path, "--browser", options.browser, *limit]
                    )
                    here = _child([sys.executable, __file__, CHILD_FLAG, path, *limit])
                    print(f"{shape:10} {nodes:7,} nodes   {_told(here, there)}", flush=True)
    return 0


def _told(here: dict[str, Any], there: dict[str, Any]) -> str:
    theirs = f"{there['shown_s']:.2f} s" if "shown_s" in there else there["error"]
    parts = [f"here {here['collapsed_s']:.2f} s", f"every group open {here.get('opened', '–')}", f"Netron {theirs}"]
    if "shown_s" in there:
        parts.append(f"Netron/here {there['shown_s'] / here['collapsed_s']:.1f}x")
    return "   ".join(parts)


def _child(command: list[Any]) -> dict[str, Any]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[1]} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _netron_python() -> Path:
    python = python_of(NETRON_VENV)
    if not python.exists():
        venv.create(NETRON_VENV, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *NETRON_PACKAGES], check=True)
    return python


def shown_here(path: Path, limit_s: float) -> dict[str, Any]:
    """Open a file in the real window; seconds until the canvas has painted it, collapsed and with all groups open."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        from PySide6.QtCore import QEventLoop, QTimer

        from modelpack_gui.client.jobs import WorkerClient
        from modelpack_gui.core.pipeline import Stage
        from modelpack_gui.ui import app as gui
        from modelpack_gui.ui.pages.graph import GraphPage
        from modelpack_gui.ui.settings import Settings

        application = gui.make_application()
        window = gui.make_window(WorkerClient(), Settings(Path(folder) / "settings.ini"))
        window.resize(1400, 900)
        window.show()
        controller = window.controller
        scenes = controller.graph.scenes

        def wait(is_done: Callable[[], bool]) -> bool:
            loop = QEventLoop()
            poll = QTimer(interval=2)
            poll.timeout.connect(lambda: loop.quit() if is_done() else None)
            poll.start()
            limit = QTimer(singleShot=True, interval=int(limit_s * 1000))
            limit.timeout.connect(loop.quit)
            limit.start()
            loop.exec()
            return is_done()

        page = window.page(Stage.GRAPH)
        assert isinstance(page, GraphPage)
        window.show_stage(Stage.GRAPH)
        wait(lambda: controller.capabilities is not None and page.view.canvas is not None)
        started = time.perf_counter()
        controller.open_artifact(path)
        if not wait(lambda: scenes.arrays is not None):
            raise SystemExit(f"{path} is not shown after {limit_s:.0f} s")
        assert page.view.canvas is not None
        page.view.canvas.repaint()
        application.processEvents()
        found: dict[str, Any] = {"collapsed_s": time.perf_counter() - started}
        wait(lambda: not controller.is_busy)
        before, started = scenes.arrays, time.perf_counter()
        scenes.open_to_level(scenes.deepest_level)
        wait(lambda: scenes.arrays is not before or (scenes.error is not None and not scenes.is_running))
        page.view.canvas.repaint()
        application.processEvents()
        took_s = time.perf_counter() - started
        if scenes.arrays is before:
            found["opened"] = "is the same" if scenes.deepest_level <= 1 else "is refused: too many for one picture"
        else:
            found["opened"] = f"{took_s:.2f} s"
        window.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
