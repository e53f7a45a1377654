"""The opset, the data file, and options that have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.asked.base import AskedExport, AskedRow, passed
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.core.records import Verdict

_SWITCHES = ("strict", "draft_report", "freeze", "optimize_for_inference")


def opset(export: AskedExport) -> AskedRow:
    """The version of the default domain."""
    asked, got = export.spec.opset_version, export.artifact.opset_version
    if asked is None:
        return passed("opset_version", "any", str(got), f"No opset was asked for; the exporter took {got}.")
    if asked == got:
        return passed("opset_version", str(asked), str(got), f"The file uses opset {got}, as asked.")
    if got is None:
        cause = "The file names no opset of the default domain."
        known = Explanation("opset-missing", "The file has no opset", cause, fixes=(Fix("Export it again"),))
        return AskedRow("opset_version", Verdict.FAILED, str(asked), "none", explanation=known)
    cause = (
        f"Opset {asked} was asked for, the exporter {export.spec.exporter} could not write the model in it, and "
        f"kept its own. A runtime made for {asked} may not load {got}."
        if asked < got
        else f"Opset {asked} was asked for, and the exporter {export.spec.exporter} wrote the older {got}."
    )
    fixes = [Fix(f"Ask for opset {got}", (RecipeEdit("export.opset_version", got),))]
    if export.spec.exporter == "dynamo" and asked < got:
        edit = RecipeEdit("export.exporter", "trace")
        fixes.append(Fix("Use the exporter trace", (edit,), "It writes older opsets itself."))
    known = Explanation("opset-fallback", MISMATCH_TITLES["opset-fallback"], cause, fixes=tuple(fixes))
    return AskedRow("opset_version", Verdict.WARNING, str(asked), str(got), explanation=known)


def external_data(export: AskedExport) -> Iterator[AskedRow]:
    """Where the weights are, if it is not where they should be."""
    spec, artifact = export.spec, export.artifact
    if spec.external_data and artifact.format != "onnx":
        cause = f"{FORMAT_TITLES[artifact.format]} files hold their weights."
        off = Fix("Keep the weights in the artifact", (RecipeEdit("export.external_data", False),))
        known = Explanation("external-data-unused", "No data file was written", cause, fixes=(off,))
        yield AskedRow("external_data", Verdict.WARNING, "a data file", "one file", explanation=known)
    elif spec.external_data and not artifact.external_files:
        cause = "The exporter kept the weights in the main file, as it does for small models."
        off = Fix("Keep the weights in the artifact", (RecipeEdit("export.external_data", False),))
        known = Explanation("external-data-unused", "No data file was written", cause, fixes=(off,))
        yield AskedRow("external_data", Verdict.WARNING, "a data file", "one file", explanation=known)
    elif artifact.external_files and not spec.external_data:
        names = ", ".join(path.replace("\\", "/").rpartition("/")[2] for path in artifact.external_files)
        known = Explanation(
            "external-data-unasked",
            "The weights are in a file of their own",
            "The model is too large for one file: ONNX files end at 2 GB.",
            fixes=(
                Fix("Ask for a data file", (RecipeEdit("export.external_data", True),)),
                Fix("Keep the data file beside the .onnx file"),
            ),
        )
        yield AskedRow("external_data", Verdict.WARNING, "one file", names, explanation=known)


def unheeded(export: AskedExport, heeded: Sequence[str] | None) -> Iterator[AskedRow]:
    """Options that were switched on, and that this exporter has no use for."""
    spec = export.spec
    for name in _SWITCHES if heeded is not None else ():
        if getattr(spec, name) and heeded is not None and name not in heeded:
            known = Explanation(
                "option-unused",
                "An option has no effect",
                f"The exporter {spec.exporter} for {FORMAT_TITLES[spec.format]} has no such option.",
                fixes=(Fix("Switch it off", (RecipeEdit(f"export.{name}", False),)),),
            )
            yield AskedRow(name, Verdict.WARNING, "on", "not used", explanation=known)
