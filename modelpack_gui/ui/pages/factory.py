"""Stage to page. A page's module is imported when it is first shown, so that the window opens fast."""

from __future__ import annotations

import importlib

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings

PAGES = {
    Stage.SOURCE: "modelpack_gui.ui.pages.source:SourcePage",
    Stage.EXPORT: "modelpack_gui.ui.pages.export:ExportPage",
    Stage.GRAPH: "modelpack_gui.ui.pages.graph:GraphPage",
    Stage.CHECK: "modelpack_gui.ui.pages.check:CheckPage",
    Stage.PARITY: "modelpack_gui.ui.pages.parity:ParityPage",
    Stage.QUANTIZE: "modelpack_gui.ui.pages.quantize:QuantizePage",
    Stage.BENCH: "modelpack_gui.ui.pages.bench:BenchPage",
}


def make_page(stage: Stage, controller: Controller, settings: Settings) -> StagePage:
    """The page of a stage."""
    module, _, name = PAGES[stage].partition(":")
    page: StagePage = getattr(importlib.import_module(module), name)(controller, settings)
    return page
