"""Example inputs for a model whose weights were cast to another dtype."""

from __future__ import annotations

import dataclasses

from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.records import CAST_DTYPES, LoadRequest


def with_cast_inputs(error: UserError, request: LoadRequest) -> UserError:
    """The error of a forward pass; where weights were cast and inputs were not, with the fix to cast those too."""
    info, checkpoint = error.info, request.source.checkpoint
    dtype = checkpoint.dtype if checkpoint is not None else ""
    cast = tuple(
        dataclasses.replace(item, dtype=dtype) if item.dtype in CAST_DTYPES and not item.is_value else item
        for item in request.inputs
    )
    if not dtype or cast == request.inputs or info.code != "forward-failed":
        return error
    names = ", ".join(now.name for now, then in zip(cast, request.inputs, strict=True) if now != then)
    fix = Fix(
        f"Make the example inputs {dtype}",
        (RecipeEdit("inputs", serde.encode(cast)),),
        f"Changes the dtype of {names}. Inputs of whole numbers and bools stay.",
    )
    before = info.explanation
    explanation = Explanation(
        "inputs-not-cast",
        f"The weights are {dtype}, and the inputs are not",
        f"The checkpoint's weights are cast to {dtype}, while {names} stayed as before. Few operators mix the two.",
        before.places if before is not None else (),
        (fix, *(before.fixes if before is not None else ())),
    )
    return UserError(info.code, info.message, info.hint, info.details, explanation)
