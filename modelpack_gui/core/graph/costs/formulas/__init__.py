"""How much an operator computes: one formula for each, with its source. One that is not here is unknown, not free."""

from __future__ import annotations

import functools

from modelpack_gui.core.graph.costs.formulas import aten, elementwise, products
from modelpack_gui.core.graph.costs.formulas.base import Formula

_FORMULAS = {
    "ai.onnx": {**elementwise.STANDARD, **products.STANDARD},
    "com.microsoft": {**elementwise.MICROSOFT, **products.MICROSOFT},
    "com.microsoft.nchwc": {**elementwise.NCHWC, **products.NCHWC},
    "aten": aten.ATEN,
}
_CALLING_PRIM = frozenset({"CallFunction", "CallMethod", "PythonOp"})
"""Of TorchScript; the others build lists and look things up."""


@functools.lru_cache(maxsize=4096)
def formula_of(domain: str, op_type: str) -> Formula | None:
    """The formula of an operator; None if there is none.

    Args:
        domain: `ai.onnx` for the default one.
        op_type: An overload of PyTorch (`add.Tensor`) counts as the operator.
    """
    if domain == "prim":
        return None if op_type in _CALLING_PRIM else elementwise.FREE
    if domain in ("operator", "math") or (domain == "torch" and op_type.startswith("sym_")):  # of sizes: `h * w`
        return elementwise.FREE
    if domain == "aten":
        op_type = aten.plain_name(op_type)
    return _FORMULAS.get(domain, {}).get(op_type)
