"""A proof in words: what its noise ratio means, what numpy would say, where the difference comes from."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.figures import plural
from modelpack_gui.core.parity.rounding import ROUNDING_RATIO, times
from modelpack_gui.core.records import (
    Attribution,
    Origin,
    OutputParity,
    ParityCase,
    ParityReport,
    ParitySpec,
    Regime,
    Verdict,
)

ORIGINS = {
    Origin.NONE: "No difference",
    Origin.ROUNDING: "Rounding",
    Origin.EXPORT: "The export",
    Origin.FOLDING: "Constant folding",
    Origin.OPTIMIZER: "The runtime's optimiser",
    Origin.RUNTIME: "The runtime",
    Origin.PRECISION: "Lower precision, as asked",
    Origin.UNKNOWN: "Not told",
}
_SIDES = {
    "off": "Optimisation off",
    "basic": "Optimisation basic",
    "extended": "Optimisation extended",
    "all": "Optimisation all",
    "onnx.reference": "onnx.reference",
}


REGIMES = {
    Regime.NORMAL: ("Normal", "As the recipe draws them"),
    Regime.ZEROS: ("Zeros", "All zero"),
    Regime.LARGE: ("Large", "Large values: what overflows shows"),
    Regime.TINY: ("Tiny", "Values near zero: what underflows, and wrong epsilons, show"),
    Regime.EQUAL: ("All equal", "All elements the same: normalisations divide by nearly nothing"),
    Regime.NAN: ("NaN", "Some elements are not a number: whether they spread as in the model"),
    Regime.INF: ("Inf", "Some elements are infinite, of either sign"),
}
"""Of each kind of values its title, and what it is for."""


def side_title(side: str) -> str:
    """A way of running the artifact, as SideResult names it."""
    return _SIDES.get(side, side[:1].upper() + side[1:])


def noise_text(ratio: float | None) -> str:
    """What a noise ratio says; empty if there is none."""
    if ratio is None:
        return ""
    told = "rounding" if ratio <= ROUNDING_RATIO else "more than rounding gives"
    return f"{times(ratio)} the noise floor: {told}"


def largest_noise_ratio(report: ParityReport) -> float | None:
    """Over the cases with usual values; over all where those have none."""
    usual = [case for case in report.cases if case.regime is Regime.NORMAL]
    return _largest(usual) if _largest(usual) is not None else _largest(report.cases)


def overridden_text(report: ParityReport, spec: ParitySpec) -> str:
    """That other tolerances than rtol and atol count for some outputs; empty if they do not."""
    outputs = [output for case in report.cases for output in case.outputs]
    others = {(one.rtol, one.atol) for one in outputs if one.max_budget is not None} - {(spec.rtol, spec.atol)}
    if not others:
        return ""
    rtol, atol = max(others)
    why = f"The artifact computes in {report.computes_in}" if report.computes_in else "Some outputs are less exact"
    return f"{why}: rtol {rtol:g} and atol {atol:g} count there, as Judging says."


def allclose_text(report: ParityReport) -> str:
    """What numpy.testing.assert_allclose says to all of it; empty if it was not asked."""
    answers = [output.allclose for case in report.cases for output in case.outputs if output.allclose is not None]
    if not answers:
        return ""
    failed = answers.count(False)
    if not failed:
        return "passes"
    return "fails" if failed == len(answers) else f"fails for {failed} of {plural(len(answers), 'output')}"


def noise_floor(output: OutputParity) -> float | None:
    """The unit of its noise ratio, which is larger for an artifact in lower precision; None if not measured."""
    return output.noise.floor if output.noise is not None else output.noise_floor


def allclose_word(output: OutputParity) -> str:
    """The same of one output."""
    return "–" if output.allclose is None else "passes" if output.allclose else "fails"


def live_text(cases: Sequence[ParityCase], planned: int, *, is_running: bool) -> str:
    """How far a run is, and what it found so far."""
    number = f"{len(cases)} of {plural(planned, 'case')}" if planned else plural(len(cases), "case")
    begun = f"{number} so far" if is_running else f"Stopped after {number}"
    counts = {verdict: sum(case.verdict is verdict for case in cases) for verdict in Verdict}
    told = [f"{count} {word}" for verdict, word in _WORDS.items() if (count := counts[verdict])]
    return f"{begun}: {', '.join(told) if told else 'all of them agree'}."


_WORDS = {Verdict.FAILED: "failed", Verdict.WARNING: "in doubt", Verdict.SKIPPED: "skipped"}


GRAVITY = {Verdict.FAILED: 0, Verdict.WARNING: 1, Verdict.SKIPPED: 2, Verdict.PASSED: 3}
"""The gravest verdict first."""


def gravest_output(case: ParityCase) -> OutputParity | None:
    """The output of a case that is worth a look first; None if it has none."""
    return min(case.outputs, key=lambda output: GRAVITY[output.verdict], default=None)


def attribution_details(found: Attribution) -> str:
    """Where it was looked at, for a heading."""
    level = f", from level {found.level} on" if found.level else ""
    return f"{ORIGINS[found.origin]}{level} · told at {found.case}"


def _largest(cases: Sequence[ParityCase]) -> float | None:
    return max((ratio for case in cases if (ratio := case.noise_ratio) is not None), default=None)


def case_title(case: ParityCase) -> str:
    """What a case is called, without its seed; the example's size is said with it."""
    label = case.label.removesuffix(f", seed {case.seed}")
    if case.sizes and "=" not in label:
        return f"{label} ({', '.join(f'{name} = {size}' for name, size in case.sizes.items())})"
    return label


def case_heading(case: ParityCase) -> str:
    """A case's whole name."""
    is_told = case.regime is Regime.NORMAL or case.regime.value in case.label.lower()
    kind = "" if is_told else f", {case.regime.value} values"
    return f"{case_title(case)}{kind}, seed {case.seed}"
