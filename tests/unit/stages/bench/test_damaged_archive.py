from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from modelpack_gui.stages.common.warnings import capture
from tests.unit.stages.bench.nets import PICTURE, context_of, prepared, request_of


def test_an_archive_whose_debug_information_is_damaged_is_timed_as_any(tmp_path: Path) -> None:
    trace: Any = torch.jit.trace  # untyped in torch
    with capture():
        torch.jit.save(trace(nn.Conv2d(3, 4, 3).eval(), torch.ones(PICTURE.shape)), str(tmp_path / "whole.pt"))
    with zipfile.ZipFile(tmp_path / "whole.pt") as whole, zipfile.ZipFile(tmp_path / "m.pt", "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(name, content[:-20] if name.endswith(".debug_pkl") else content)
    assert prepared(request_of("torchscript_file", artifact="m.pt"), context_of(tmp_path)).facts["file"] == "m.pt"
