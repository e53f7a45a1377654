"""Models whose forward takes more than tensors one after the other, each with the rows of its call."""

from __future__ import annotations

from typing import Any

import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import InputSpec, ModelSource
from modelpack_gui.stages.source.build import build_model
from tests.places import MODELS


def row(argument: str = "", name: str = "") -> InputSpec:
    return InputSpec(name or argument or "x", (2, 4), argument=argument)


def value(argument: str, what: Any) -> InputSpec:
    return InputSpec(argument or "value", (), argument=argument, is_value=True, value=what)


CALLS: dict[str, tuple[InputSpec, ...]] = {
    "TakesList": (row("images[0]"), row("images[1]")),
    "TakesTuple": (row("images[0]"), row("images[1]")),
    "TakesDict": (row("batch.image"), row("batch.mask")),
    "TakesDataclass": (row("batch.image"), row("batch.mask")),
    "TakesNamedTuple": (row("pair.left"), row("pair.right")),
    "TakesPairs": (row("pairs[0].left"), row("pairs[0].right"), row("pairs[1].left"), row("pairs[1].right")),
    "KeywordOnly": (row("mask"), row(name="x")),
    "OptionalMiddle": (row(), row("mask")),
    "TakesValues": (row(), value("times", 3), value("negate", True), value("mode", "shifted"), row("mask")),
    "TakesMany": (row(), row(name="y"), row(name="z")),
    "TakesKeywords": (row(), row("mask")),
    "HookedRoot": (row(), row("mask")),
}


def model(name: str) -> torch.nn.Module:
    return build_model(ModelSource(file="nested.py", name=name), PlainContext(MODELS)).module
