"""The demo's bad class from end to end: it fails, one line of it is named, and the repro fails without this app."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CaseChoice,
    ExportRequest,
    LayersReport,
    LayersRequest,
    Origin,
    ParityReport,
    ParityRequest,
    ReproRecord,
    ReproRequest,
    Verdict,
)
from modelpack_gui.stages import registry
from tests.parity_faults.conftest import EXPORTERS
from tests.places import DEMO

THREE = CaseChoice({"batch": 3})


class Demo(NamedTuple):
    recipe: Recipe
    artifact: str
    context: PlainContext


@pytest.fixture(scope="module", params=EXPORTERS)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The artifact that the recipe asks for, by each exporter."""
    recipe, folder = load_recipe(DEMO / "batch_branch.toml"), tmp_path_factory.mktemp("demo")
    spec = dataclasses.replace(
        recipe.export, exporter=request.param, output_path=str(folder / "model.onnx"), output_names=("logits",)
    )
    context = PlainContext(DEMO, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        registry.resolve("export")(ExportRequest(recipe.source, recipe.inputs, spec), context)
    return Demo(recipe, spec.output_path, context)


def test_it_fails_from_three_pictures_on_and_the_export_is_named_as_the_cause(demo: Demo) -> None:
    recipe, artifact, context = demo
    request = ParityRequest(recipe.source, recipe.inputs, artifact, recipe.export.dynamic, recipe.parity)
    report: ParityReport = registry.resolve("parity")(request, context)
    failed = {case.sizes["batch"] for case in report.cases if case.verdict is Verdict.FAILED}
    assert report.verdict is Verdict.FAILED
    assert failed == {3, 5, 17}
    assert report.attribution is not None
    assert report.attribution.origin is Origin.EXPORT, report.attribution.sentence


def test_the_line_of_the_branch_is_named(demo: Demo) -> None:
    recipe, artifact, context = demo
    request = LayersRequest(recipe.source, recipe.inputs, artifact, recipe.export.dynamic, recipe.parity, case=THREE)
    report: LayersReport = registry.resolve("layers")(request, context)
    lines = (DEMO / "shapes.py").read_text(encoding="utf-8").splitlines()
    branch = next(number for number, line in enumerate(lines, 1) if line.strip().startswith("if image.shape[0] > 2"))
    assert report.fault is not None
    assert f"under `if image.shape[0] > 2` (line {branch})" in report.fault.sentence
    assert report.fault.place is not None
    assert (report.fault.place.file, report.fault.place.line) == (str(DEMO / "shapes.py"), branch + 1)


def test_the_repro_is_one_node_that_fails_without_this_app(demo: Demo, tmp_path: Path) -> None:
    recipe, artifact, context = demo
    request = ReproRequest(
        recipe.source, recipe.inputs, artifact, recipe.export.dynamic, recipe.parity, str(tmp_path / "repro.zip"),
        case=CaseChoice({"batch": 5}),
    )  # fmt: skip
    record: ReproRecord = registry.resolve("repro")(request, context)
    assert record.verdict is Verdict.FAILED
    assert record.nodes <= 2  # with the constant that says which axes
    assert record.summary.endswith(", a branch of the model that the export froze.")
    with zipfile.ZipFile(record.path) as archive:
        archive.extractall(tmp_path / "unpacked")
    blocked = "import runpy, sys; sys.modules['torch'] = sys.modules['modelpack_gui'] = None; "
    done = subprocess.run(
        [sys.executable, "-E", "-c", f"{blocked} runpy.run_path('reproduce.py', run_name='__main__')"],
        cwd=tmp_path / "unpacked", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "mean" in done.stdout or "ReduceMean" in done.stdout
    readme = (tmp_path / "unpacked" / "README.md").read_text(encoding="utf-8")
    assert "first look at `if image.shape[0] > 2` in the model" in readme
    assert "class BatchBranchNet" not in readme
