"""The doubts of a benchmark as lines: named, and said once where they hold for several runners."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.figures import listed
from modelpack_gui.core.records import BenchReport, Verdict
from modelpack_gui.core.stats.doubts import DOUBT_NAMES, told_once
from modelpack_gui.ui.status import Status


@dataclass(frozen=True)
class Note:
    """One line below the figures."""

    status: Status
    text: str


def report_notes(report: BenchReport) -> tuple[Note, ...]:
    """What is wrong first, then what is lost on purpose, how quiet the machine was, and the doubts."""
    failed, lossy = [], []
    for one in report.runners:
        if one.error is not None:
            hint = f" {one.error.hint}" if one.error.hint else ""
            failed.append(Note(Status.FAILED, f"{one.title}: {one.error.message}{hint}"))
        if one.outputs is None:
            continue
        if one.outputs.verdict is Verdict.FAILED:
            told = one.outputs.note or "Its outputs are not those of the reference."
            failed.append(Note(Status.FAILED, f"{one.title}: wrong outputs, so its speed does not count. {told}"))
        elif one.outputs.verdict is Verdict.WARNING:
            told = one.outputs.note or "Its outputs differ beyond the tolerances."
            lossy.append(Note(Status.WARNING, f"{one.title}: lossy on purpose. {told}"))
    warnings = [
        Note(Status.WARNING, f"{one.title}: {text}")
        for one in report.runners
        if one.prepared is not None
        for text in one.prepared.warnings
    ]
    return (*failed, *lossy, *_noise(report), *warnings, *_doubts(report))


def _noise(report: BenchReport) -> list[Note]:
    noise = report.noise
    if noise is None or not noise.text:
        return []
    return [Note(Status.WARNING if noise.is_noisy else Status.PASSED, noise.text)]


def _doubts(report: BenchReport) -> list[Note]:
    is_noise_told = report.noise is not None and bool(report.noise.text)
    return [
        Note(Status.WARNING, f"{listed(titles, 3)} – {DOUBT_NAMES[doubt.kind]}: {doubt.text}")
        for doubt, titles in told_once(report, is_noise_told=is_noise_told)
    ]
