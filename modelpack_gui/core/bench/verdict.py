"""What a benchmark means, in plain words: per runner against the baseline, and as a whole.

A difference is claimed only if its 95 % interval leaves out 1 and it is larger than what the baseline showed to
itself (A/A). A runner with wrong outputs is named as such and never wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from modelpack_gui.core.figures import listed, milliseconds, percent
from modelpack_gui.core.records.bench import MachineNoise, RunnerResult
from modelpack_gui.core.records.latency import Estimate
from modelpack_gui.core.records.tensors import Verdict
from modelpack_gui.core.stats import latencies as stats

Comparison = Literal["faster", "slower", "equal"]


def compared(ratio: Estimate, band: float | None = None) -> Comparison:
    """What a speed-up lets one claim.

    Args:
        ratio: Above 1 is faster.
        band: Relative difference below which nothing is claimed; None if that was not measured.
    """
    least = 1.0 + (band or 0.0)
    if ratio.low > 1.0 and ratio.value > least:
        return "faster"
    if ratio.high < 1.0 and ratio.value < 1.0 / least:
        return "slower"
    return "equal"


def runner_sentence(result: RunnerResult, baseline: RunnerResult, noise: MachineNoise | None = None) -> str:
    """One runner against the baseline; empty for the baseline itself."""
    if result.runner == baseline.runner:
        return ""
    if result.summary is None:
        return _not_measured(result)
    if not result.is_valid:
        return _wrong(result)
    if result.speedup is None:
        p50 = milliseconds(result.summary.p50_ms.value)
        return f"{result.title} takes {p50} at the median; there is nothing to compare with."
    parts = [_claim(result, baseline, result.speedup, noise), *_price(result)]
    if result.error is not None:
        parts.append(f"It stopped early: {_sentence(result.error.message)}")
    return " ".join(parts)


def report_sentence(baseline_key: str, results: Sequence[RunnerResult], noise: MachineNoise | None = None) -> str:
    """The verdict on the fastest valid runner, those that cannot be told from it, and those that do not count."""
    baseline = next((result for result in results if result.runner == baseline_key), None)
    if baseline is None or baseline.summary is None:
        return "No runner could be measured."
    rest = [result for result in results if result is not baseline]
    if not baseline.is_valid:
        return f"{_wrong(baseline)} It is the baseline, so nothing can be compared with it."
    running = [result for result in rest if result.speedup is not None and result.is_valid]
    parts = [_standing(baseline, running, noise)]
    wrong = [result.title for result in rest if result.summary is not None and not result.is_valid]
    if wrong:  # how wrong, the sentence of each tells
        parts.append(f"Wrong outputs, so that the speed does not count: {listed(wrong)}.")
    missing = [result.title for result in rest if result.summary is None]
    if missing:
        parts.append(f"Not measured: {listed(missing)}.")
    stopped = [result.title for result in results if result.summary is not None and result.error is not None]
    if stopped:
        parts.append(f"Stopped before the end: {listed(stopped)}.")
    if noise is not None and noise.is_noisy:
        parts.append("The machine was noisy, so take this with care.")
    return " ".join(parts)


def _standing(baseline: RunnerResult, running: Sequence[RunnerResult], noise: MachineNoise | None) -> str:
    assert baseline.summary is not None
    base_ms = baseline.summary.p50_ms
    if not running:
        bounds = f"95 %: {milliseconds(base_ms.low)} to {milliseconds(base_ms.high)}"
        return f"{baseline.title} takes {milliseconds(base_ms.value)} at the median ({bounds})."
    best = max(running, key=_ratio)
    assert best.summary is not None
    assert best.speedup is not None
    band = _band(noise)
    p50 = f"p50 {milliseconds(best.summary.p50_ms.value)} against {milliseconds(base_ms.value)}"
    claim = compared(best.speedup, band)
    if claim == "slower":
        turned = inverse(best.speedup)
        slower = f"{factor_text(turned)} slower ({bounds_text(turned)})"
        return f"{baseline.title} is the fastest; {best.title}, the next, is {slower}: {p50}."
    if claim == "equal":
        others = "" if len(running) == 1 else f"No runner is shown to be faster than {baseline.title}. "
        return f"{others}{_claim(best, baseline, best.speedup, noise)}"
    parts = [f"{_claim(best, baseline, best.speedup, noise).removesuffix('.')}: {p50}.", *_price(best)]
    alike = [
        other.title for other in running if other is not best and compared(_against(best, other), band) == "equal"
    ]
    if alike:
        parts.append(f"This run cannot tell {listed(alike)} from it.")
    exact = [other for other in running if not _is_lossy(other)]
    if _is_lossy(best) and exact:
        runner_up = max(exact, key=_ratio)
        assert runner_up.speedup is not None
        if compared(runner_up.speedup, band) == "faster":
            parts.append(f"With the same outputs: {_claim(runner_up, baseline, runner_up.speedup, noise)}")
    return " ".join(parts)


def _claim(result: RunnerResult, baseline: RunnerResult, ratio: Estimate, noise: MachineNoise | None) -> str:
    band = _band(noise)
    claim = compared(ratio, band)
    if claim != "equal":
        shown = ratio if claim == "faster" else inverse(ratio)
        factor = f"{factor_text(shown)} {claim}"
        return f"{result.title} is {factor} than {baseline.title} at the median ({bounds_text(shown)})."
    figures = f"{factor_text(ratio)}, {bounds_text(ratio)}"
    text = f"{result.title} against {baseline.title}: no difference that this run can show ({figures})"
    if band is not None and compared(ratio) != "equal":
        text += f"; {baseline.title} differs from itself by up to {percent(band)}"
    return f"{text}."


def _price(result: RunnerResult) -> list[str]:
    """What its outputs cost, for a runner that trades accuracy for speed."""
    check = result.outputs
    if check is None or check.verdict is not Verdict.WARNING:
        return []
    return [f"Its outputs differ: {_sentence(check.note)}" if check.note else "Its outputs differ from the model's."]


def _is_lossy(result: RunnerResult) -> bool:
    return result.outputs is not None and result.outputs.verdict is Verdict.WARNING


def _wrong(result: RunnerResult) -> str:
    note = f" {_sentence(result.outputs.note)}" if result.outputs is not None and result.outputs.note else ""
    return f"{result.title} gives wrong outputs, so its speed does not count.{note}"


def _not_measured(result: RunnerResult) -> str:
    if result.error is None:
        return f"{result.title} was not measured."
    return f"{result.title} could not be measured: {_sentence(result.error.message)}"


def _against(best: RunnerResult, other: RunnerResult) -> Estimate:
    return stats.speedup(other.latencies_ms, best.latencies_ms, 0, other.turns, best.turns)


def _ratio(result: RunnerResult) -> float:
    return result.speedup.value if result.speedup is not None else 0.0


def _band(noise: MachineNoise | None) -> float | None:
    return noise.band if noise is not None else None


def inverse(ratio: Estimate) -> Estimate:
    """The other over the one."""
    return Estimate(1.0 / ratio.value, 1.0 / ratio.high, 1.0 / ratio.low)


def factor_text(ratio: Estimate) -> str:
    """`1.66x`."""
    return f"{ratio.value:.{_digits(ratio)}f}x"


def bounds_text(ratio: Estimate) -> str:
    """`95 %: 1.61 to 1.71`."""
    digits = _digits(ratio)
    return f"95 %: {ratio.low:.{digits}f} to {ratio.high:.{digits}f}"


def _digits(ratio: Estimate) -> int:
    """Decimals that tell a ratio from 1, and its bounds from each other where they are near."""
    nearest = min(abs(bound - 1.0) for bound in (ratio.low, ratio.value, ratio.high))
    if compared(ratio) != "equal" and nearest < 0.01:
        return 3
    return 2 if ratio.value < 10 else 1 if ratio.value < 100 else 0


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
