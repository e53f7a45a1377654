"""A model file, and how tests get marks into the view of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CapturedWarning
from modelpack_gui.ui.controller import Controller
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_export_record, make_recipe

CODE = "\n".join(["import torch", "", "class ShapesNet:", *(f"    field_{i} = {i}" for i in range(4, 121))])


def choose(controller: Controller, path: Path) -> None:
    recipe = make_recipe(str(path))
    controller.edit(recipe, "choose model file")


def warning_at(path: Path, line: int) -> CapturedWarning:
    return CapturedWarning("TracerWarning", f"frozen at {line}", str(path), line)


def export(controller: Controller, client: FakeClient, model: Path, **more: object) -> None:
    client.answers["export"] = dataclasses.replace(make_export_record(), **more)  # type: ignore[arg-type]
    controller.run(Stage.EXPORT)
