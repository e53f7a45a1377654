"""What the installed onnx knows of an operator, whatever a file says of its name and version."""

from __future__ import annotations

from typing import Any

_NEWEST = 2**31 - 1  # onnx counts versions in 32 bits, files in 64


def schema_of(op_type: str, version: int, domain: str) -> Any | None:
    """The schema of an operator at an opset; None where onnx knows none.

    Args:
        domain: `ai.onnx` goes by the empty name too.
    """
    import onnx

    name = "" if domain == "ai.onnx" else domain
    try:
        return onnx.defs.get_schema(op_type, max(0, min(version, _NEWEST)), name)
    except (onnx.defs.SchemaError, UnicodeEncodeError):  # the latter for names that stand for bytes of no text
        return None
