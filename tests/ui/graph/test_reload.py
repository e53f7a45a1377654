from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.client.recipe_file import save_recipe
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.reload import GraphReload
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui import samples
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"exported")
    return path


@pytest.fixture
def index(exported: Path) -> GraphIndex:
    found = small_graph(exported.parent)
    return dataclasses.replace(found, artifact=dataclasses.replace(found.artifact, path=str(exported)))


@pytest.fixture
def project(controller: Controller, client: FakeClient, index: GraphIndex, tmp_path: Path) -> Controller:
    recipe = tmp_path / "shapes.toml"
    (tmp_path / "model.py").write_text("class ShapesNet: ...\n")
    save_recipe(samples.make_recipe(), recipe)
    client.answers |= {"export": samples.make_export_record(Path(index.artifact.path)), "inspect": index}
    controller.open_recipe(recipe, is_trusted=True)
    return controller


def test_an_exported_file_that_something_else_wrote_is_read_again(
    qtbot: QtBot, project: Controller, client: FakeClient, settings: Settings, index: GraphIndex, exported: Path
) -> None:
    reload = GraphReload(project, settings, project)
    project.run(Stage.GRAPH)
    qtbot.waitUntil(lambda: project.graph.index is index)
    again = client.answers["inspect"] = dataclasses.replace(index)
    exported.write_bytes(b"written by another program")
    qtbot.waitUntil(lambda: project.graph.index is again)
    with qtbot.waitSignal(reload._exported.changed):
        exported.unlink()
    assert project.state(Stage.GRAPH).status is Status.PASSED
