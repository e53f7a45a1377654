"""What a repro says of itself: README.md and versions.txt."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.figures import plural, significant
from modelpack_gui.core.records import Artifact
from modelpack_gui.stages.common.paths import versions
from modelpack_gui.stages.export.metadata import PREFIX
from modelpack_gui.stages.parity.reference import EagerReference
from modelpack_gui.stages.repro.trial import Outcome, Trial
from modelpack_gui.stages.repro.zipped import COMMAND, DATA, SCRIPT

EXPORTER, RUNTIME = "pytorch/pytorch", "microsoft/onnxruntime"
_PACKAGES = ("torch", "onnx", "onnxruntime", "onnxscript", "numpy")
_SHOWN_NODES = 12
_README = """\
# A part of an ONNX graph that does not give what {against} does

{part}

{facts}

## Run it

```
pip install onnx onnxruntime numpy
{command}
```

`{script}` runs `model.onnx` in ONNX Runtime on the inputs in `{data}`, with graph optimisations off and on, \
compares with the outputs there, and exits with 1 when they differ. `versions.txt` says what made it.

## Expected

The inputs and the expected output are what {against} computes at these places. Values agree if \
|actual - expected| <= {atol:g} + {rtol:g} * |expected|; integers and booleans must be equal.{why}

## What happens

| run | result | largest absolute difference | largest relative difference |
|---|---|---|---|
{rows}

## Where to report

{report}
"""

_LIMITED = "\n\nThat is far more than rounding: many times what the model itself is off from its result in float64."


@dataclass(frozen=True)
class Finding:
    """What is known of a failure.

    Attributes:
        title: Name of the artifact's file.
        against: What it is compared with, as it is called within a sentence.
        post_steps: That the export made after the exporter itself.
        sentence: Of the fault, from the layers stage; empty if there is none.
        ops: The operators of the part.
        source_line: The text of `place`; empty if it cannot be read.
        missing: What eager did that the artifact does not.
        condition: Of the `if` that the first of these is under; empty if there is none.
        reference: What onnx.reference makes of the part; None if it cannot run it.
    """

    title: str
    against: str
    post_steps: tuple[str, ...]
    case_label: str
    sentence: str
    module_path: str
    ops: tuple[str, ...]
    place: SourcePlace | None
    source_line: str
    missing: tuple[str, ...]
    condition: str
    reference: Outcome | None


class Report(NamedTuple):
    """Where a failure belongs: owner/name on GitHub, and why; `is_limit` of what no exporter can follow.

    There is no such place where a file is compared with another one that it was made from.
    """

    repository: str
    why: str
    is_limit: bool = False


def report_to(trial: Trial, finding: Finding) -> Report:
    """Whose failure it is, as far as the trials tell."""
    failure, reference = trial.failure, finding.reference
    if "off" not in failure:
        return Report(
            RUNTIME, "it shows only with graph optimisations on, so that an optimisation changes the result"
        )
    if finding.condition:
        return Report(
            EXPORTER,
            f"but first look at `if {finding.condition}` in the model. It depends on what the exporter made a "
            "constant, which is a documented limit of exporting and has to be changed in the model (torch.where, "
            "torch.cond, or no branch); report it if the condition holds for the example inputs too",
            is_limit=True,
        )
    if finding.missing:
        return Report(EXPORTER, f"the exported graph lacks what the model does: {', '.join(finding.missing)}")
    if finding.against != EagerReference.title:
        return Report("", "it belongs to whatever made one of the two files from the other: they differ as graphs")
    after = f"; the export ended with {' and '.join(finding.post_steps)}: first see if it fails without"
    more = after if finding.post_steps else ""
    if reference is None:
        return Report(EXPORTER, f"the graph is wrong even without optimisations (onnx.reference cannot run it){more}")
    if reference.kind == "" or (failure["off"] == "raises" and reference.kind != "raises"):
        return Report(RUNTIME, "onnx.reference, the standard's own evaluator, runs the same graph as it should")
    return Report(
        EXPORTER, f"onnx.reference, the standard's own evaluator, gives the same wrong result: it is the graph{more}"
    )


def readme(
    trial: Trial, finding: Finding, nodes_before: int, tolerance: tuple[float, float], *, is_limited: bool
) -> str:
    """The text of README.md.

    Args:
        is_limited: Whether the tolerance was drawn from the noise of this one value.
    """
    shown = ", ".join(finding.ops[:_SHOWN_NODES]) + (", …" if len(finding.ops) > _SHOWN_NODES else "")
    part = f"{plural(len(trial.cut.nodes), 'node')} of {nodes_before:,} ({shown or 'a constant'})"
    report = report_to(trial, finding)
    rows = [_row(f"ONNX Runtime, optimisations {level}", outcome) for level, outcome in trial.outcomes.items()]
    if finding.reference is not None:
        rows.append(_row("onnx.reference", finding.reference))
    return _README.format(
        part=f"From {finding.title}, {finding.case_label}: {part} for the value `{trial.cut.target}`.",
        facts="\n".join(_facts(finding)),
        against=finding.against,
        command=COMMAND,
        script=SCRIPT,
        data=DATA,
        rtol=tolerance[0],
        atol=tolerance[1],
        why=_LIMITED if is_limited else "",
        rows="\n".join(rows),
        report=f"https://github.com/{report.repository}/issues: {report.why}."
        if report.repository
        else _upper(report.why),
    )


def _upper(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _facts(finding: Finding) -> Iterator[str]:
    if finding.sentence:
        yield f"- {finding.sentence}"
    if finding.module_path:
        yield f"- Module of the PyTorch model: `{finding.module_path}`"
    if finding.place is not None:
        text = f": `{finding.source_line}`" if finding.source_line else ""
        yield f"- Line {finding.place.line} of the model's file{text}"
    if finding.missing:
        yield f"- Not in the graph: {', '.join(finding.missing)}"


def _row(name: str, outcome: Outcome) -> str:
    if outcome.difference is None:
        lines = outcome.error.strip().splitlines()
        return f"| {name} | does not run: {(lines[0] if lines else '').replace('|', '/')} | – | – |"
    found = outcome.difference
    verdict = f"wrong: {found.reason}" if found.reason else "as expected"
    return f"| {name} | {verdict} | {significant(found.max_abs)} | {significant(found.max_rel)} |"


def version_lines(artifact: Artifact) -> str:
    """The text of versions.txt: what runs here, and what the artifact says it was made with."""
    here: Mapping[str, str] = versions(*_PACKAGES)
    lines: Sequence[tuple[str, str]] = (
        *here.items(),
        ("platform", platform.platform()),
        ("opsets", ", ".join(f"{domain} {version}" for domain, version in artifact.opset_imports.items())),
        ("ir_version", str(artifact.ir_version)),
        ("producer", artifact.producer),
        *((key, artifact.metadata.get(PREFIX + key, "")) for key in ("exporter", "options")),
        ("exported with", artifact.metadata.get(f"{PREFIX}versions", "")),
    )
    return "".join(f"{name}: {value}\n" for name, value in lines if value)
