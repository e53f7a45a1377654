"""What the instruction sets of a processor, as `stages.machine` spells them, mean for models of low precision."""

from __future__ import annotations

from collections.abc import Collection

_X86 = ("sse4_1", "avx", "avx2", "avx512f")
_X86_INT8 = ("avx512_vnni", "avx_vnni", "amx_int8")
_ARM_INT8 = ("asimddp", "i8mm")


def is_x86(flags: Collection[str]) -> bool:
    """Whether these are flags of an x86 processor."""
    return any(flag in flags for flag in _X86)


def lacks_vnni(flags: Collection[str]) -> bool:
    """Whether this is an x86 processor that adds up products of 8 bits in 16, which saturates and takes longer."""
    return is_x86(flags) and not any(flag in flags for flag in _X86_INT8)


def has_int8_instructions(flags: Collection[str]) -> bool:
    """Whether a processor multiplies 8-bit integers faster than float32; True if nothing is known of it."""
    return not flags or any(flag in flags for flag in (*_X86_INT8, *_ARM_INT8))
