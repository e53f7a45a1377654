"""A folder with small models whose workers all tests share, and a copy of the demo."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelpack_gui.cli import commands
from modelpack_gui.client.jobs import WorkerClient
from tests.places import DEMO
from tests.worker.cli.projects import NETS, RECIPE
from tests.worker.harness import SharedClient


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    for path in DEMO.glob("*.*"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch, workers: WorkerClient) -> Iterator[Path]:
    (folder / "nets.py").write_text(NETS, encoding="utf-8")
    for name in ("Net", "Branches", "Exits", "Hangs", "Missing"):
        (folder / f"{name}.toml").write_text(RECIPE.format(name=name), encoding="utf-8")
    monkeypatch.setattr(commands, "make_client", lambda: SharedClient(workers))
    monkeypatch.chdir(folder)
    yield folder
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
