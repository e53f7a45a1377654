"""What a row of asked against got is, and what it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records import Artifact, ExportSpec, InputSpec, ReferenceShapes, Verdict

Size = int | str | None
"""A size, a symbolic name, or unknown."""


@dataclass(frozen=True)
class AskedRow:
    """One thing that was asked for, and what came of it.

    Attributes:
        aspect: `opset_version`, `inputs`, `input_names`, `output_names`, `dynamic_dim`, `output_dim`,
            `external_data`, or the name of an option.
        place: Of a dimension: `image[0]`; else empty.
        note: What to know of a row that passed, in one sentence; empty if nothing.
        explanation: Of a row that did not pass: why, and what to do.
    """

    aspect: str
    verdict: Verdict
    asked: str
    got: str
    place: str = ""
    note: str = ""
    explanation: Explanation | None = None


@dataclass(frozen=True)
class AskedExport:
    """An export, and what is known of the model behind it."""

    spec: ExportSpec
    inputs: Sequence[InputSpec]
    artifact: Artifact
    reference: ReferenceShapes

    @property
    def tensors(self) -> tuple[InputSpec, ...]:
        """The example inputs that the artifact takes; plain values become part of it."""
        return tuple(item for item in self.inputs if not item.is_value)

    @property
    def asked_names(self) -> tuple[str, ...]:
        """Names of the inputs; an export can name the first ones only, the others keep those of the example."""
        names = tuple(item.name for item in self.tensors)
        return self.spec.input_names + names[len(self.spec.input_names) :]

    def examples(self) -> dict[str, InputSpec]:
        """The example input behind each input of the artifact, as far as that can be told."""
        got = [info.name for info in self.artifact.inputs]
        if self.artifact.format == "pt2":  # its inputs have the names that forward gives them
            return dict(zip(got, self.tensors, strict=False)) if len(got) == len(self.tensors) else {}
        return dict(zip(self.asked_names, self.tensors, strict=False))


def passed(aspect: str, asked: str, got: str, note: str = "", place: str = "") -> AskedRow:
    """A row that is as asked."""
    return AskedRow(aspect, Verdict.PASSED, asked, got, place, note)
