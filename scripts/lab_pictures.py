"""The latency lab in pictures: a part of `screenshots.py`, on the demo recipe that is open."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize.presets import usual_specs
from modelpack_gui.core.records import BenchReport, QuantizeSpec, RunnerSpec, SweepSpec
from modelpack_gui.ui.pages.bench import BenchPage
from modelpack_gui.ui.pages.quantize import NODES_TAB, VARIANTS_TAB, QuantizePage
from modelpack_gui.ui.state.quantize import QuantizeState
from modelpack_gui.ui.widgets.bench.tabs import LATENCY, LOAD, PROFILE, RUNS, SWEEP
from modelpack_gui.ui.widgets.latency.chart import ECDF, HISTOGRAM, SERIES, VIOLIN
from modelpack_gui.ui.widgets.profile.view import ProfileView
from modelpack_gui.ui.widgets.sweep.view import SweepView

if TYPE_CHECKING:
    from scripts.screenshots import Photographer

_MODES = {HISTOGRAM: "", ECDF: "-ecdf", VIOLIN: "-violin", SERIES: "-series"}


def shoot_lab(photographer: Photographer, *, is_quick: bool) -> dict[str, object]:
    """Quantise in the usual ways, benchmark with the result, and visit every tab; gives what they said.

    Args:
        is_quick: Fewer runs, for a look at whether all is there.
    """
    controller = photographer.window.controller
    edits = controller.undo_stack.index()
    recipe = controller.recipe
    bench = dataclasses.replace(recipe.bench, callers=(1, 2, 4), load_s=1.0)
    if is_quick:
        bench = dataclasses.replace(bench, iterations=60, warmup_runs=20, load_s=0.3)
    controller.edit(dataclasses.replace(recipe, bench=bench), "benchmark more")
    said = {"quantized": _shoot_quantize(photographer)}
    page = photographer.window.page(Stage.BENCH)
    assert isinstance(page, BenchPage)
    photographer.window.show_stage(Stage.BENCH)
    said["claims"] = _shoot_latency(photographer, page)
    said["profiled"] = _shoot_profile(photographer, page)
    said["swept"] = _shoot_sweep(photographer, page)
    page.tabs.show_tab(RUNS)
    photographer.shoot("bench-runs")
    page.tabs.show_tab(LATENCY)
    while controller.undo_stack.index() > edits:  # with unsaved changes, closing the window would ask
        controller.undo_stack.undo()
    return said


def _shoot_quantize(photographer: Photographer) -> object:
    """The usual ways with what they win, and what each node costs; gives the ways that made a file."""
    controller = photographer.window.controller
    page = photographer.window.page(Stage.QUANTIZE)
    assert isinstance(page, QuantizePage)
    photographer.window.show_stage(Stage.QUANTIZE)
    state = controller.quantize
    state.try_all(usual_specs(QuantizeSpec()))
    photographer.wait(
        lambda: not controller.is_busy and not state.speed.is_running and has_speeds(state),
        "the usual ways to quantise and their speed",
    )
    page.tabs.setCurrentIndex(VARIANTS_TAB)
    photographer.shoot("quantize")
    page.tabs.setCurrentIndex(NODES_TAB)
    page.nodes.explore()
    photographer.wait(lambda: not state.sensitivity.job.is_running, "what each node costs")
    photographer.shoot("quantize-nodes")
    page.tabs.setCurrentIndex(VARIANTS_TAB)
    return sorted(row.variant.label for row in state.rows if row.variant.path)


def has_speeds(state: QuantizeState) -> bool:
    """Whether every file that was made has been measured."""
    made = [row.variant for row in state.rows if row.variant.path]
    return bool(made) and all(variant.speedup is not None for variant in made)


def _shoot_latency(photographer: Photographer, page: BenchPage) -> object:
    """The chart in each of its modes, and the runners under load; gives the claim on each runner."""
    controller = photographer.window.controller
    recipe = controller.recipe
    quantized = next(row.variant.path for row in controller.quantize.rows if row.variant.path)
    runners = (*recipe.bench.runners, RunnerSpec("onnxruntime", artifact=quantized))
    bench = dataclasses.replace(recipe.bench, runners=runners)
    controller.edit(dataclasses.replace(recipe, bench=bench), "benchmark INT8 too")
    page.tabs.show_tab(LATENCY)
    controller.run(Stage.BENCH)
    photographer.wait(lambda: bool(page.progress.isVisible()), "samples")
    photographer.settle(2500)
    photographer.shoot("benchmark-live")
    photographer.wait(lambda: not controller.is_busy, "the benchmark")
    for mode, suffix in _MODES.items():
        page.results.set_mode(mode)
        photographer.shoot(f"benchmark{suffix}")
    page.results.set_mode(HISTOGRAM)
    page.tabs.show_tab(LOAD)
    photographer.shoot("bench-load")
    report = controller.result(Stage.BENCH, BenchReport)
    assert report is not None
    return [one.runner for one in report.runners if one.is_valid]


def _shoot_profile(photographer: Photographer, page: BenchPage) -> object:
    """Where the time of ONNX Runtime goes, and why eager takes longer; gives the op types of the first."""
    controller = photographer.window.controller
    view = page.tabs.show_tab(PROFILE)
    assert isinstance(view, ProfileView)
    view.choose("eager", "onnxruntime")
    view.profile()
    photographer.wait(lambda: not controller.profiles.is_running, "the profiles")
    photographer.shoot("bench-profile")
    return sorted(controller.profiles.kept)


def _shoot_sweep(photographer: Photographer, page: BenchPage) -> object:
    """Batch sizes and threads as one job; gives how many cells were measured."""
    controller = photographer.window.controller
    recipe = controller.recipe
    sweep = SweepSpec(batch_sizes=(1, 4, 16), threads=(1, 2), iterations=50, warmup_runs=20)
    controller.edit(dataclasses.replace(recipe, sweep=sweep), "sweep")
    view = page.tabs.show_tab(SWEEP)
    assert isinstance(view, SweepView)
    view.state.start()
    photographer.wait(lambda: not view.state.is_running, "the sweep")
    photographer.shoot("bench-sweep")
    return len(view.state.measured)
