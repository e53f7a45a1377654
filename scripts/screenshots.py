"""Take the README's screenshots: the real window, real workers, real results of the demo project.

Runs every stage of both demo recipes, visits every page, and saves a picture of each; `--themes light dark` takes
both themes. With `--summary` it also writes what the stages said, as JSON, for the smoke test. Needs a display:
`xvfb-run -a -s "-screen 0 2600x1500x24" .venv/bin/python scripts/screenshots.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modelpack_gui.client.jobs import WorkerClient  # noqa: E402 (the checkout is put on the path above)
from modelpack_gui.core.matrix import choices  # noqa: E402
from modelpack_gui.core.pipeline import Stage, stages_of  # noqa: E402
from modelpack_gui.core.recipe import Recipe  # noqa: E402
from modelpack_gui.core.records import ParityReport  # noqa: E402
from modelpack_gui.ui import app as gui  # noqa: E402
from modelpack_gui.ui.garbage import GarbageCollector  # noqa: E402
from modelpack_gui.ui.look.theme import theme  # noqa: E402
from modelpack_gui.ui.pages.export import EXPORT_TAB, MATRIX_TAB, ExportPage  # noqa: E402
from modelpack_gui.ui.pages.parity import ParityPage  # noqa: E402
from modelpack_gui.ui.settings import Settings  # noqa: E402
from modelpack_gui.ui.widgets.parity.tabs import LAYERS, OVERVIEW, VALUES  # noqa: E402
from modelpack_gui.ui.window.main_window import MainWindow  # noqa: E402
from scripts.graph_pictures import shoot_big, shoot_graph, shoot_worst  # noqa: E402
from scripts.lab_pictures import shoot_lab  # noqa: E402

DEADLINE_MS = 600_000
VIEWS = ("histograms", "scatter", "heat-map", "worst", "frontier")


class Photographer:
    """Drives the window and keeps the pictures."""

    def __init__(self, out: Path, themes: list[str], size: tuple[int, int]) -> None:
        self.out = out
        self.themes = themes
        self.app: QApplication = gui.make_application()
        self._collector = GarbageCollector()  # as the app has it: no thread may free what is Qt's
        folder = Path(os.environ["MODELPACK_DATA_DIR"])
        self.settings = Settings(folder / "settings.ini")
        self.window: MainWindow = gui.make_window(WorkerClient(), self.settings)
        self.window.resize(*size)
        self.window.show()

    def wait(self, is_done: Callable[[], bool], what: str) -> None:
        """Let the window live until something holds."""
        loop = QEventLoop()
        poll = QTimer(interval=50)
        poll.timeout.connect(lambda: loop.quit() if is_done() else None)
        poll.start()
        limit = QTimer(singleShot=True, interval=DEADLINE_MS)
        limit.timeout.connect(loop.quit)
        limit.start()
        loop.exec()
        if not is_done():
            raise SystemExit(f"{what}: not done within {DEADLINE_MS / 1000:.0f} s")

    def settle(self, milliseconds: int = 400) -> None:
        """Let delayed drawing happen."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def shoot(self, name: str, widget: QWidget | None = None) -> None:
        """Save a picture of the window, or of another widget, in each theme."""
        for choice in self.themes:
            theme().choose(choice)
            self.settle()
            path = self.out / f"{name}-{choice}.png"
            if not (widget or self.window).grab().save(str(path)):
                raise SystemExit(f"cannot write {path}")

    def run_demo(self, name: str, stages: tuple[Stage, ...]) -> dict[str, str]:
        """Open a demo recipe, run stages, and give the state of each."""
        controller = self.window.controller
        self.window.open_demo(name)
        self.wait(lambda: controller.capabilities is not None and controller.scan is not None, "hello and scan")
        controller.run(*stages)
        self.wait(lambda: not controller.is_busy, ", ".join(stage.label for stage in stages))
        return {stage.label: controller.state(stage).status.value for stage in stages}

    def shoot_options(self) -> None:
        """The export dialog, as the Export page opens it."""
        page = self.window.page(Stage.EXPORT)
        assert isinstance(page, ExportPage)
        page.open_options()
        assert page.dialog is not None
        self.shoot("export-options", page.dialog)
        page.dialog.reject()

    def shoot_matrix(self) -> list[list[str]]:
        """Every exporter on the recipe that is open; gives the verdict of the parity of each."""
        page = self.window.page(Stage.EXPORT)
        assert isinstance(page, ExportPage)
        capabilities = self.window.controller.capabilities
        assert capabilities is not None
        matrix = page.matrix.state
        page.tabs.setCurrentIndex(MATRIX_TAB)
        matrix.start(choices(capabilities.exporters))
        self.wait(lambda: not matrix.is_running, "the matrix")
        self.shoot("matrix")
        page.tabs.setCurrentIndex(EXPORT_TAB)
        return [
            [f"{choice.format}/{choice.exporter}", cell.parity.verdict.value if cell.parity else cell.outcome]
            for choice, cell in matrix.cells.items()
        ]

    def shoot_parity_views(self) -> dict[str, object]:
        """The values and the layers of the case that fails, then a sweep; gives what they said."""
        controller = self.window.controller
        page = self.window.page(Stage.PARITY)
        assert isinstance(page, ParityPage)
        page.tabs.setCurrentIndex(VALUES)
        values = page.tabs.values
        assert values is not None
        for view in VIEWS:
            values.show_view(view)
            self.settle(1500)  # the arrays are read beside the window
            self.shoot(f"values-{view}")
        page.tabs.setCurrentIndex(LAYERS)
        layers = page.tabs.layers
        assert layers is not None
        layers.compare()
        self.wait(lambda: not controller.layers.is_running, "the layers")
        self.shoot("layers")
        found = controller.layers.report
        fault = found.fault if found is not None else None
        page.tabs.setCurrentIndex(OVERVIEW)
        recipe = controller.recipe
        parity = dataclasses.replace(recipe.parity, sweep=True)
        controller.edit(dataclasses.replace(recipe, parity=parity), "sweep")
        controller.run(Stage.PARITY)
        self.wait(lambda: not controller.is_busy, "the sweep")
        self.shoot("sweep")
        swept = controller.result(Stage.PARITY, ParityReport)
        controller.undo_stack.undo()  # with unsaved changes, closing the window would ask
        return {
            "fault": "" if fault is None or fault.place is None else f"{fault.op_type}, line {fault.place.line}",
            "swept": 0 if swept is None else len(swept.cases),
        }

    def shoot_source_view(self) -> None:
        """The user's code with its marks, at the line that a finding names."""
        controller = self.window.controller
        report = controller.result(Stage.PARITY, ParityReport)
        assert report is not None
        controller.show_place(report.explanations[0].places[0])
        self.shoot("source-view")
        self.window.docks.source.dock.hide()

    def shoot_explained_failure(self) -> str:
        """An export that torch refuses; gives the id of its explanation."""
        controller = self.window.controller
        export = dataclasses.replace(
            controller.recipe.export, format="pt2", exporter="export", output_path="build/batch_branch.pt2"
        )
        controller.edit(dataclasses.replace(controller.recipe, export=export), "export a program")
        self.window.show_stage(Stage.EXPORT)
        controller.run(Stage.EXPORT)
        self.wait(lambda: not controller.is_busy, "the refused export")
        self.shoot("explained-failure")
        error = controller.state(Stage.EXPORT).error
        controller.undo_stack.undo()  # with unsaved changes, closing the window would ask
        return error.explanation.id if error is not None and error.explanation is not None else ""


def take_all(photographer: Photographer, *, is_quick: bool) -> dict[str, object]:
    """Every page of both demos; gives what the stages said."""
    window = photographer.window
    photographer.shoot("start")
    stages = stages_of(Recipe())
    demo = photographer.run_demo("demo", stages)
    for stage in stages:
        page = window.page(stage)
        select_something(page)
        photographer.shoot(stage.label.lower())
    graph = shoot_graph(photographer)
    photographer.shoot_options()
    lab = shoot_lab(photographer, is_quick=is_quick)
    faulty = photographer.run_demo("batch_branch", (Stage.EXPORT, Stage.CHECK, Stage.PARITY))
    window.show_stage(Stage.PARITY)
    photographer.shoot("parity-failure")
    report = window.controller.result(Stage.PARITY, ParityReport)
    cases = [] if report is None else [[case.label, case.verdict.value] for case in report.cases]
    photographer.shoot_source_view()
    views = photographer.shoot_parity_views()
    worst = shoot_worst(photographer)
    matrix = photographer.shoot_matrix()
    explained = photographer.shoot_explained_failure()
    big = shoot_big(photographer)
    return {
        "demo": demo,
        "graph": {**graph, "worst": worst, "big": big},
        "lab": lab,
        "batch_branch": faulty,
        "cases": cases,
        "views": views,
        "matrix": matrix,
        "explained": explained,
    }


def select_something(page: QWidget) -> None:
    """Select the first row of the page's first table, so that the inspector has something to show."""
    from modelpack_gui.ui.widgets.data_table import DataTable

    for table in page.findChildren(DataTable):
        if table.isVisible() and table.model().rowCount():
            table.selectRow(0)
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "screenshots")
    parser.add_argument("--themes", nargs="+", default=["light"], choices=["light", "dark"])
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 800), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--quick", action="store_true", help="benchmark with fewer runs in the lab")
    parser.add_argument("--summary", type=Path, help="write what the stages said here, as JSON")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="modelpack-") as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        photographer = Photographer(options.out, options.themes, tuple(options.size))
        said = take_all(photographer, is_quick=options.quick)
        photographer.window.close()
    if options.summary is not None:
        options.summary.write_text(json.dumps(said, indent=2), encoding="utf-8")
    print(json.dumps(said, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
