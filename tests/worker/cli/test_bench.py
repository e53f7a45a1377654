"""`modelpack bench` with real workers: a run is kept, and the next one passes a gate against it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelpack_gui.cli import commands, main
from modelpack_gui.client.bench.store import BenchStore
from modelpack_gui.client.jobs import WorkerClient
from tests.unit.cli.recipes import recipe_text
from tests.worker.harness import SharedClient

NET = """\
import torch

class Net(torch.nn.Module):
    def forward(self, x):
        return x * 2.0
"""

RECIPE = recipe_text(output_path="build/net.onnx")


def test_a_run_is_kept_and_the_next_is_held_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: WorkerClient, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.setattr(commands, "make_client", lambda: SharedClient(workers))
    monkeypatch.chdir(tmp_path)
    options = ["--runners", "eager", "--iterations", "60", "--block-runs", "5", "--warmup", "5"]
    assert main(["bench", "recipe.toml", *options, "--no-noise-run", "--mark-baseline"]) == 0

    # No machine is so noisy that the same model surely takes a hundred times as long.
    assert main(["bench", "recipe.toml", *options, "--fail-if-slower", "9900%", "--json", "out.json"]) == 0
    assert "Gate: " in capsys.readouterr().out
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert data["gate"]["result"]["rows"][0]["key"] == "eager"
    report = data["stages"][0]["result"]
    assert report["noise"]["aa_ratio"]["low"] > 0.0
    assert report["runners"][0]["turns"] == [5] * 12

    store = BenchStore(tmp_path / "build" / "bench" / "net")
    newest, oldest = store.runs()
    assert store.baseline == oldest.id
    assert len(store.read(newest.id).report.runners[0].latencies_ms) == 60
