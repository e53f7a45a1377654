"""Weights are copied from the mapped file into the model's own memory, and the pages read are given back."""

from __future__ import annotations

import re
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.stages.source.copying import load_copied

MEGABYTE = 1 << 20


def large() -> torch.nn.Linear:
    return torch.nn.Linear(2048, 5000)  # 41 MB: several chunks


def mapped_state(path: Path) -> OrderedDict[str, Any]:
    state: OrderedDict[str, Any] = torch.load(path, weights_only=True, mmap=True)
    return state


def resident_bytes(path: Path) -> int:
    """Of the mappings of a file in this process."""
    found, is_ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_ours = line.endswith(str(path))
        elif is_ours and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what is mapped where")
def test_pages_of_the_file_do_not_stay_in_memory_beside_the_model(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(large().state_dict(), path)
    state, model = mapped_state(path), large()
    assert load_copied(model, state, [path], PlainContext()) == ([], [])
    assert resident_bytes(path) < 4 * MEGABYTE
    assert torch.equal(model.weight, state["weight"])  # read again from the file


def test_memory_that_is_no_mapping_of_the_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(large().state_dict(), path)
    held, model = large().state_dict(), large()
    before = held["weight"].clone()
    load_copied(model, OrderedDict(held), [path], PlainContext())
    assert torch.equal(held["weight"], before)
    assert torch.equal(model.weight, before)


def test_a_large_copy_is_cancelled_between_chunks(tmp_path: Path) -> None:
    class CancelsLater(PlainContext):
        asked = 0

        def check_cancelled(self) -> None:
            self.asked += 1
            if self.asked == 3:
                raise JobCancelled

    path = tmp_path / "weights.pt"
    torch.save(large().state_dict(), path)
    with pytest.raises(JobCancelled):
        load_copied(large(), mapped_state(path), [path], CancelsLater())


def test_tensors_laid_out_otherwise_are_copied_by_their_elements(tmp_path: Path) -> None:
    model = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    values = torch.rand(4, 3, 3, 3)
    load_copied(model, OrderedDict(weight=values, bias=torch.zeros(4)), [], PlainContext())
    assert torch.equal(model.weight, values)
    assert model.weight.is_contiguous(memory_format=torch.channels_last)
