"""A sweep without running it: its cells, their order, how long the rest will take, and what it found."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable, Sequence

from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.bench.verdict import bounds_text
from modelpack_gui.core.figures import listed, milliseconds, plural, significant
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    Doubt,
    Estimate,
    RunnerInfo,
    RunnerSpec,
    SweepCell,
    SweepChoice,
    SweepOutcome,
    SweepRequest,
    SweepSpec,
    Verdict,
)
from modelpack_gui.core.stats.doubts import ENOUGH_RUNS

THREADS = "threads"
"""Option of a runner that sets its threads whatever the others have."""

OUTCOME_WORDS: dict[SweepOutcome, str] = {
    "waiting": "waiting",
    "running": "running",
    "measured": "measured",
    "failed": "failed",
    "crashed": "crashed",
    "timed_out": "took too long",
    "cancelled": "stopped",
}
CellKey = tuple[str, int, int | None]


def key_of(choice: SweepChoice) -> CellKey:
    """What tells a cell from the others."""
    return choice.runner.key, choice.threads, choice.batch_size


def choices(spec: SweepSpec, infos: Sequence[RunnerInfo], *, cores: int) -> tuple[SweepChoice, ...]:
    """The cells: each runner, on each file that it takes, with each number of threads and each batch size.

    A runner that names its own file or threads keeps to them. Runners that cannot run here have cells all the same:
    each says why.

    Args:
        infos: Of the registry.
        cores: Physical ones; threads that are not given are 1 and these.
    """
    threads = spec.threads or tuple(sorted({1, max(1, cores)}))
    batches: tuple[int | None, ...] = tuple(sorted(set(spec.batch_sizes))) or (None,)
    found: dict[CellKey, SweepChoice] = {}
    for runner in _with_files(spec, infos):
        own = runner.options.get(THREADS)
        numbers = (own,) if isinstance(own, int) and not isinstance(own, bool) and own > 0 else sorted(set(threads))
        for batch in batches:
            for number in numbers:
                choice = SweepChoice(runner, number, batch)
                found.setdefault(key_of(choice), choice)
    return tuple(found.values())


def _with_files(spec: SweepSpec, infos: Sequence[RunnerInfo]) -> list[RunnerSpec]:
    formats = {info.id: info.needs_artifact for info in infos}
    found: list[RunnerSpec] = []
    for runner in spec.runners:
        found.append(runner)
        suffixes = next((ends for name, ends in SUFFIXES.items() if name == formats.get(runner.runner)), ())
        if runner.artifact or not suffixes:
            continue
        files = (path for path in spec.artifacts if path.lower().endswith(suffixes))
        found += [dataclasses.replace(runner, artifact=path) for path in files]
    return found


def request_of(recipe: Recipe, artifact_path: str, folder: str, *, is_fresh: bool = False) -> SweepRequest:
    """The request that runs the sweep of a recipe.

    Args:
        artifact_path: Empty if there is none.
        folder: Absolute, where cells are kept; empty keeps none.
        is_fresh: Whether what is kept is forgotten first.
    """
    return SweepRequest(
        source=recipe.source,
        inputs=recipe.inputs,
        artifact_path=artifact_path,
        sweep=recipe.sweep,
        dynamic=recipe.export.dynamic,
        interpreter=recipe.interpreter.path,
        folder=folder,
        is_fresh=is_fresh,
        rtol=recipe.parity.rtol,
        atol=recipe.parity.atol,
    )


def run_order(cells: Sequence[SweepChoice]) -> tuple[SweepChoice, ...]:
    """The same cells, so that the map can be read early: corners first, then what lies between, ever finer.

    At each step all runners come before the next one, and small batches before large ones: they are quick.
    """
    threads = _levels(sorted({cell.threads for cell in cells}))
    batches = _levels(sorted({cell.batch_size or 0 for cell in cells}))
    runners = {cell.runner.key: place for place, cell in reversed(list(enumerate(cells)))}
    return tuple(
        sorted(
            cells,
            key=lambda cell: (
                max(threads[cell.threads], batches[cell.batch_size or 0]),
                cell.batch_size or 0,
                -cell.threads,
                runners[cell.runner.key],
            ),
        )
    )


def _levels(values: Sequence[int]) -> dict[int, int]:
    """0 for both ends, 1 for the middle, 2 for the quarters, and so on."""
    levels = {values[0]: 0, values[-1]: 0} if values else {}
    spans, level = [(0, len(values) - 1)], 1
    while spans:
        halves = []
        for low, high in spans:
            if high - low > 1:
                middle = (low + high) // 2
                levels[values[middle]] = level
                halves += [(low, middle), (middle, high)]
        spans, level = halves, level + 1
    return levels


def time_left_s(cells: Iterable[SweepCell], spec: SweepSpec, elapsed_s: float = 0.0) -> float | None:
    """About how long what waits will take, seconds; None as long as nothing is known.

    A cell takes what it takes to get ready, by the runs of the same runner before it, and its runs: about as long an
    item as in the measured cell of that runner whose batch size is nearest, within the budget of a cell.

    Args:
        elapsed_s: How long the cell that runs has been running.
    """
    given = list(cells)
    done = [cell for cell in given if cell.outcome == "measured" and cell.summary is not None]
    over = [cell for cell in given if cell.duration_s > 0.0 and not cell.is_kept]
    waiting = [cell for cell in given if cell.outcome in ("waiting", "running")]
    if not waiting:
        return 0.0
    if not done and not over:
        return None
    total = 0.0
    for cell in waiting:
        expected = _expected_s(cell.choice, done, over, spec)
        total += max(0.0, expected - elapsed_s) if cell.outcome == "running" else expected
    return total


def _expected_s(choice: SweepChoice, done: Sequence[SweepCell], over: Sequence[SweepCell], spec: SweepSpec) -> float:
    same = [cell for cell in done if cell.choice.runner.key == choice.runner.key]
    like = same or done
    if not like:
        return statistics.median(cell.duration_s for cell in over)
    getting_ready = statistics.median(max(0.0, cell.duration_s - _runs_s(cell)) for cell in like)
    items = choice.batch_size or 1
    nearest = min(
        like,
        key=lambda cell: (
            abs((cell.choice.batch_size or 1) - items) / items,
            abs(cell.choice.threads - choice.threads),
        ),
    )
    assert nearest.summary is not None
    run_s = nearest.summary.p50_ms.value / 1000.0 * items / (nearest.choice.batch_size or 1)
    budget = spec.cell_budget_s
    timed_s = spec.iterations * run_s if budget is None else min(spec.iterations * run_s, budget + run_s)
    warm_s = spec.warmup_runs * run_s if budget is None else min(spec.warmup_runs * run_s, budget / 2 + run_s)
    return min(getting_ready + timed_s + warm_s, spec.cell_limit_s)


def _runs_s(cell: SweepCell) -> float:
    assert cell.summary is not None
    return cell.summary.count * cell.summary.mean_ms / 1000.0


def is_valid(cell: SweepCell) -> bool:
    """Whether its figures count: it was measured, and its outputs are right as far as they were compared."""
    return cell.summary is not None and (cell.outputs is None or cell.outputs.is_valid)


def doubts_of(cell: SweepCell) -> tuple[Doubt, ...]:
    """Reasons to doubt a cell's figures; that its runs are few is said once, of the whole sweep."""
    return tuple(doubt for doubt in cell.doubts if doubt.kind != "few_runs")


def is_over(cell: SweepCell) -> bool:
    """Whether nothing more will come of it in this run."""
    return cell.outcome not in ("waiting", "running")


def fastest(cells: Iterable[SweepCell]) -> SweepCell | None:
    """The lowest p50 of those that count; the smallest batch where sizes differ, for it answers soonest anyway."""
    able = [cell for cell in cells if is_valid(cell)]
    return min(able, key=lambda cell: _p50(cell).value, default=None)


def most_items(cells: Iterable[SweepCell]) -> SweepCell | None:
    """The most items a second of those that count."""
    able = [cell for cell in cells if is_valid(cell) and cell.throughput_per_s is not None]
    return max(able, key=lambda cell: cell.throughput_per_s.value if cell.throughput_per_s else 0.0, default=None)


def summary(cells: Sequence[SweepCell]) -> str:
    """Which configuration has the lowest latency, which the most items a second, and what to know of that."""
    quick, busy = fastest(cells), most_items(cells)
    if quick is None or busy is None:
        over = sum(is_over(cell) for cell in cells)
        return f"No cell gave a figure that counts: {plural(over, 'cell')} ran." if over else "No cell has run yet."
    p50, rate = _p50(quick), busy.throughput_per_s
    assert rate is not None
    items = f"{significant(rate.value)} a second ({bounds_text(rate) if rate.value < 10 else _whole(rate)})"
    if quick is busy:
        parts = [f"{where(quick.choice, quick.title)} is best in both: p50 {milliseconds(p50.value)}, items: {items}"]
    else:
        bounds = f"95 %: {milliseconds(p50.low)} to {milliseconds(p50.high)}"
        parts = [
            f"Lowest latency: {where(quick.choice, quick.title)}, p50 {milliseconds(p50.value)} ({bounds})",
            f"most items: {where(busy.choice, busy.title)}, {items}",
        ]
    alike = [cell for cell in cells if cell is not quick and is_valid(cell) and _p50(cell).low <= p50.high]
    if alike:
        names = listed([where(cell.choice, cell.title) for cell in alike], 2)
        parts.append(f"by its intervals this sweep cannot tell the latency of {names} from that")
    wrong = sum(cell.summary is not None and not is_valid(cell) for cell in cells)
    lost = sum(cell.outcome in ("failed", "crashed", "timed_out") for cell in cells)
    if wrong:
        parts.append(f"{plural(wrong, 'cell')} with wrong outputs left out")
    if lost:
        parts.append(f"{plural(lost, 'cell')} gave no figure")
    text = "; ".join(parts)
    few = any(cell.summary is not None and cell.summary.count < ENOUGH_RUNS for cell in (quick, busy))
    return f"{text}. A first look: measure the best ones with a benchmark." if few else f"{text}."


def verdict_of(cells: Sequence[SweepCell]) -> Verdict:
    """Whether there is a figure that counts, and whether some are missing."""
    counting = [is_valid(cell) for cell in cells]
    if not any(counting):
        return Verdict.FAILED
    return Verdict.PASSED if all(counting) else Verdict.WARNING


def where(choice: SweepChoice, title: str) -> str:
    """A cell in a sentence: `ONNX Runtime, 4 threads, batch 8`."""
    batch = "" if choice.batch_size is None else f", batch {choice.batch_size}"
    return f"{title}, {plural(choice.threads, 'thread')}{batch}"


def batch_text(batch_size: int | None) -> str:
    """A batch size in a table; `as is` for that of the example inputs."""
    return "as is" if batch_size is None else str(batch_size)


def throughput(p50_ms: Estimate, items: int) -> Estimate:
    """Items a second at the median latency."""
    return Estimate(1000.0 * items / p50_ms.value, 1000.0 * items / p50_ms.high, 1000.0 * items / p50_ms.low)


def _p50(cell: SweepCell) -> Estimate:
    assert cell.summary is not None
    return cell.summary.p50_ms


def _whole(rate: Estimate) -> str:
    return f"95 %: {significant(rate.low)} to {significant(rate.high)}"
