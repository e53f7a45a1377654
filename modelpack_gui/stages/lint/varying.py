"""Whether a line looks at an axis that shall be dynamic: told by a run at another size."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from modelpack_gui.stages.lint.base import LintCase, Passage, Run
from modelpack_gui.stages.lint.code import Spot


class Axes(Enum):
    """What is known of the axes that a line looks at."""

    DYNAMIC = "dynamic"
    STATIC = "static"
    UNKNOWN = "unknown"


def axes_of(case: LintCase, spot: Spot) -> Axes:
    """Whether the sizes that a line looks at change when the dynamic axes do."""
    if not case.export.dynamic:
        return Axes.STATIC
    if case.first is None or not spot.sizes:
        return Axes.UNKNOWN
    known = [_axis(case, spot, name, axis) for name, axis in spot.sizes]
    if Axes.DYNAMIC in known:
        return Axes.DYNAMIC
    return Axes.UNKNOWN if Axes.UNKNOWN in known else Axes.STATIC


def _axis(case: LintCase, spot: Spot, name: str, axis: int | None) -> Axes:
    pairs = list(_shapes(case, spot.owner, name))
    if not pairs:
        return Axes.UNKNOWN
    changed = {place for one, other in pairs for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b}
    rank = len(pairs[0][0])
    if axis is None:
        return Axes.DYNAMIC if changed else Axes.STATIC
    return Axes.DYNAMIC if (axis + rank if axis < 0 else axis) in changed else Axes.STATIC


def _shapes(case: LintCase, owner: str, name: str) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The shape of a parameter in the run on the example inputs, and in that at another size."""
    assert case.first is not None
    if case.resized is not None and len(case.first.passages) == len(case.resized.passages):
        for one, other in zip(case.first.passages, case.resized.passages, strict=True):
            if _class_of(case, one) == owner and name in one.shapes and name in other.shapes:
                yield one.shapes[name], other.shapes[name]
    else:
        yield from _asked(case, case.first, owner, name)


def _asked(case: LintCase, run: Run, owner: str, name: str) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Without such a run: what is asked of the model's own parameters."""
    if owner != type(case.module).__name__ or not run.passages or name not in run.passages[-1].shapes:
        return
    shape = run.passages[-1].shapes[name]
    places = [place for place, item in enumerate(case.inputs) if item.shape == shape]
    asked = {dim.axis for dim in case.export.dynamic for place in places if case.inputs[place].name == dim.input}
    yield shape, tuple(size + (axis in asked) for axis, size in enumerate(shape))


def _class_of(case: LintCase, passage: Passage) -> str:
    module = case.module.get_submodule(passage.path) if passage.path else case.module
    return type(module).__name__
