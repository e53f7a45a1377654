"""Names of the dtypes that example inputs can have: those of ONNX that torch has tensors of."""

from __future__ import annotations

FLOATS = ("float16", "bfloat16", "float32", "float64")
SMALL_FLOATS = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")
DTYPES = (*FLOATS, *INTEGERS, "bool", *COMPLEX, *SMALL_FLOATS)

NOT_IN_TORCH = ("int4", "uint4", "int2", "uint2", "float4_e2m1", "string")
"""Dtypes of ONNX that torch has no tensors of."""
