"""`modelpack parity`: its options, the jobs that follow it, what it prints and its exit status."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modelpack_gui.cli import commands, main
from modelpack_gui.cli.monitor import Monitor
from modelpack_gui.cli.parity import worst_case
from modelpack_gui.cli.parser import make_parser
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.report_layers import layers_text
from modelpack_gui.cli.report_parity import parity_text
from modelpack_gui.core.events import Outcome, Partial, Started
from modelpack_gui.core.records import (
    Attribution,
    CaseChoice,
    LayersRequest,
    NoiseFigures,
    Origin,
    ParityPart,
    ParityReport,
    ParityRequest,
    ParitySpec,
    Regime,
    ReproRequest,
    Result,
    RuntimeChoice,
    SideResult,
    Verdict,
)
from tests.ui import made_reports
from tests.ui.parity import made_layers
from tests.unit.cli.recipes import recipe_text
from tests.unit.client.ending_client import ClosingClient

RECIPE = recipe_text()


Run = Callable[..., tuple[int, ClosingClient]]


@pytest.fixture
def modelpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("recipe.toml").write_text(RECIPE, encoding="utf-8")
    Path("net.onnx").write_bytes(b"")

    def run(*words: str, **endings: Result | Outcome) -> tuple[int, ClosingClient]:
        given: Mapping[str, Result | Outcome] = {"hello": made_reports.capabilities(), **endings}
        client = ClosingClient(given)
        monkeypatch.setattr(commands, "make_client", lambda: client)
        return main(["parity", "recipe.toml", *words]), client

    return run


def _failing() -> ParityReport:
    report = made_reports.parity_report(failing=(3, 5))
    return dataclasses.replace(report, attribution=Attribution(Origin.EXPORT, "it is the export", "batch = 5"))


def test_the_options_change_the_recipe() -> None:
    words = "--rtol 1e-4 --sweep --time-budget 30 --regimes normal,nan --max-noise-ratio 8 --nan-differs"
    sides = "--runtime onnxruntime:off --expected-artifact a.onnx --expected-runtime onnx.reference"
    arguments = make_parser().parse_args(["parity", "none.onnx", *words.split(), *sides.split()])
    arguments.recipe = None
    recipe, _ = recipe_of(arguments, needs_source=False)
    assert recipe.parity == ParitySpec(
        rtol=1e-4,
        sweep=True,
        time_budget_s=30.0,
        regimes=(Regime.NORMAL, Regime.NAN),
        max_noise_ratio=8.0,
        nan_equal=False,
        runtime=RuntimeChoice("onnxruntime", "off"),
        expected_artifact=str(Path("a.onnx").absolute()),
        expected_runtime=RuntimeChoice("onnx.reference"),
    )


def test_without_options_the_recipe_stays_as_it_is() -> None:
    arguments = make_parser().parse_args(["parity", "none.onnx"])
    arguments.recipe = None
    assert recipe_of(arguments, needs_source=False)[0].parity == ParitySpec()


@pytest.mark.parametrize(
    "words",
    [
        ["--regimes", "usual"],
        ["--regimes", ","],
        ["--runtime", "tensorrt"],
        ["--runtime", "onnxruntime:most"],
        ["--optimization", "most"],
        ["--time-budget", "soon"],
        ["--repro", "fault.tar"],
        ["--repro", "."],
    ],
)
def test_options_that_mean_nothing_are_bad_input(
    modelpack: Run, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    status, client = modelpack(*words)
    assert (status, client.requests) == (2, {})
    assert words[0].lstrip("-") in capsys.readouterr().err


def test_a_parity_that_passes_runs_one_job_and_needs_no_repro(
    modelpack: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    status, client = modelpack("--repro", "fault.zip", parity=made_reports.parity_report())
    assert (status, list(client.requests)) == (0, ["hello", "parity"])
    request = client.requests["parity"]
    assert isinstance(request, ParityRequest)
    assert request.artifact_path == str(Path("net.onnx").absolute())
    assert "Nothing failed, so that there is no repro to make." in capsys.readouterr().err


def test_layers_and_repro_look_at_the_worst_case_and_at_the_node_that_was_found(
    modelpack: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = made_layers.report(fault=9)
    status, client = modelpack(
        *("--layers", "--repro", "fault.zip", "--json", "out.json", "--rtol", "1e-4"),
        parity=_failing(),
        layers=layers,
        repro=made_layers.repro("fault.zip"),
    )
    assert (status, list(client.requests)) == (1, ["hello", "parity", "layers", "repro"])
    looked, made = client.requests["layers"], client.requests["repro"]
    assert isinstance(looked, LayersRequest)
    assert isinstance(made, ReproRequest)
    assert looked.case == made.case == CaseChoice({"batch": 5})
    assert looked.parity.rtol == made.parity.rtol == 1e-4
    assert layers.fault is not None
    assert (made.value, made.output_path) == (layers.fault.value, str(Path("fault.zip").absolute()))
    printed = capsys.readouterr().out
    assert "It is the export." in printed
    assert "✕ Layers: batch = 3" in printed
    assert "✓ Repro: fault.zip (3 of 27 nodes, 48.2 kB)" in printed
    assert "run it, unpacked: python run.py" in printed
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert (data["exit_status"], data["layers"]["result"]["kind"]) == (1, "LayersReport")
    assert data["repro"]["result"]["nodes"] == 3


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.FAILED, 2), (Outcome.CRASHED, 3), (Outcome.TIMED_OUT, 3)])
def test_layers_that_could_not_be_compared_are_told_and_set_the_exit_status(
    modelpack: Run, capsys: pytest.CaptureFixture[str], outcome: Outcome, status: int
) -> None:
    found, _ = modelpack("--layers", "--json", "out.json", parity=made_reports.parity_report(), layers=outcome)
    printed = capsys.readouterr()
    assert found == status
    assert "✕ Layers: " in printed.out
    assert "layers is wrong" in printed.err
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["layers"]["error"]["code"] == "a-code"


def test_what_layers_find_does_not_make_a_parity_fail_that_passed(modelpack: Run) -> None:
    found, client = modelpack("--layers", parity=made_reports.parity_report(), layers=made_layers.report(fault=3))
    assert found == 0
    looked = client.requests["layers"]
    assert isinstance(looked, LayersRequest)
    assert looked.case.sizes == {"batch": 2}


def test_a_parity_that_did_not_run_is_followed_by_nothing(modelpack: Run) -> None:
    status, client = modelpack("--layers", "--repro", "a.zip", parity=Outcome.FAILED)
    assert (status, list(client.requests)) == (2, ["hello", "parity"])


def test_the_worst_case_is_the_attributed_one_else_a_failed_one_else_the_example() -> None:
    for report, label in (
        (_failing(), "batch = 5"),
        (made_reports.parity_report(failing=(3,)), "batch = 3"),
        (made_reports.parity_report(), "example"),
    ):
        worst = worst_case(report)
        assert worst is not None
        assert worst.label == label
    assert worst_case(dataclasses.replace(_failing(), cases=())) is None


def test_the_report_names_the_origin_and_how_far_each_side_is_off() -> None:
    sides = (
        SideResult("off", Verdict.PASSED, 1e-7, 0.01),
        SideResult("all", Verdict.FAILED, 0.125, 900.0),
        SideResult("onnx.reference", Verdict.SKIPPED, None, None, error="It has no such operator."),
    )
    origin = Attribution(Origin.OPTIMIZER, "the optimiser does it", "batch = 3", "extended", sides)
    lines = parity_text(dataclasses.replace(_failing(), attribution=origin)).splitlines()
    assert "The optimiser does it." in lines
    assert "at batch = 3: off ✓ 1.00e-07, all ✕ 0.125, onnx.reference – not run" in lines


def test_how_far_an_output_is_off_is_told_once_for_its_worst_case() -> None:
    text = parity_text(_failing())
    assert text.count("elements differ by up to") == 1
    assert "(the worst of 4): logits: " in text


def test_a_sweep_is_a_matrix_of_sizes_and_kinds_of_values() -> None:
    report = made_reports.parity_report(failing=(3,))
    noise = NoiseFigures(1e-6, 9e-7, None, 1e-7, 1e-7, None, 1e-6)
    zeros = [
        dataclasses.replace(
            case,
            regime=Regime.ZEROS,
            outputs=tuple(dataclasses.replace(output, noise=noise) for output in case.outputs),
        )
        for case in report.cases
        if case.seed == 0 and case.sizes["batch"] != 17
    ]
    swept = dataclasses.replace(report, cases=(*report.cases, *zeros), parity=ParitySpec(sweep=True))
    lines = parity_text(swept).splitlines()
    start = next(place for place, line in enumerate(lines) if line.split() == ["normal", "zeros"])
    assert [line.split("  ")[0] for line in lines[start + 1 : start + 6]] == [
        *("example", "batch = 1", "batch = 3", "batch = 5", "batch = 17")
    ]
    assert lines[start + 1].split()[-2:] == ["✓", "0.9x"]
    assert "✕" in lines[start + 3]
    assert not any(line.startswith("✓  batch = 1 ") for line in lines), "only what did not pass has a row"


def test_the_layers_are_a_table_with_the_fault_marked() -> None:
    report = made_layers.report(fault=9)
    assert report.fault is not None
    lines = layers_text(report).splitlines()
    assert lines[0] == report.summary
    assert report.fault.sentence in lines
    assert any(line.startswith("at ") and line.endswith("shapes.py:44") for line in lines)
    (marked,) = [line for line in lines if line.endswith("<-- first fault")]
    assert report.fault.node_name in marked
    assert any("96% of 25 nodes aligned" in line for line in lines)
    assert "without a row: 1 folded" in lines


def test_of_many_layers_those_around_the_fault_are_shown() -> None:
    lines = layers_text(made_layers.report(300, fault=150)).splitlines()
    assert "25 of 300 rows are shown; --json writes all." in lines
    assert sum("<-- first fault" in line for line in lines) == 1
    clean = layers_text(made_layers.report(300)).splitlines()
    assert any("of 225 rows are shown" in line for line in clean)


def test_the_monitor_tells_of_each_case_that_fails_as_it_ends() -> None:
    stream = io.StringIO()
    monitor = Monitor(stream)
    report = _failing()
    for number, case in enumerate(report.cases[:6], 1):
        monitor(Partial("parity-1", ParityPart(case, number, 10)))
    lines = stream.getvalue().splitlines()
    assert [line.split(":")[0] for line in lines] == ["✕ 5 of 10, batch = 3", "✕ 6 of 10, batch = 3, seed 1"]


def test_the_monitor_tells_how_many_layers_are_compared() -> None:
    stream = io.StringIO()
    monitor = Monitor(stream, clock=iter(range(0, 1000, 10)).__next__)
    monitor(Started("layers-1", "layers"))
    monitor(Partial("layers-1", made_layers.part(made_layers.row(0), made_layers.row(1))))
    assert stream.getvalue().splitlines()[-1] == "Layers:   8% 2 of 24 values compared"
