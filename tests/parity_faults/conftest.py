from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import (
    CaseChoice,
    DynamicDim,
    ExportRequest,
    ExportSpec,
    InputSpec,
    LayersReport,
    LayersRequest,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
    ReproRecord,
    ReproRequest,
    RuntimeChoice,
)
from modelpack_gui.stages import registry

MODELS = Path(__file__).with_name("models.py")
IMAGE = InputSpec("image", (2, 3, 8, 8), low=-1.0, high=1.0)
IDS = InputSpec("ids", (2, 6), "int64", 0, 19)
INPUTS = {"PictureNet": IMAGE, "TextNet": IDS}
X = InputSpec("x", (2, 6), low=-1.0, high=1.0)
EXPORTERS = ("trace", "dynamo")


@dataclasses.dataclass(frozen=True)
class Exported:
    """A model and the artifact that an exporter made of it."""

    path: Path
    source: ModelSource
    input: InputSpec
    dynamic: tuple[DynamicDim, ...]

    def parity(
        self, path: Path | None = None, *choices: CaseChoice, runtime: RuntimeChoice | None = None
    ) -> ParityReport:
        """Compare the artifact, or an edited one, with the model; at the example alone if no cases are named."""
        spec = ParitySpec(seeds=(0,), runtime=runtime or RuntimeChoice())
        request = ParityRequest(
            self.source, (self.input,), str(path or self.path), self.dynamic, spec, only=choices or (CaseChoice(),)
        )
        report: ParityReport = registry.resolve("parity")(request, self._context)
        return report

    def whole_parity(self) -> ParityReport:
        """Compare the artifact at all sizes, and say where a difference comes from."""
        request = ParityRequest(self.source, (self.input,), str(self.path), self.dynamic, ParitySpec(seeds=(0,)))
        report: ParityReport = registry.resolve("parity")(request, self._context)
        return report

    def repro(self, target: Path, path: Path | None = None, choice: CaseChoice | None = None) -> ReproRecord:
        """Make a repro of it."""
        request = ReproRequest(
            self.source, (self.input,), str(path or self.path), self.dynamic, ParitySpec(), str(target),
            case=choice or CaseChoice(),
        )  # fmt: skip
        record: ReproRecord = registry.resolve("repro")(request, self._context)
        return record

    def layers(self, path: Path | None = None, choice: CaseChoice | None = None) -> LayersReport:
        """Compare it layer by layer."""
        request = LayersRequest(
            self.source,
            (self.input,),
            str(path or self.path),
            self.dynamic,
            ParitySpec(),
            case=choice or CaseChoice(),
        )
        report: LayersReport = registry.resolve("layers")(request, self._context)
        return report

    @property
    def _context(self) -> PlainContext:
        return PlainContext(self.path.parent, self.path.parent)


Export = Callable[..., Exported]


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Export a model of this folder; the same one once only."""
    made: dict[tuple[str, ...], Exported] = {}

    def run(name: str, exporter: str, *post_steps: str) -> Exported:
        key = (name, exporter, *post_steps)
        if key not in made:
            folder = tmp_path_factory.mktemp("artifact")
            source, spec = ModelSource(str(MODELS), name=name), INPUTS.get(name, X)
            dynamic = (DynamicDim(spec.name, 0, "batch"),)
            asked = ExportSpec(
                exporter=exporter, opset_version=20, dynamic=dynamic, output_path=str(folder / "model.onnx"),
                post_steps=post_steps,
            )  # fmt: skip
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                registry.resolve("export")(ExportRequest(source, (spec,), asked), PlainContext(folder, folder))
            made[key] = Exported(folder / "model.onnx", source, spec, dynamic)
        return made[key]

    return run
