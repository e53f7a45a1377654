"""Several named sets of example inputs for one call of `forward`."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSet, InputSpec


def check_set(item: InputSet, first: Sequence[InputSpec]) -> None:
    """Check that a set holds the same inputs as the first one, with other values and sizes only.

    Raises:
        UserError: `input-set-differs`.
    """
    names, other_names = [spec.name for spec in first], [spec.name for spec in item.inputs]
    problem = ""
    if names != other_names:
        problem = f"has the inputs {', '.join(other_names) or '(none)'}, and the first one {', '.join(names)}"
    for one, other in zip(first, item.inputs, strict=False):
        if problem:
            break
        if (one.argument, one.is_value) != (other.argument, other.is_value):
            problem = f"passes {one.name} to forward in another way than the first one"
        elif one.is_value and one.value != other.value:
            problem = (
                f"has the value {other.value!r} for {one.name}, and the first one {one.value!r}, which is part of the"
                " artifact"
            )
        elif not one.is_value and len(one.shape) != len(other.shape):
            problem = f"has {len(other.shape)} axes for {one.name}, and the first one {len(one.shape)}"
    if problem:
        raise UserError(
            "input-set-differs",
            f"The input set {item.name!r} {problem}.",
            "Sets differ in the values and sizes of their tensors only; export another artifact for the rest.",
        )
