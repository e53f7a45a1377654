"""Names of dtypes: those that example inputs can have, and how large their elements are."""

from __future__ import annotations

FLOATS = ("float16", "bfloat16", "float32", "float64")
SMALL_FLOATS = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")
DTYPES = (*FLOATS, *INTEGERS, "bool", *COMPLEX, *SMALL_FLOATS)

NOT_IN_TORCH = ("int4", "uint4", "int2", "uint2", "float4_e2m1", "string")
"""Dtypes of ONNX that torch has no tensors of."""

_BITS = {
    "bool": 8,
    "bfloat16": 16,
    "complex64": 64,
    "complex128": 128,
    "uint4": 4,
    "int4": 4,
    "float4_e2m1fn": 4,
    "uint2": 2,
    "int2": 2,
}
_SIZED = ("float", "int", "uint", "bfloat")


def element_bits(dtype: str) -> int:
    """Bits of an element, types under 8 bits packed as ONNX files pack them; 0 for no such type."""
    bits = _BITS.get(dtype)
    if bits is not None:
        return bits
    digits = dtype.split("_", 1)[0].lstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits) if digits.isdigit() and dtype.startswith(_SIZED) else 0


def size_bytes(dtype: str, elements: int) -> int:
    """Bytes that elements of a fixed-size type take in a file, types under 8 bits packed; 0 if unknown."""
    return (elements * element_bits(dtype) + 7) // 8
