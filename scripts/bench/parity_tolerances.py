"""How long the window takes to judge a sweep anew when a tolerance is dragged: one step of the slider, painted.

`QT_QPA_PLATFORM=offscreen .venv/bin/python scripts/bench/parity_tolerances.py [--cases 36] [--steps 60]`
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from modelpack_gui.core.events import Done  # noqa: E402 (the checkout is put on the path above)
from modelpack_gui.core.pipeline import Stage  # noqa: E402
from modelpack_gui.core.records import ParityReport  # noqa: E402
from modelpack_gui.ui import app as gui  # noqa: E402
from modelpack_gui.ui.pages.parity import ParityPage  # noqa: E402
from modelpack_gui.ui.settings import Settings  # noqa: E402
from tests.ui import made_reports as made  # noqa: E402
from tests.ui.fake_client import FakeClient  # noqa: E402


def main() -> int:
    """Print the median and the largest of the steps, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=36)
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        application = gui.make_application()
        took_ms = [1000 * took for took in _drag(application, Path(folder), options.cases, options.steps)]
    print(f"{options.cases} cases: median {statistics.median(took_ms):.1f} ms, largest {max(took_ms):.1f} ms")
    return 0


def _drag(application: QApplication, folder: Path, cases: int, steps: int) -> list[float]:
    window = gui.make_window(FakeClient(), Settings(folder / "settings.ini"))
    controller = window.controller
    controller.edit(dataclasses.replace(made.ready_recipe(), parity=_report(cases).parity), "start")
    window.resize(1280, 800)
    window.show()
    window.show_stage(Stage.PARITY)
    page = window.page(Stage.PARITY)
    assert isinstance(page, ParityPage)
    controller.states.end(Stage.PARITY, Done("", _report(cases)), controller.recipe, ())
    slider = page.settings.tolerances["rtol"].slider
    took = []
    for step in range(steps + 5):
        application.processEvents()
        begun = time.perf_counter()
        slider.setValue(20 + step % 80)
        application.processEvents()
        took.append(time.perf_counter() - begun)
    controller.undo_stack.setClean()
    window.close()
    return took[5:]  # the first ones import and lay out


def _report(cases: int) -> ParityReport:
    whole = made.swept(failing=(3,))
    many = [
        dataclasses.replace(case, sizes={"batch": size}, label=f"batch = {size}", is_example=False)
        for size in range(1, cases)
        for case in whole.cases[:4]
    ]
    return dataclasses.replace(whole, cases=tuple(many[:cases]))


if __name__ == "__main__":
    raise SystemExit(main())
