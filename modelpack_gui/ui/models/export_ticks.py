"""The options of an export that are on or off, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.records import ExportSpec


@dataclass(frozen=True)
class Tick:
    """An option that is on or off.

    Attributes:
        field: Of ExportSpec.
        title: Beside the box, with its mnemonic.
        plain_title: In a sentence.
    """

    field: str
    title: str
    plain_title: str
    tooltip: str


TICK_GROUPS: tuple[tuple[str, tuple[Tick, ...]], ...] = (
    (
        "Capture",
        (
            Tick("strict", "St&rict: read the bytecode instead of running forward", "strict capture", (
                "TorchDynamo finds more of what would go wrong, and refuses more models"
            )),
            Tick("draft_report", "Write a &draft report", "draft report", (
                "torch.export goes on behind what stands in its way, and lists all of it; takes as long as an export"
            )),
            Tick("check_trace", "&Check the trace on other values", "trace checked", (
                "Runs the trace and the model on other values of the same shapes, and compares them"
            )),
        ),
    ),
    (
        "Weights",
        (
            Tick("constant_folding", "&Fold constants", "constants folded", (
                "Compute at export what does not depend on the inputs"
            )),
            Tick("external_data", "Keep &weights in a file of their own", "weights in a file of their own", (
                "Happens by itself above 2 GB; the .onnx file then has to be moved together with it"
            )),
            Tick("freeze", "Fr&eeze: weights become constants", "frozen", (
                "Drops what only training needs, and folds what does not depend on the inputs"
            )),
            Tick("optimize_for_inference", "Optimise for this &machine", "optimised for this machine", (
                "Freezes, and fuses operators for this kind of machine; the file may not load on others"
            )),
        ),
    ),
)  # fmt: skip


def implied_by(spec: ExportSpec, field: str) -> str:
    """Why an option is on whatever it is set to, as a sentence; empty if it is as it is set."""
    if field == "freeze" and spec.optimize_for_inference:
        return "Optimising for this machine freezes the model."
    return ""
