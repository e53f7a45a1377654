"""Kept cells of a sweep: written as they come, and up to date only for what they were made from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from modelpack_gui.client.sweep_store import Fingerprints, SweepStore, is_worth_keeping, sweep_folder
from modelpack_gui.core.records import (
    ExportSpec,
    InputSpec,
    ModelSource,
    RunnerSpec,
    SweepCell,
    SweepChoice,
    SweepRequest,
    SweepSpec,
)
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.core.sweep import key_of
from tests.ui.made_reports import capabilities


def _cell(threads: int = 1) -> SweepCell:
    choice = SweepChoice(RunnerSpec("onnxruntime", {"spinning": False}), threads, 4)
    return SweepCell(choice, "ONNX Runtime", "measured", stats.summarise([1.0, 2.0]), duration_s=2.0)


def test_cells_come_back_as_they_were_and_marked_as_kept(tmp_path: Path) -> None:
    store = SweepStore(tmp_path / "sweep")
    store.put(_cell(1), "a")
    store.put(_cell(2), "a")
    store.put(_cell(1), "b")
    found = SweepStore(tmp_path / "sweep").read()
    assert list(found) == [key_of(_cell(1).choice), key_of(_cell(2).choice)]
    kept = found[key_of(_cell(1).choice)]
    assert kept.fingerprint == "b"
    assert kept.cell == dataclasses.replace(_cell(1), is_kept=True)


@pytest.mark.parametrize("text", ["", "{", '{"schema_version": 99, "cells": []}', '{"cells": 3}', "[]"])
def test_a_file_that_cannot_be_read_has_no_cells_and_is_written_anew(tmp_path: Path, text: str) -> None:
    store = SweepStore(tmp_path)
    store.path.write_text(text)
    assert store.read() == {}
    store.put(_cell(), "a")
    assert len(SweepStore(tmp_path).read()) == 1


def test_clearing_forgets_all(tmp_path: Path) -> None:
    store = SweepStore(tmp_path)
    store.put(_cell(), "a")
    store.clear()
    assert store.read() == {}
    assert not store.path.exists()


def test_crashed_and_cancelled_cells_run_again() -> None:
    outcomes = ("measured", "failed", "crashed", "timed_out", "cancelled")
    cells = [dataclasses.replace(_cell(), outcome=outcome) for outcome in outcomes]  # type: ignore[arg-type]
    assert [is_worth_keeping(cell) for cell in cells] == [True, True, False, False, False]


def test_a_fingerprint_changes_with_what_a_cell_is_made_from_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("one")
    (tmp_path / "a.onnx").write_bytes(b"1")
    request = SweepRequest(
        ModelSource(file="net.py", name="Net"), (InputSpec("x", (1, 8)),), str(tmp_path / "a.onnx"), SweepSpec()
    )
    choice = _cell().choice

    def text(asked: SweepRequest = request, one: SweepChoice = choice) -> str:
        return Fingerprints(asked, capabilities(), tmp_path).of(one)

    first = text()
    same = dataclasses.replace(request, sweep=SweepSpec(threads=(1, 2), cell_limit_s=5.0), folder="elsewhere")
    assert text(same) == first
    changed = [
        text(dataclasses.replace(request, sweep=SweepSpec(iterations=999))),
        text(dataclasses.replace(request, inputs=(InputSpec("x", (2, 8)),))),
        text(one=dataclasses.replace(choice, threads=7)),
        text(one=dataclasses.replace(choice, batch_size=None)),
    ]
    (tmp_path / "a.onnx").write_bytes(b"22")
    changed.append(text())
    (tmp_path / "net.py").write_text("two")
    changed.append(text())
    assert len({first, *changed}) == 7


def test_the_cells_are_beside_the_artifact(tmp_path: Path) -> None:
    assert sweep_folder(tmp_path, ExportSpec(output_path="build/net.onnx")) == tmp_path / "build" / "sweep" / "net"
