"""Calibration data from an iterable, or a function that gives one, in a Python file of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import CalibrationSpec
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.quantize.fit import Fitter, Sample, named
from modelpack_gui.stages.source.importing import import_source
from modelpack_gui.stages.source.locate import location_of
from modelpack_gui.stages.source.usercode import guarded


def iterable_samples(spec: CalibrationSpec, fitter: Fitter, context: Context) -> tuple[list[Sample], str]:
    """Samples of what the iterable gives, from its start, and what they are in a phrase. It may have no end.

    Raises:
        UserError: `calibration-name`, `calibration-failed`, `calibration-empty`, those of importing the file, and of
            `Fitter`.
    """
    path = resolve(context, spec.path)
    if not spec.path or not spec.name:
        raise UserError(
            "calibration-name",
            "The calibration data is to come from Python, and no file and name are given.",
            "Give the file, and the name of an iterable or of a function in it that gives one.",
        )
    context.progress(f"Importing {path.name}")
    module = import_source(location_of(path))
    found: Any = module
    for part in spec.name.split("."):
        if not hasattr(found, part):
            raise UserError(
                "calibration-name",
                f"There is no {spec.name} in {path}.",
                "Name an iterable, or a function without arguments that gives one.",
            )
        found = getattr(found, part)

    def rows() -> Iterator[Sample]:
        for number, item in enumerate(_items(found, spec.name, path.name)):
            context.check_cancelled()
            where = f"sample {number} of {spec.name}"
            context.progress(f"Reading {where}, {spec.samples:,} at most")
            yield from fitter.rows(named(item, fitter.inputs, where), where)

    samples = list(fitter.batches(rows(), spec.samples))
    if not samples:
        raise UserError(
            "calibration-empty",
            f"{spec.name} in {path.name} gave no sample.",
            "An iterator gives its items only once: name the function that makes it.",
        )
    return samples, f"{plural(len(samples), 'sample')} from {spec.name} in {path.name}"


def _items(found: Any, name: str, file: str) -> Iterator[Any]:
    """What it gives, one by one; what the user's code raises meanwhile is told as theirs."""
    hint = "Correct the function; it must give arrays, one sample at a time."
    doing = f"{name} in {file} gave calibration data"
    with guarded("calibration-failed", doing, hint):
        given = found() if callable(found) and not _is_iterable(found) else found
        if not _is_iterable(given):
            raise UserError(
                "calibration-name",
                f"{name} in {file} is {type(given).__name__}, over which one cannot go.",
                "Name an iterable, or a function without arguments that gives one.",
            )
        iterator = iter(given)
    nothing = object()
    while True:
        with guarded("calibration-failed", doing, hint):
            item = next(iterator, nothing)
        if item is nothing:
            return
        yield item


def _is_iterable(found: Any) -> bool:
    """Whether one can go over it; a class is what makes one."""
    return not isinstance(found, type) and (hasattr(found, "__iter__") or hasattr(found, "__getitem__"))
