"""One model, saved in every way."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import ModelSource
from modelpack_gui.stages.source.build import build_model
from tests.unit.stages.source.saved.files import NET, X


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model saved in every way, beside its Python file."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "net.py").write_text(NET)
    context = PlainContext(folder)
    model = build_model(ModelSource("net.py", name="Net"), context).module
    torch.save(model, folder / "whole.pt")
    torch.save(model.state_dict(), folder / "weights.pt")
    torch.save(model, folder / "old.pt", _use_new_zipfile_serialization=False)
    torch.save(model.state_dict(), folder / "old-weights.pt", _use_new_zipfile_serialization=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(model, (X,)).save(str(folder / "traced.bin"))  # type: ignore[no-untyped-call]
        torch.jit.script(model).save(str(folder / "scripted.pt"))  # type: ignore[no-untyped-call]
        batch = torch.export.Dim("batch", min=1, max=64)
        torch.export.save(torch.export.export(model, (X,), dynamic_shapes=({0: batch},)), folder / "program.pt2")
        torch.export.save(torch.export.export(model.train(), (X,)), folder / "training.pt2")
    return folder
