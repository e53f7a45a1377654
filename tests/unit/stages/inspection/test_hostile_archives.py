"""Damaged files of torch: each gives an error with a hint, or a graph."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.common.warnings import capture
from tests.unit.stages.inspection.inspected import inspect


def _save_script(path: Path) -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    with capture():
        torch.jit.save(torch.jit.script(net), str(path))


def _save_program(path: Path) -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU()).eval()
    torch.export.save(torch.export.export(net, (torch.ones(2, 4),)), path)


def _damaged(data: bytes, number: int) -> bytes:
    chance = random.Random(number)
    if chance.random() < 0.3:
        return data[: chance.randrange(len(data))]
    flipped = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


@pytest.mark.parametrize(("save", "suffix", "count"), [(_save_script, ".pt", 80), (_save_program, ".pt2", 20)])
def test_a_damaged_archive_gives_an_error_or_a_graph(
    save: Callable[[Path], None], suffix: str, count: int, tmp_path: Path
) -> None:
    path = tmp_path / f"m{suffix}"
    torch.manual_seed(0)
    save(path)
    data = path.read_bytes()
    outcomes: Counter[str] = Counter()
    for number in range(count):
        path.write_bytes(_damaged(data, number))
        try:
            assert inspect(path, tmp_path / "columns").index.node_count > 0
            outcomes["graph"] += 1
        except UserError as error:
            outcomes[error.info.code if error.info.hint else "no hint"] += 1
    allowed = {"graph", "artifact-corrupt", "artifact-not-torchscript", "artifact-not-pt2", "artifact-empty"}
    assert outcomes.keys() <= allowed
    assert outcomes["artifact-corrupt"] > count // 2
