from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path

import pytest

from modelpack_gui.client.bench.store import INDEX, BenchStore, bench_folder
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    BenchReport,
    BenchSpec,
    ExportSpec,
    FileStamp,
    ModelSource,
    RunnerResult,
    RunnerSpec,
)


def report(started_at: str = "2026-11-30T09:00:00Z", summary: str = "Eager is fast.") -> BenchReport:
    runner = RunnerResult("eager", "PyTorch eager", None, (1.5,), (1.0, 1.25), None, None, spec=RunnerSpec("eager"))
    spec = BenchSpec(runners=(RunnerSpec("onnxruntime", {"threads": 1, "spinning": False}, "a.onnx"),))
    return BenchReport(spec, "net.onnx", "eager", summary, (runner,), 2, {"cpu": "A"}, True, 3.5, started_at)


@pytest.fixture
def store(tmp_path: Path) -> BenchStore:
    return BenchStore(tmp_path / "bench" / "net")


def test_runs_are_kept_beside_the_artifact(tmp_path: Path) -> None:
    assert bench_folder(tmp_path, ExportSpec(output_path="build/net.onnx")) == tmp_path / "build" / "bench" / "net"
    assert bench_folder(tmp_path, ExportSpec(output_path="")) == tmp_path / "bench" / "model"


def test_onnx_files_of_one_folder_have_runs_of_their_own(tmp_path: Path) -> None:
    for export in (ExportSpec(), ExportSpec(output_path="build/model.onnx")):  # the latter is what is proposed
        assert bench_folder(tmp_path, export, ModelSource(file="a.onnx")) == tmp_path / "bench" / "a"
    assert bench_folder(tmp_path, ExportSpec(), ModelSource(file="net.py")) == tmp_path / "bench" / "model"


def test_a_kept_run_is_read_as_it_was(store: BenchStore) -> None:
    stamp = FileStamp("model.py", 3, 4)
    kept = store.keep(report(), Recipe(), (stamp,))
    whole = BenchStore(store.folder).read(kept.id)
    assert whole.report == report()
    assert whole.recipe == Recipe()
    assert whole.made_from == (stamp,)


def test_the_newest_run_comes_first_and_two_of_the_same_second_are_two(store: BenchStore) -> None:
    ids = [
        store.keep(report(at)).id for at in ("2026-11-30T09:00:00Z", "2026-12-01T09:00:00Z", "2026-11-30T09:00:00Z")
    ]
    assert len(set(ids)) == 3
    assert [run.id for run in store.runs()] == [ids[1], ids[2], ids[0]]
    assert store.find("last").id == ids[1]


def test_names_and_the_baseline_outlive_the_store(store: BenchStore) -> None:
    first, second = store.keep(report()), store.keep(report("2026-12-01T09:00:00Z"))
    store.rename(first.id, "  before the fix ")
    store.set_baseline(first.id)
    again = BenchStore(store.folder)
    assert again.find("before the fix").id == first.id
    assert again.find("baseline").id == again.baseline == first.id
    assert again.find(second.id).name == ""


def test_a_deleted_run_is_gone_and_is_no_baseline_any_more(store: BenchStore) -> None:
    kept = store.keep(report())
    store.set_baseline(kept.id)
    store.delete(kept.id)
    assert store.runs() == ()
    assert store.baseline == ""
    assert not list(store.folder.glob("*.gz"))
    with pytest.raises(UserError) as told:
        store.read(kept.id)
    assert told.value.info.code == "bench-run-missing"


@pytest.mark.parametrize("text", [None, "", "{", '{"schema_version": 99}', "[]"])
def test_a_lost_index_is_made_anew_from_the_files(store: BenchStore, text: str | None) -> None:
    kept = store.keep(report())
    index = store.folder / INDEX
    index.unlink() if text is None else index.write_text(text)
    assert [(run.id, run.summary) for run in store.runs()] == [(kept.id, "Eager is fast.")]


def test_a_run_that_was_cut_short_is_told_and_does_not_hide_the_others(store: BenchStore) -> None:
    whole, broken = store.keep(report()), store.keep(report("2026-12-01T09:00:00Z"))
    path = store.folder / f"{broken.id}.run.json.gz"
    path.write_bytes(path.read_bytes()[:40])
    (store.folder / INDEX).unlink()
    assert [run.id for run in store.runs()] == [whole.id]
    with pytest.raises(UserError) as told:
        store.read(broken.id)
    assert told.value.info.code == "bench-run-not-readable"


def test_a_run_of_a_recipe_that_cannot_be_read_any_more_keeps_its_figures(store: BenchStore) -> None:
    path = store.folder / f"{store.keep(report(), Recipe()).id}.run.json.gz"
    data = json.loads(gzip.decompress(path.read_bytes()))
    data["recipe"]["of_the_future"] = True
    path.write_bytes(gzip.compress(json.dumps(data).encode()))
    whole = store.read(store.find("last").id)
    assert whole.recipe is None
    assert whole.report.summary == "Eager is fast."


def test_a_run_kept_by_another_process_is_listed(store: BenchStore) -> None:
    store.keep(report())
    BenchStore(store.folder).keep(report("2026-12-01T09:00:00Z"), name="by the command line")
    store.rename(store.runs()[1].id, "by the window")
    assert [run.name for run in store.runs()] == ["by the command line", "by the window"]


@pytest.mark.parametrize("name", ["baseline", "nightly", ""])
def test_a_run_that_is_not_there_is_told_with_those_that_are(store: BenchStore, name: str) -> None:
    kept = store.keep(report())
    with pytest.raises(UserError) as told:
        store.find(name)
    assert told.value.info.code == "bench-run-unknown"
    assert kept.id in told.value.info.hint


def test_a_list_leaves_out_the_speed_of_what_was_not_measured(store: BenchStore) -> None:
    kept = store.keep(dataclasses.replace(report(), is_complete=False))
    assert not kept.is_complete
    assert [(runner.title, runner.p50_ms) for runner in kept.runners] == [("PyTorch eager", None)]
