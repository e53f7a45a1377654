"""A matrix with real workers, one for each cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelpack_gui.cli import main
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Cancelled, Done, Partial
from modelpack_gui.core.records import (
    DynamicDim,
    ExportSpec,
    InputSpec,
    MatrixCell,
    MatrixChoice,
    MatrixReport,
    MatrixRequest,
    MatrixSpec,
    ModelSource,
    ParitySpec,
    Verdict,
)
from tests.worker.harness import Recorder, ended

NETS = """\
import os, time
import torch

class CrashesWhenTraced(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)

    def forward(self, x):
        if not torch.jit.is_scripting():
            self.leave()
        return self.linear(x)

    @torch.jit.unused
    def leave(self):
        if torch.jit.is_tracing() and not os.path.exists("harmless"):
            os._exit(7)

class Hangs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        open("hanging", "w").close()
        while True:
            time.sleep(0.01)
"""

RECIPE = """\
schema_version = 1
[source]
file = "nets.py"
name = "CrashesWhenTraced"
[[inputs]]
name = "x"
shape = [2, 3]
[export]
exporter = "script"
opset_version = 17
dynamic = [{ input = "x", axis = 0, name = "batch" }]
output_path = "build/net.onnx"
"""

TRACED = MatrixChoice("torchscript", "trace")
SCRIPTED = MatrixChoice("onnx", "script", 17)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path


def request(name: str, *choices: MatrixChoice) -> MatrixRequest:
    return MatrixRequest(
        ModelSource(file="nets.py", name=name),
        (InputSpec("x", (2, 3)),),
        ExportSpec(
            exporter="script", opset_version=17, dynamic=(DynamicDim("x", 0, "batch"),), output_path="build/net.onnx"
        ),
        ParitySpec(sizes=(1, 3), seeds=(0,)),
        MatrixSpec(choices, latency_runs=5),
    )


def test_a_cell_that_takes_its_process_down_leaves_the_others_whole_and_is_tried_again(
    client: WorkerClient, project: Path
) -> None:
    asked = request("CrashesWhenTraced", TRACED, SCRIPTED)
    event = ended(client.run("matrix", asked, Recorder(), base=project))
    assert isinstance(event, Done)
    report = event.result
    assert isinstance(report, MatrixReport)
    crashed, sound = report.cells
    assert (crashed.outcome, sound.outcome) == ("crashed", "exported")
    assert crashed.error is not None
    assert "exit code 7" in crashed.error.message
    assert sound.parity is not None
    assert sound.parity.verdict is Verdict.PASSED
    assert sound.latency is not None
    assert report.recommended == SCRIPTED
    assert (project / "build" / "matrix" / "net-script-17.onnx").is_file()

    (project / "harmless").touch()
    recorder = Recorder()
    again = ended(client.run("matrix", asked, recorder, base=project))
    assert isinstance(again, Done)
    assert again.result.reused == 1
    assert [cell.outcome for cell in again.result.cells] == ["exported", "exported"]
    ran = {
        event.result.choice
        for event in recorder.events
        if isinstance(event, Partial) and isinstance(event.result, MatrixCell) and event.result.outcome == "running"
    }
    assert ran == {TRACED}


def test_a_cancel_ends_cells_that_hang(client: WorkerClient, project: Path) -> None:
    recorder = Recorder()
    job = client.run("matrix", request("Hangs", TRACED, SCRIPTED), recorder, base=project)
    recorder.wait_for(
        lambda event: (
            isinstance(event, Partial)
            and event.result.outcome == "running"
            and event.result.message.startswith("Constructing")
        )
    )
    job.cancel()
    event = ended(job)
    assert isinstance(event, Cancelled)
    assert {cell.outcome for cell in event.result.cells} == {"cancelled"}
    assert not list(project.rglob("*.onnx"))


def test_the_command_prints_the_table_and_gives_the_status_of_the_recommendation(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = str(project / "recipe.toml")
    assert main(["matrix", recipe, "--exporters", "onnx/script", "--opsets", "17"]) == 0
    out, err = capsys.readouterr()
    assert "script, opset 17: passes in all" in out
    assert "cases agree" in err
    assert main(["matrix", recipe, "--exporters", "torchscript/trace", "--quiet"]) == 1
    out, _ = capsys.readouterr()
    assert "No export can be used" in out
    assert "exit code 7" in out
