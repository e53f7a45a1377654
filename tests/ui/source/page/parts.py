"""A source with classes of all kinds, and the parts of the Source page that tests type into."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import CallableInfo, InputSpec, ModelSource, ParameterInfo, SourceScan
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.source import SourcePage

TENSOR = ParameterInfo("image", "positional_or_keyword", "Tensor")
NET = CallableInfo(
    "ShapesNet",
    "module",
    38,
    "Say which shape is in a picture.",
    parameters=(
        ParameterInfo("num_classes", "positional_or_keyword", "int", "5", 5),
        ParameterInfo("norm", "positional_or_keyword", "Literal['batch', 'group']", "'batch'", "batch"),
        ParameterInfo("dropout", "positional_or_keyword", "float", "0.0", 0.0),
        ParameterInfo("bias", "keyword_only", "bool", "True", True),
        ParameterInfo("widths", "keyword_only", "Sequence[int] | None", "None", None),
        ParameterInfo("rest", "var_keyword"),
    ),
    forward=(TENSOR,),
)
BLOCK = CallableInfo(
    "Block", "module", 24, parameters=(ParameterInfo("channels", "positional_or_keyword", "int"),), forward=(TENSOR,)
)
STRICT = dataclasses.replace(NET, name="Strict", parameters=NET.parameters[:-1])
ENCODER = CallableInfo(
    "Encoder",
    "module",
    90,
    forward=(
        ParameterInfo("input_ids", "positional_or_keyword"),
        ParameterInfo("attention_mask", "positional_or_keyword"),
        ParameterInfo("labels", "positional_or_keyword", "", "None"),
    ),
)
BASE = CallableInfo("BaseNet", "module", 70, abstract=("forward",))
SCAN = SourceScan("/models/model.py", (NET, BLOCK, STRICT, ENCODER, BASE))


def child(parent: QWidget, kind: type[QWidget], name: str) -> QWidget:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def line(page: QWidget, name: str) -> QLineEdit:
    found = child(page, QLineEdit, name)
    assert isinstance(found, QLineEdit)
    return found


def retype(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    if text:
        qtbot.keyClicks(field, text)
    else:
        qtbot.keyClick(field, Qt.Key.Key_Delete)


def problems(page: SourcePage) -> tuple[str, ...]:
    return page.arguments.problems


def inputs_of(controller: Controller) -> tuple[InputSpec, ...]:
    return controller.recipe.inputs


def source(controller: Controller) -> ModelSource:
    return controller.recipe.source
