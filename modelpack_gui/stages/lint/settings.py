"""Rules about the options of the export and the example inputs: nothing is run for them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from modelpack_gui.core.dims import edits as dim_edits
from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.core.records import LintFinding
from modelpack_gui.stages.lint.base import Draft, LintCase, use_exporter


class Opset:
    """An opset that the exporter does not write."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        asked, opsets = case.export.opset_version, case.exporter.opsets()
        if not case.is_onnx or asked is None or opsets is None or opsets.min <= asked <= opsets.max:
            return
        near = opsets.min if asked < opsets.min else opsets.max
        what = (
            f"it would write opset {opsets.min} and only log that"
            if case.captures and asked < opsets.min
            else "its file would hold operators of another opset than it says"
        )
        edit = RecipeEdit("export.opset_version", near)
        fixes = [Fix(f"Ask for opset {near}", (edit,))]
        if case.captures and asked < opsets.min:
            fixes += use_exporter(case, "trace", "It writes older opsets.")
        yield Draft(
            "opset-fallback",
            MISMATCH_TITLES["opset-fallback"],
            f"The exporter {case.export.exporter} of this torch writes opset {opsets.min} to {opsets.max}; asked for "
            f"{asked}, {what}.",
            "error",
            "opset_version",
            fixes=tuple(fixes),
        ).finding()


class Deprecated:
    """Exporters that the installed torch is about to drop."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        import torch

        if not case.is_onnx or case.captures:
            return
        parameter = inspect.signature(torch.onnx.export).parameters.get("dynamo")
        if parameter is None or parameter.default is not True:
            return
        yield Draft(
            "exporter-deprecated",
            "The exporter is deprecated",
            f"torch {torch.__version__} exports with torch.export by default and calls the exporters by TorchScript "
            "(trace, script) deprecated: they work, and get no new operators.",
            "info",
            "exporter",
            fixes=use_exporter(case, "dynamo"),
        ).finding()


class ExampleOfOne:
    """A dynamic axis of which the example has none or one."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        if not case.captures:
            return
        shapes = {item.name: item.shape for item in case.inputs}
        ones = [
            dim
            for dim in case.export.dynamic
            if dim.axis < len(shapes.get(dim.input, ())) and shapes[dim.input][dim.axis] < 2
        ]
        if not ones:
            return
        places = " and ".join(dim_edits.place(dim) for dim in ones)
        wanted = {(dim.input, dim.axis): max(2, dim.multiple_of or 2) for dim in ones}
        yield Draft(
            "dim-example-one",
            "The example size is 0 or 1",
            f"{places} shall be dynamic, and the example size there is below 2. torch.export takes 0 and 1 for "
            "constants, for broadcasting makes them special, and "
            f"{'refuses the export' if case.export.format == 'pt2' else 'may fix the axis'}.",
            "error" if case.export.format == "pt2" else "warning",
            "dynamic",
            fixes=(dim_edits.resized_all(case.inputs, wanted), dim_edits.make_static(case.export, *ones)),
        ).finding()


class NumberTypes:
    """Types of numbers that ONNX or its runtimes have no place for, in the example inputs."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        for item in case.inputs:
            if item.is_value or not case.is_onnx:
                continue
            if item.dtype.startswith("complex"):
                yield Draft(
                    "complex-numbers",
                    "Complex numbers",
                    f"The example input {item.name} is {item.dtype}, and ONNX has no operators on complex numbers"
                    f"{'; dynamo writes them as pairs of real ones' if case.captures else ''}.",
                    "warning" if case.captures else "error",
                    f"inputs.{item.name}",
                    fixes=(*use_exporter(case, "dynamo"), Fix("Give real and imaginary part as two real inputs")),
                ).finding()
            elif item.dtype == "bfloat16":
                yield Draft(
                    "bfloat16-input",
                    "bfloat16 is rare outside of PyTorch",
                    f"The example input {item.name} is bfloat16: ONNX Runtime has few operators for it on a CPU, and "
                    "callers without ml_dtypes cannot even make it.",
                    "warning",
                    f"inputs.{item.name}",
                    fixes=(Fix("Load the model in float32, and give float32 inputs"),),
                ).finding()
