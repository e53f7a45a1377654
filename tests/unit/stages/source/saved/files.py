"""How tests load and describe saved models."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import ModelSource, SavedModel, ScanRequest
from modelpack_gui.stages.source import scan
from modelpack_gui.stages.source.build import BuiltModel, build_model
from modelpack_gui.stages.source.forward import run_forward

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layer = nn.Linear(3, width)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(self.layer(x))
"""
X = torch.arange(6.0).reshape(2, 3)


def build(folder: Path, file: str, **options: Any) -> BuiltModel:
    return build_model(ModelSource(file, **options), PlainContext(folder))


def error_of(folder: Path, file: str, **options: Any) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        build(folder, file, **options)
    return caught.value.info


def described(folder: Path, file: str) -> SavedModel:
    saved = scan.run(ScanRequest(file), PlainContext(folder)).saved
    assert saved is not None
    return saved


def outputs(built: BuiltModel) -> torch.Tensor:
    return run_forward(built.module, [X])[0][1]


class RunsCommand(torch.nn.Module):
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch ran-by-pickle",)
