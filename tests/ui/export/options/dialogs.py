"""The export dialog with the exporters of a usual machine, and its parts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import Capabilities, ExporterInfo, PostStepInfo
from modelpack_gui.ui.dialogs.export_options import ExportOptionsDialog
from tests.ui.samples import make_capabilities, make_recipe

ONNX_OPTIONS = ("opset_version", "input_names", "output_names", "constant_folding", "external_data")
EXPORTERS = (
    ExporterInfo(
        "onnx", "dynamo", "ONNX, dynamo", 18, 23, 20, (), "Captures the whole graph.", (*ONNX_OPTIONS, "strict")
    ),
    ExporterInfo("onnx", "trace", "ONNX, trace", 7, 20, 17, (), "Records one run.", ONNX_OPTIONS),
    ExporterInfo(
        "torchscript", "trace", "TorchScript, trace", None, None, None, (), "",
        ("freeze", "optimize_for_inference", "check_trace"),
    ),
    ExporterInfo("pt2", "export", "torch.export", None, None, None, (), "", ("strict", "draft_report")),
)  # fmt: skip

STEPS = (
    PostStepInfo("slim", "onnx", "Slim", (), "Simplifies the graph."),
    PostStepInfo("half", "onnx", "Half", (), "Half the size."),
    PostStepInfo("lacking", "onnx", "Lacking", ("nowhere-to-get",), ""),
)


def capabilities(*exporters: ExporterInfo) -> Capabilities:
    return dataclasses.replace(make_capabilities(), exporters=exporters or EXPORTERS, post_steps=STEPS)


def open_dialog(
    qtbot: QtBot, recipe: Recipe | None = None, base: Path = Path("/models"), found: Capabilities | None = None
) -> ExportOptionsDialog:
    dialog = ExportOptionsDialog(recipe or make_recipe(), found or capabilities(), base)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def button(dialog: QWidget, name: str) -> QAbstractButton:
    found = dialog.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton), name
    return found


def field(dialog: QWidget, name: str) -> QLineEdit:
    found = dialog.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit), name
    return found


def problem(dialog: QWidget) -> str:
    note = dialog.findChild(QWidget, "options-problem")
    assert isinstance(note, QWidget)
    return note.accessibleName() if not note.isHidden() else ""
