"""`modelpack bench`: its options, what it keeps and compares, what it prints and its exit status."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.cli import commands, main
from modelpack_gui.cli.bench_args import parse_rates, parse_runners, parse_share
from modelpack_gui.cli.report_bench import bench_text
from modelpack_gui.client.bench.files import report_of
from modelpack_gui.client.bench.store import BenchStore
from modelpack_gui.core import serde
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import (
    BenchReport,
    BenchRequest,
    ColdStart,
    Doubt,
    RunnerSpec,
    TrafficPoint,
)
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities
from tests.unit.cli.recipes import recipe_text
from tests.unit.core.bench.made_bench import WRONG, bench_report, with_runner

RECIPE = recipe_text(output_path="build/net.onnx")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    """Answers a benchmark with what the test puts there; the current folder is the recipe's."""
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "net.onnx").write_bytes(b"")
    fake = FakeClient({"hello": make_capabilities(), "bench": bench_report({"eager": 4.0, "fast": 2.0}, 1)})
    monkeypatch.setattr(commands, "make_client", lambda: fake)
    monkeypatch.chdir(tmp_path)
    return fake


def asked_of(client: FakeClient) -> BenchRequest:
    request = client.jobs[-1].request
    assert isinstance(request, BenchRequest)
    return request


def store() -> BenchStore:
    return BenchStore(Path("build/bench/net"))


def later(levels: dict[str, float], **changes: Any) -> BenchReport:
    return dataclasses.replace(bench_report(levels, 11), started_at="2026-12-01T09:00:00Z", **changes)


# -- options


def test_every_option_reaches_the_benchmark(client: FakeClient) -> None:
    command = (
        "bench recipe.toml --runners eager,onnxruntime[threads=1,spinning=false] --runners build/int8.onnx"
        " --baseline-runner eager --iterations 1000 --warmup 20 --block-runs 10 --threads 3 --batch-size 8"
        " --precision 1% --time-budget 60 --fresh-inputs --pin-cpus 0,1 --seed 7 --no-noise-run"
        " --callers 1,2 --rates 50,100.5 --load-seconds 2"
    )
    assert main(command.split()) == 0
    spec = asked_of(client).bench
    assert spec.runners == (
        RunnerSpec("eager"),
        RunnerSpec("onnxruntime", {"threads": 1, "spinning": False}),
        RunnerSpec("onnxruntime", artifact="build/int8.onnx"),
    )
    assert (spec.baseline, spec.iterations, spec.warmup_runs, spec.block_runs, spec.threads) == (
        "eager",
        1000,
        20,
        10,
        3,
    )
    assert (spec.batch_size, spec.precision, spec.time_budget_s, spec.fresh_inputs) == (8, 0.01, 60.0, True)
    assert (spec.pin_cpus, spec.seed, spec.noise_run) == ((0, 1), 7, False)
    assert (spec.callers, spec.rates_per_s, spec.load_s) == ((1, 2), (50.0, 100.5), 2.0)


def test_without_options_the_recipe_holds(client: FakeClient) -> None:
    assert main(["bench", "recipe.toml"]) == 0
    assert asked_of(client).bench.noise_run
    assert asked_of(client).bench.iterations == 500


def test_a_file_of_a_runner_is_the_same_from_any_folder(
    client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "build")
    assert main(["bench", "../recipe.toml", "--runners", "onnxruntime[file=int8.onnx]"]) == 0
    assert asked_of(client).bench.runners[0].artifact == "build/int8.onnx"
    elsewhere = tmp_path.parent / "other.onnx"
    assert main(["bench", "../recipe.toml", "--runners", str(elsewhere)]) == 0
    assert asked_of(client).bench.runners[0].artifact == str(elsewhere)


def test_settings_out_of_range_are_bad_input(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    for option in (["--batch-size", "0"], ["--iterations", "0"], ["--time-budget", "-1"]):
        assert main(["bench", "recipe.toml", *option]) == 2
        told = capsys.readouterr().err
        assert "command line: bench." in told
        assert "is out of range" in told
        assert "--help" in told  # the file is right
    assert client.jobs == []


def test_a_baseline_is_one_of_the_runners(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    runners = ["--runners", "eager,onnxruntime[threads=1,spinning=false]"]
    assert main(["bench", "recipe.toml", *runners, "--baseline-runner", "onnxruntime[spinning=false,threads=1]"]) == 0
    assert asked_of(client).bench.baseline == "onnxruntime[spinning=false,threads=1]"
    measured = len(client.jobs)
    assert main(["bench", "recipe.toml", *runners, "--baseline-runner", "openvino"]) == 2
    err = capsys.readouterr().err
    assert "The baseline openvino is not among the runners that are measured." in err
    assert "They are eager, onnxruntime[spinning=false,threads=1]." in err
    assert len(client.jobs) == measured


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.05", 0.05), (" 2.5% ", 0.025), ("150%", 1.5)])
def test_a_share_is_given_in_percent_or_as_a_number_below_one(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["5", "0", "-1%", "x%", "5%5", "", "inf"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no share such as 5%"):
        parse_share(text)


@pytest.mark.parametrize("text", ["", "0", "-5", "a", "inf"])
def test_what_are_no_rates_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="calls a second"):
        parse_rates(text)


def test_a_runner_that_is_spelled_wrongly_is_refused() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a runner"):
        parse_runners("onnxruntime[threads")


# -- kept runs and the gate


def test_a_run_is_kept_with_its_label(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "recipe.toml", "--label", "before"]) == 0
    assert "Kept as 20261130-090000." in capsys.readouterr().err
    (run,) = store().runs()
    assert (run.name, store().baseline) == ("before", "")
    assert store().read(run.id).report == client.answers["bench"]


def test_a_run_can_be_left_unkept(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "recipe.toml", "--no-keep"]) == 0
    assert store().runs() == ()
    assert main(["bench", "recipe.toml", "--no-keep", "--mark-baseline"]) == 2
    assert "--no-keep keeps none" in capsys.readouterr().err


def test_a_run_that_cannot_be_kept_loses_neither_its_figures_nor_their_json(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("build/bench").write_text("a file where the folder should be", encoding="utf-8")
    assert main(["bench", "recipe.toml", "--json", "out.json"]) == 2
    printed = capsys.readouterr()
    assert "Fast is 2.0" in printed.out
    assert "could not be written" in printed.err
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert data["stages"][0]["result"]["kind"] == "BenchReport"
    assert data["kept"]["outcome"] == "failed"


def test_a_kept_run_names_the_files_of_the_model(client: FakeClient) -> None:
    Path("net.py").write_text("class Net: ...", encoding="utf-8")
    assert main(["bench", "recipe.toml"]) == 0
    (stamp,) = store().read(store().find("last").id).made_from
    assert (Path(stamp.path), stamp.size_bytes) == (Path("net.py").absolute(), 14)


def test_a_kept_file_that_cannot_be_read_is_told_in_the_list(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["bench", "recipe.toml"])
    (store().folder / "20200101-000000.run.json.gz").write_bytes(b"cut short")
    assert main(["bench", "recipe.toml", "--list-runs"]) == 0
    printed = capsys.readouterr()
    assert "1 run in" in printed.out
    assert "20200101-000000.run.json.gz cannot be read" in printed.err


@pytest.mark.parametrize(("level_ms", "status"), [(2.0, 0), (2.1, 0), (2.4, 1)])
def test_the_gate_decides_the_exit_status(
    client: FakeClient, capsys: pytest.CaptureFixture[str], level_ms: float, status: int
) -> None:
    assert main(["bench", "recipe.toml", "--mark-baseline"]) == 0
    client.answers["bench"] = later({"eager": 4.0, "fast": level_ms})
    assert main(["bench", "recipe.toml", "--fail-if-slower", "5%", "--json", "out.json"]) == status
    out = capsys.readouterr().out
    assert "Against the baseline" in out
    assert ("✕ Gate: Failed against the baseline, 5 % allowed: Fast." in out) is (status == 1)
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert data["exit_status"] == status
    assert data["gate"]["result"]["kind"] == "GateReport"
    assert data["comparison"]["result"]["changes"][1]["key"] == "fast"
    assert store().find("baseline").started_at == "2026-11-30T09:00:00Z"  # the gate moves no baseline


def test_a_gate_without_a_baseline_says_how_to_get_one_before_it_measures(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "recipe.toml", "--fail-if-slower", "5%"]) == 2
    err = capsys.readouterr().err
    assert "No run is marked as the baseline." in err
    assert "modelpack bench recipe.toml --mark-baseline" in err
    assert client.jobs == []


def test_last_is_the_run_before(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "recipe.toml"]) == 0
    client.answers["bench"] = later({"eager": 4.0, "fast": 1.0})
    assert main(["bench", "recipe.toml", "--against", "last"]) == 0
    out = capsys.readouterr().out
    assert "Against the run before" in out
    assert "Fast has become 2.0" in out
    assert "Gate" not in out


def test_a_file_of_results_is_compared_with(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "recipe.toml", "--no-keep", "--json", "old.json"]) == 0
    client.answers["bench"] = later({"eager": 4.0, "fast": 2.4})
    assert main(["bench", "recipe.toml", "--against", "old.json", "--fail-if-slower", "5%"]) == 1
    assert "Against old.json" in capsys.readouterr().out


def test_a_file_of_the_first_version_is_read() -> None:
    data = serde.encode(bench_report({"eager": 4.0}))
    data["bench"]["runners"] = ["eager"]
    for name in ("noise", "clock_overhead_ns", "started_at"):
        del data[name]
    for name in ("turns", "spec", "outputs", "cold", "load"):
        del data["runners"][0][name]
    report = report_of(data)
    assert report.bench.runners == (RunnerSpec("eager"),)
    assert report.runners[0].turns == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"stages": []}', "no benchmark is in it"),
        ("[]", "no table of results"),
        ("{", "holds no benchmark that this version reads"),
        ('{"runners": [], "future": 1}', "future"),
    ],
)
def test_a_file_that_holds_no_benchmark_is_bad_input(
    client: FakeClient, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    Path("old.json").write_text(content, encoding="utf-8")
    assert main(["bench", "recipe.toml", "--against", "old.json"]) == 2
    assert said in capsys.readouterr().err
    assert client.jobs == []


def test_a_run_that_was_stopped_early_is_not_kept(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.answers["bench"] = later({"eager": 4.0}, is_complete=False)
    main(["bench", "recipe.toml"])
    assert "stopped early, so that it is not kept" in capsys.readouterr().err
    assert store().runs() == ()


def test_kept_runs_are_listed_shown_marked_and_deleted(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "recipe.toml", "--list-runs"]) == 0
    assert "No runs are kept in" in capsys.readouterr().out
    main(["bench", "recipe.toml", "--label", "first"])
    client.answers["bench"] = later({"eager": 4.0})
    main(["bench", "recipe.toml"])
    measured = len(client.jobs)
    capsys.readouterr()

    assert main(["bench", "recipe.toml", "--set-baseline", "first", "--list-runs", "--json", "runs.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[0] == "20261201-090000"
    assert lines[2].split()[:3] == ["*", "20261130-090000", "first"]
    assert lines[3].endswith("* is the baseline")
    data = json.loads(Path("runs.json").read_text(encoding="utf-8"))
    assert [run["id"] for run in data["runs"]] == ["20261201-090000", "20261130-090000"]

    assert main(["bench", "recipe.toml", "--show-run", "first"]) == 0
    assert "Fast is 2.0" in capsys.readouterr().out
    assert main(["bench", "recipe.toml", "--delete-run", "last", "--list-runs"]) == 0
    assert "1 run in" in capsys.readouterr().out
    assert main(["bench", "recipe.toml", "--show-run", "gone"]) == 2
    assert "There is no kept run 'gone'." in capsys.readouterr().err
    assert len(client.jobs) == measured


# -- what is printed


def test_the_table_has_intervals_and_only_percentiles_that_the_sample_carries() -> None:
    text = bench_text(bench_report({"eager": 4.0, "fast": 2.0}))
    lines = text.splitlines()
    assert lines[0].startswith("Fast is 2.0")
    row = next(line for line in lines if line.startswith("Fast  "))
    assert row.count("[") == 2
    assert "the loop around a call costs 120 ns" in text.replace("\n", " ")
    assert "The machine was quiet." in text
    few = with_runner(bench_report({"eager": 4.0}), "eager")
    summary = dataclasses.replace(few.runners[0].summary, p99_ms=None)  # type: ignore[type-var]
    row = bench_text(with_runner(few, "eager", summary=summary)).splitlines()[2]
    assert row.split()[-3] == "–"


def test_wrong_outputs_have_no_speedup_in_the_table() -> None:
    text = bench_text(with_runner(bench_report({"eager": 4.0, "fast": 2.0}), "fast", outputs=WRONG))
    row = next(line for line in text.splitlines() if line.startswith("Fast  "))
    assert row.endswith("wrong outputs")
    assert "✕ off by 3.20" in text
    assert "✕ Fast: Output 0 differs by up to 3.2." in text


def test_cold_start_memory_load_doubts_and_errors_are_printed() -> None:
    report = bench_report({"eager": 4.0, "fast": 2.0})
    report = with_runner(
        report,
        "fast",
        cold=ColdStart(0.25, 1.5, 1.2, 30.0, 12, 0.4),
        peak_rss_bytes=312_000_000,
        doubts=(Doubt("drift", "It drifts."),),
        error=ErrorInfo("worker-crashed", "It crashed.", "Try again."),
        load=(
            TrafficPoint("fast", "closed", 2, None, 900, 3.0, 300.0, {"0.5": 6.6}),
            TrafficPoint("fast", "open", 8, 400.0, 900, 3.0, 310.0, {"0.5": 90.0}, is_saturated=True),
        ),
    )
    text = bench_text(report)
    row = next(line for line in text.splitlines() if "312 MB" in line)
    assert [part in row for part in ("250 ms", "1.5 s", "1.2 s", "30.0 ms", "12 runs")] == [True] * 5
    assert "2 callers" in text
    assert "400 calls/s asked" in text
    assert "does not keep up" in text
    assert "▲ Fast: It drifts." in text
    assert "▲ Fast: It crashed." in text


def test_a_doubt_that_several_runners_share_is_printed_once() -> None:
    few, own = Doubt("few_runs", "Only 50 runs."), Doubt("drift", "It drifts.")
    report = bench_report({"eager": 4.0, "fast": 2.0})
    report = with_runner(with_runner(report, "eager", doubts=(few, own)), "fast", doubts=(few,))
    lines = bench_text(report).splitlines()
    assert lines.count("▲ All: Only 50 runs.") == 1
    assert lines.count("▲ Eager: It drifts.") == 1


def test_a_noisy_machine_is_told_once_with_its_figures() -> None:
    report = bench_report({"eager": 4.0})
    noise = dataclasses.replace(report.noise, is_noisy=True, text="The machine was noisy: so.")  # type: ignore[type-var]
    doubted = with_runner(report, "eager", doubts=(Doubt("noisy_machine", noise.text),))  # type: ignore[union-attr]
    text = bench_text(dataclasses.replace(doubted, noise=noise))
    assert text.count("The machine was noisy: so.") == 1


def test_the_closing_line_names_the_gate_that_failed(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "recipe.toml", "--mark-baseline"]) == 0
    client.answers["bench"] = later({"eager": 4.0, "fast": 2.4})
    assert main(["bench", "recipe.toml", "--fail-if-slower", "5%"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "✕ failed: Gate"
