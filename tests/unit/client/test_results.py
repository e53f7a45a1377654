from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from modelpack_gui.client import results
from modelpack_gui.client.results import ResultsFolder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODELPACK_DATA_DIR", str(tmp_path))
    return tmp_path / "cache" / "results"


def _filled(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "logits.npy").write_bytes(b"0123")
    return folder


def _keep_only(folder: ResultsFolder, kept: Path | None) -> None:
    folder.keep_only(kept)
    assert folder._removing is not None
    folder._removing.join()


def test_nothing_is_made_before_there_is_something_to_keep(cache: Path) -> None:
    first, second = ResultsFolder(), ResultsFolder()
    assert first.new("parity") != first.new("parity")
    assert first.path != second.path
    assert not cache.exists()


def test_the_arrays_of_earlier_runs_go_and_those_of_this_one_stay() -> None:
    folder = ResultsFolder()
    earlier, now = _filled(folder.new("parity")), _filled(folder.new("parity"))
    _keep_only(folder, now)
    assert not earlier.exists()
    assert (now / "logits.npy").is_file()
    _keep_only(folder, None)
    assert not now.exists()


def test_nobody_waits_for_the_disk_when_the_arrays_of_earlier_runs_go(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ResultsFolder()
    earlier, removed, may_go = _filled(folder.new("parity")), list[Path](), threading.Event()

    def slow(path: Path) -> None:
        may_go.wait()
        removed.append(path)

    monkeypatch.setattr(results, "_remove", slow)
    folder.keep_only(None)
    assert removed == []
    may_go.set()
    folder.remove()
    assert removed == [earlier, folder.path]


def test_a_window_that_closes_leaves_nothing_behind(cache: Path) -> None:
    folder = ResultsFolder()
    _filled(folder.new("parity"))
    folder.remove()
    assert list(cache.iterdir()) == []
    folder.remove()  # twice does no harm


def test_what_a_dead_process_left_goes_and_what_a_living_one_uses_stays(cache: Path) -> None:
    results.remove_left_overs()  # without a folder
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left_over = _filled(cache / f"{dead.pid}-0123")
    foreign = _filled(cache / "notes")
    mine = _filled(ResultsFolder().new("parity"))
    results.remove_left_overs()
    assert not left_over.exists()
    assert mine.exists()
    assert foreign.exists()
