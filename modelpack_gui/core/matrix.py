"""The export matrix without running it: which cells there are, what each is called, and which one to use."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from modelpack_gui.core.artifact_formats import FORMAT_TITLES, USUAL_SUFFIX
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import (
    ArtifactFormat,
    ExporterInfo,
    ExportSpec,
    MatrixCell,
    MatrixChoice,
    MatrixSize,
    Verdict,
)

OLD_OPSET = 17
"""Offered besides the default and the newest: what runtimes of some years ago read."""

_SUPPORT = (("onnx", "dynamo"), ("pt2", "export"), ("onnx", "trace"), ("torchscript", "trace"))
"""Exporters by how much PyTorch still does for them; those not named come last."""

_COST = (("torchscript", "trace"), ("onnx", "trace"), ("pt2", "export"), ("onnx", "dynamo"))
"""Exporters by how soon and how likely they give something; scripts come last, for they refuse the most models."""

_PLURAL_VERBS = {"is": "are", "was": "were", "does": "do", "fails": "fail", "differs": "differ", "has": "have"}

_SIZE_NOISE = 0.01  # files that differ by less are as good as equally big


@dataclass(frozen=True)
class Opsets:
    """Which opsets to try, as far as an exporter can write them.

    Attributes:
        has_default, has_newest: Of each exporter.
        others: By number.
    """

    has_default: bool = True
    has_newest: bool = True
    others: tuple[int, ...] = (OLD_OPSET,)

    def of(self, info: ExporterInfo) -> tuple[int, ...]:
        """Those of an exporter, in order; none for a format without opsets."""
        if info.opset_default is None or info.opset_min is None or info.opset_max is None:
            return ()
        wanted = set(self.others)
        wanted |= {info.opset_default} if self.has_default else set()
        wanted |= {info.opset_max} if self.has_newest else set()
        return tuple(sorted(opset for opset in wanted if info.opset_min <= opset <= info.opset_max))


USUAL_OPSETS = Opsets()


def choices(exporters: Iterable[ExporterInfo], opsets: Opsets = USUAL_OPSETS) -> tuple[MatrixChoice, ...]:
    """The cells: each exporter with each opset that it can write. Exporters that lack a package have none."""
    found: list[MatrixChoice] = []
    for info in exporters:
        if info.missing:
            continue
        format_ = cast("ArtifactFormat", info.format)
        if info.opset_max is None:
            found.append(MatrixChoice(format_, info.exporter))
        found += [MatrixChoice(format_, info.exporter, opset) for opset in opsets.of(info)]
    return tuple(found)


def run_order(cells: Iterable[MatrixChoice]) -> tuple[MatrixChoice, ...]:
    """The same cells, the cheapest and likeliest first, so that something can be seen soon."""
    return tuple(sorted(cells, key=lambda one: _place(_COST, one)))


def table_order(cells: Iterable[MatrixChoice]) -> tuple[MatrixChoice, ...]:
    """The same cells, format by format and exporter by exporter, the oldest opset first."""
    formats = tuple(FORMAT_TITLES)
    return tuple(
        sorted(
            cells,
            key=lambda one: (
                formats.index(one.format),
                _place(_SUPPORT, one),
                one.exporter,
                one.opset_version or 0,
            ),
        )
    )


def title(choice: MatrixChoice) -> str:
    """As it is called in sentences: `dynamo, opset 20`, `TorchScript by trace`."""
    if choice.format == "onnx":
        return choice.exporter if choice.opset_version is None else f"{choice.exporter}, opset {choice.opset_version}"
    if choice.format == "pt2":
        return "torch.export (.pt2)"
    return f"{FORMAT_TITLES[choice.format]} by {choice.exporter}"


def export_of(choice: MatrixChoice, base: ExportSpec) -> ExportSpec:
    """The options of a cell: the shared ones, with its own format, exporter, opset and output path.

    Its file goes to the folder `matrix` beside the output path. Post-steps and the draft report are left out: what is
    compared is what the exporters make.
    """
    output = PurePosixPath(base.output_path.replace("\\", "/") or "model")
    opset = "" if choice.opset_version is None else f"-{choice.opset_version}"
    name = f"{output.stem}-{choice.exporter}{opset}{USUAL_SUFFIX[choice.format]}"
    return dataclasses.replace(
        base,
        format=choice.format,
        exporter=choice.exporter,
        opset_version=choice.opset_version,
        output_path=str(output.parent / "matrix" / name),
        draft_report=False,
        post_steps=(),
    )


def shared_options(base: ExportSpec) -> ExportSpec:
    """The options that all cells share: without what each has for itself."""
    none = MatrixChoice("onnx", "", None)
    return dataclasses.replace(export_of(none, base), output_path="")


def options_of(choice: MatrixChoice, base: ExportSpec) -> ExportSpec:
    """The recipe's own options with those of a cell; its output path keeps its place, with the suffix that fits."""
    path = base.output_path
    if path and choice.format != base.format:
        path = str(PurePosixPath(path.replace("\\", "/")).with_suffix(USUAL_SUFFIX[choice.format]))
    return dataclasses.replace(
        base,
        format=choice.format,
        exporter=choice.exporter,
        opset_version=choice.opset_version,
        output_path=path,
    )


def loads(cell: MatrixCell) -> bool:
    """Whether there is an artifact that a runtime runs, right or wrong."""
    return cell.outcome == "exported" and cell.loads in (Verdict.PASSED, Verdict.WARNING)


def is_usable(cell: MatrixCell) -> bool:
    """Whether its artifact was exported, passes the checks, loads, and computes what the model computes."""
    return (
        loads(cell)
        and cell.check in (Verdict.PASSED, Verdict.WARNING)
        and cell.parity is not None
        and cell.parity.verdict in (Verdict.PASSED, Verdict.WARNING)
    )


def first_failing(cell: MatrixCell) -> MatrixSize | None:
    """The first case at which its artifact differs from the model; None if it does not."""
    return next((size for size in cell.sizes if size.verdict is Verdict.FAILED), None)


def doubt(cell: MatrixCell) -> str:
    """What is not as asked of its export or known to make it doubtful, in a few words; empty if nothing is."""
    if cell.mismatches:
        return f"{plural(cell.mismatches, 'thing')} not as asked"
    if cell.export is None:
        return ""
    if cell.export.doubts:
        return f"{plural(len(cell.export.doubts), 'known trouble')} of the export"
    return f"{plural(len(cell.export.left_out), 'step')} left out" if cell.export.left_out else ""


def shortcoming(cell: MatrixCell) -> str:
    """Why a cell cannot be used, as the rest of a sentence about it; empty if it can."""
    if cell.outcome != "exported":
        return {
            "failed": "could not be exported",
            "crashed": "crashed its worker",
            "timed_out": "did not end in time",
            "cancelled": "was cancelled",
        }.get(cell.outcome, "has not run yet")
    if cell.loads is Verdict.FAILED:
        return "does not load"
    failing = first_failing(cell)
    if failing is not None:
        return f"is wrong at {'the example size' if failing.label == 'example' else failing.label}"
    if cell.parity is None or cell.parity.verdict is Verdict.SKIPPED:
        return "could not be compared"
    if cell.parity.verdict is Verdict.FAILED:
        return "differs from the model"
    if cell.check not in (Verdict.PASSED, Verdict.WARNING):
        return "fails a check"
    return "" if is_usable(cell) else "was not loaded by a runtime"


def recommend(cells: Sequence[MatrixCell], asked: ExportSpec) -> tuple[MatrixChoice | None, str]:
    """The cell to use and why, in one sentence; None and what comes nearest if none can be used.

    Of those that can be used, in this order: proved without a warning, of the format the recipe asks for, as asked,
    clean in the checks, of the exporter that PyTorch supports most, as fast as the fastest within the noise of this
    quick look, as small as the smallest within a percent, the recipe's own opset, the newest.
    """
    usable = [cell for cell in cells if is_usable(cell)]
    if not usable:
        return None, _nearest(cells)
    best = _best(usable, asked)
    parts = [f"{title(best.choice)}: {_proof(best)}"]
    rival = _runner_up(best, usable, asked)
    if rival is not None:
        parts.append(_against(rival, best, asked))
    parts += _fallen(cells)
    return best.choice, "; ".join(parts) + "."


def _best(usable: Sequence[MatrixCell], asked: ExportSpec) -> MatrixCell:
    rank = min(_rank(cell, asked) for cell in usable)
    equal = [cell for cell in usable if _rank(cell, asked) == rank]
    timed = [cell for cell in equal if cell.latency is not None]
    if timed:
        limit = min(cell.latency.p50_ms.high for cell in timed if cell.latency is not None)
        equal = [cell for cell in timed if cell.latency is not None and cell.latency.p50_ms.low <= limit]
    smallest = min(cell.size_bytes or 0 for cell in equal)
    equal = [cell for cell in equal if (cell.size_bytes or 0) <= smallest * (1.0 + _SIZE_NOISE)]
    return max(
        equal, key=lambda cell: (cell.choice.opset_version == asked.opset_version, cell.choice.opset_version or 0)
    )


def _rank(cell: MatrixCell, asked: ExportSpec) -> tuple[bool, bool, bool, bool, int]:
    return (
        cell.parity is None or cell.parity.verdict is not Verdict.PASSED,
        cell.choice.format != asked.format,
        not cell.is_as_asked,
        cell.check is not Verdict.PASSED or cell.loads is not Verdict.PASSED,
        _place(_SUPPORT, cell.choice),
    )


def _proof(cell: MatrixCell) -> str:
    """What speaks for it, warnings included."""
    cases = _passed(cell)
    where = f"in all {cases} cases" if cases > 1 else "at the example size"
    assert cell.parity is not None
    proof = f"passes {where}" if cell.parity.verdict is Verdict.PASSED else f"agrees {where}, with doubts"
    doubts = []
    if not cell.is_as_asked:
        doubts.append(doubt(cell))
    if cell.check is Verdict.WARNING:
        doubts.append("a warning of the checks")
    return proof + (f", with {' and '.join(doubts)}" if doubts else "")


def _runner_up(best: MatrixCell, usable: Sequence[MatrixCell], asked: ExportSpec) -> MatrixCell | None:
    """The best of another exporter, else the next of the same."""
    others = [cell for cell in usable if cell is not best]
    of_another = [
        cell
        for cell in others
        if (cell.choice.format, cell.choice.exporter) != (best.choice.format, best.choice.exporter)
    ]
    return _best(of_another or others, asked) if others else None


def _against(rival: MatrixCell, best: MatrixCell, asked: ExportSpec) -> str:
    """What the runner-up is better at, and why it is not chosen all the same."""
    name, speed = title(rival.choice), _speed(rival, best)
    mine, theirs = _rank(best, asked), _rank(rival, asked)
    reasons = (
        "its parity is in doubt",
        f"is not the {FORMAT_TITLES[asked.format]} that the recipe asks for",
        "is not all that was asked",
        "has a warning of the checks",
        "is an exporter that PyTorch does less for",
    )
    for one, other, reason in zip(mine, theirs, reasons, strict=True):
        if one != other:
            return f"{name} {speed} {'but' if 'faster' in speed or 'next' in speed else 'and'} {reason}"
    return f"{name} {speed}"


def _speed(rival: MatrixCell, best: MatrixCell) -> str:
    if rival.latency is None or best.latency is None:
        return "comes next"
    theirs, ours = rival.latency.p50_ms, best.latency.p50_ms
    if theirs.low <= ours.high and ours.low <= theirs.high:
        return "is as fast within the noise"
    change = theirs.value / ours.value - 1.0
    if change >= 1.0:
        return f"takes {theirs.value / ours.value:.1f} times as long"
    return f"is {abs(100 * change):.0f} % {'slower' if change > 0 else 'faster'}"


def _fallen(cells: Sequence[MatrixCell]) -> list[str]:
    """Why others fell out, those with the same reason together; the silently wrong ones first."""
    reasons: dict[str, list[MatrixCell]] = {}
    for cell in cells:
        reason = shortcoming(cell)
        if reason and cell.is_over:
            reasons.setdefault(reason, []).append(cell)
    ordered = sorted(reasons.items(), key=lambda item: not item[0].startswith("is wrong"))
    told = [_told(group, reason) for reason, group in ordered[:3]]
    rest = sum(len(group) for _, group in ordered[3:])
    return [*told, f"{plural(rest, 'other')} fell out"] if rest else told


def _told(group: Sequence[MatrixCell], reason: str) -> str:
    """`dynamo and trace are wrong at batch = 3`; opsets only where one cell is meant: it is a sentence."""
    if len(group) == 1:
        return f"{title(group[0].choice)} {reason}"
    names = list(
        dict.fromkeys(cell.choice.exporter if cell.choice.format == "onnx" else title(cell.choice) for cell in group)
    )
    if len(names) == 1:
        return f"{names[0]} {reason}"
    verb, _, rest = reason.partition(" ")
    return f"{', '.join(names[:-1])} and {names[-1]} {_PLURAL_VERBS.get(verb, verb)} {rest}"


def _nearest(cells: Sequence[MatrixCell]) -> str:
    over = [cell for cell in cells if cell.is_over]
    if not over:
        return "No cell has run yet."
    exported = [cell for cell in over if cell.outcome == "exported"]
    if not exported:
        return f"No export can be used: of {plural(len(over), 'cell')} none gave an artifact; the details say why."
    near = max(exported, key=lambda cell: (cell.loads is not Verdict.FAILED, _passed(cell)))
    return (
        f"No export can be used: {title(near.choice)} comes nearest, but it {shortcoming(near)}"
        f" ({_passed(near)} of {len(near.sizes)} cases pass)."
    )


def _passed(cell: MatrixCell) -> int:
    return sum(size.verdict in (Verdict.PASSED, Verdict.WARNING) for size in cell.sizes)


def _place(order: Sequence[tuple[str, str]], choice: MatrixChoice) -> int:
    key = (choice.format, choice.exporter)
    return order.index(key) if key in order else len(order)
