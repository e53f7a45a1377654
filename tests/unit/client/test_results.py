from __future__ import annotations

import subprocess
import sys
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


def test_nothing_is_made_before_there_is_something_to_keep(cache: Path) -> None:
    first, second = ResultsFolder(), ResultsFolder()
    assert first.new("parity") != first.new("parity")
    assert first.path != second.path
    assert not cache.exists()


def test_the_arrays_of_earlier_runs_go_and_those_of_this_one_stay() -> None:
    folder = ResultsFolder()
    earlier, now = _filled(folder.new("parity")), _filled(folder.new("parity"))
    folder.keep_only(now)
    assert not earlier.exists()
    assert (now / "logits.npy").is_file()
    folder.keep_only(None)
    assert not now.exists()


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
