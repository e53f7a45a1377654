"""The Quantise page of a recipe whose model was exported in an earlier session, on the fake client."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from modelpack_gui.client.recipe_file import save_recipe
from modelpack_gui.core.records import QuantizedVariant, QuantizeSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.quantize import QuantizePage
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.quantize import made_quantize as made
from tests.ui.samples import make_capabilities, make_export_record, make_recipe


def write_project(folder: Path) -> Path:
    """A recipe `recipe.toml` in a folder, and its float32 file, which is returned."""
    (folder / "model.py").write_text("", encoding="utf-8")
    (folder / "build").mkdir()
    path = folder / "build" / "shapes.onnx"
    path.write_bytes(b"float32")
    save_recipe(make_recipe("model.py"), folder / "recipe.toml")
    return path


def open_project(controller: Controller, client: FakeClient, artifact: Path) -> None:
    """Open that recipe; its export succeeds, and advice is there at once."""
    client.answers |= {
        "hello": make_capabilities(),
        "export": make_export_record(artifact),
        "quantize.advise": made.advice_report(),
    }
    controller.open_recipe(artifact.parent.parent / "recipe.toml", is_trusted=True)


def open_quantize_page(qtbot: QtBot, controller: Controller, settings: Settings) -> QuantizePage:
    """The page, shown; it does not measure speed by itself."""
    shown = QuantizePage(controller, settings)
    shown.measures.setChecked(False)
    controller.quantize.measures_speed = False
    qtbot.addWidget(shown)
    shown.resize(900, 800)
    shown.show()
    return shown


def start(page: QuantizePage, client: FakeClient, qtbot: QtBot) -> FakeJob:
    """Press Quantise, and wait for the export before it."""
    before = len([job for job in client.jobs if job.stage == "quantize"])
    page.run_button.click()
    qtbot.waitUntil(lambda: len([job for job in client.jobs if job.stage == "quantize"]) > before)
    return client.last("quantize")


def finish(page: QuantizePage, client: FakeClient, qtbot: QtBot, *variants: QuantizedVariant) -> None:
    start(page, client, qtbot).answer(made.report(*variants))
    qtbot.waitUntil(lambda: not page.controller.is_busy)


def labels(page: QuantizePage) -> list[str]:
    return [line.label for line in page.variants.model.records]


def spec(page: QuantizePage) -> QuantizeSpec:
    return page.controller.quantize.spec
