from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.common.archive import damage_of_archive
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.inspection.torchscript_file import load_torchscript


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "m.pt"
    torch.manual_seed(0)
    with capture():
        torch.jit.save(torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.ReLU())), str(path))
    return path


def _flip(path: Path, suffix: str) -> str:
    """Flip one bit in the middle of the first member whose name ends so; its name."""
    with zipfile.ZipFile(path) as archive:
        member = next(item for item in archive.infolist() if item.filename.endswith(suffix))
    data = bytearray(path.read_bytes())
    # A header of 30 bytes, which ends with the lengths of the name and of the extra field that follow it.
    name_bytes, extra_bytes = struct.unpack_from("<HH", data, member.header_offset + 26)
    data[member.header_offset + 30 + name_bytes + extra_bytes + member.compress_size // 2] ^= 4
    path.write_bytes(data)
    return member.filename


def test_nothing_is_wrong_with_what_torch_saves(script: Path, tmp_path: Path) -> None:
    assert damage_of_archive(script) == ""
    checkpoint = tmp_path / "weights.pt"
    torch.save({"weight": torch.ones(3)}, checkpoint)
    assert damage_of_archive(checkpoint) == ""


@pytest.mark.parametrize("suffix", [".debug_pkl", "data.pkl", ".py", "constants.pkl"])
def test_one_flipped_bit_is_found_before_torch_reads_the_archive(script: Path, suffix: str) -> None:
    name = _flip(script, suffix)
    damage = damage_of_archive(script)
    assert name in damage or "decompressing" in damage
    with pytest.raises(UserError) as caught:
        load_torchscript(script)
    assert (caught.value.info.code, caught.value.info.details) == ("artifact-corrupt", damage)


def test_the_elements_of_tensors_are_left_alone(script: Path) -> None:
    _flip(script, "data/0")
    assert damage_of_archive(script) == ""
    load_torchscript(script)


def test_a_file_cut_short_and_one_that_is_no_archive(script: Path) -> None:
    script.write_bytes(script.read_bytes()[:-100])
    assert damage_of_archive(script)
    script.write_text("no archive", encoding="ascii")
    assert damage_of_archive(script) == "File is not a zip file"
