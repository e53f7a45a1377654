"""Edits of what a recipe says of quantising, and of what it does with the files that came of it; each undoable."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from modelpack_gui.core.figures import plural
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize.advice import changed_spec
from modelpack_gui.core.records import QuantizeAdvice, QuantizedVariant
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.project.spec_edits import edit_parity
from modelpack_gui.ui.state.quantize import runner_of


def edit_quantize(controller: Controller, text: str, merge_key: str = "", **changes: Any) -> None:
    """Change fields of the recipe's QuantizeSpec; one that it does not have yet starts from the usual settings.

    Args:
        text: What the change is, for the undo menu: `quantise per channel`.
        merge_key: Changes in a row with the same key are undone as one.
    """
    recipe = controller.recipe
    quantize = dataclasses.replace(controller.quantize.spec, **changes)
    if quantize != controller.quantize.spec:
        controller.edit(dataclasses.replace(recipe, quantize=quantize), text, merge_key)


def edit_calibration(controller: Controller, text: str, merge_key: str = "", **changes: Any) -> None:
    """Change fields of its CalibrationSpec."""
    calibration = dataclasses.replace(controller.quantize.spec.calibration, **changes)
    edit_quantize(controller, text, merge_key, calibration=calibration)


def forget_settings(controller: Controller) -> None:
    """The recipe says no more how to quantise, so that a run of all stages leaves it out."""
    controller.edit(dataclasses.replace(controller.recipe, quantize=None), "forget how to quantise")


def take_advice(controller: Controller, advice: QuantizeAdvice) -> None:
    """Make the changes that a piece of advice has."""
    quantize = changed_spec(controller.quantize.spec, advice)
    controller.edit(
        dataclasses.replace(controller.recipe, quantize=quantize), advice.hint.rstrip(".") or "follow the advice"
    )


def exclude_nodes(controller: Controller, nodes: Iterable[str]) -> None:
    """Leave these nodes in float32, beside those that are already."""
    before = controller.quantize.spec.exclude_nodes
    more = tuple(node for node in nodes if node not in before)
    edit_quantize(controller, f"keep {plural(len(more), 'node')} in float32", exclude_nodes=(*before, *more))


def include_nodes(controller: Controller, nodes: Iterable[str]) -> None:
    """Quantise these nodes again."""
    named = frozenset(nodes)
    left = tuple(node for node in controller.quantize.spec.exclude_nodes if node not in named)
    gone = len(controller.quantize.spec.exclude_nodes) - len(left)
    edit_quantize(controller, f"quantise {plural(gone, 'node')} again", exclude_nodes=left)


def benchmark(controller: Controller, variants: Sequence[QuantizedVariant]) -> None:
    """Put files among the runners of the benchmark, and show its page."""
    recipe = controller.recipe
    known = {one.key for one in recipe.bench.runners}
    wanted = [runner_of(one, controller.base) for one in variants if one.path]
    added = tuple(one for one in wanted if one.key not in known)
    if added:
        bench = dataclasses.replace(recipe.bench, runners=(*recipe.bench.runners, *added))
        controller.edit(dataclasses.replace(recipe, bench=bench), f"benchmark {plural(len(added), 'quantised file')}")
    controller.page_wanted.emit(Stage.BENCH)


def compare_in_parity(controller: Controller, variant: QuantizedVariant) -> None:
    """Let parity look at a file in place of the exported artifact, and show its page."""
    path = runner_of(variant, controller.base).artifact
    edit_parity(controller, f"compare {variant.label}", actual_artifact=path)
    controller.page_wanted.emit(Stage.PARITY)
