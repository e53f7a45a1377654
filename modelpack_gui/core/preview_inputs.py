"""Example inputs as Python source: the same values as the stages draw."""

from __future__ import annotations

from modelpack_gui.core.dtypes import FLOATS
from modelpack_gui.core.pycode import bracketed, is_name, literal
from modelpack_gui.core.records import InputSpec

_RESERVED = {"torch", "Path", "sys", "importlib", "model", "module", "model_file", "spec", "inputs", "checkpoint"}

_SEED_STEP = 1_000_003  # as `make_inputs` of the source stage steps it; a test compares the values


def input_lines(inputs: tuple[InputSpec, ...]) -> list[str]:
    """Lines that draw each input with a generator of its own and name the tuple of them `inputs`."""
    if not inputs:
        return ["inputs = ()  # no example inputs are chosen yet"]
    names = [_variable(item, i) for i, item in enumerate(inputs)]
    lines: list[str] = []
    for i, (name, item) in enumerate(zip(names, inputs, strict=True)):
        lines += _draw(name, item, (item.seed + _SEED_STEP * i) % (1 << 63))
    return [*lines, bracketed("inputs = (", names, ",)" if len(names) == 1 else ")")]


def _variable(item: InputSpec, index: int) -> str:
    return item.name if is_name(item.name) and item.name not in _RESERVED else f"input_{index}"


def _draw(name: str, item: InputSpec, seed: int) -> list[str]:
    ends = [literal(item.shape), f"generator=torch.Generator().manual_seed({seed})"]
    if item.dtype in FLOATS:
        return _draw_floats(name, item, ends)
    if item.dtype == "bool":
        return [bracketed(f"{name} = torch.randint(", ["0", "2", *ends, "dtype=torch.uint8"], ").bool()")]
    low = 0.0 if item.low is None else item.low
    high = max(9.0, low) if item.high is None else item.high
    cast = "" if item.dtype == "int64" else f".to(torch.{item.dtype})"
    return [bracketed(f"{name} = torch.randint(", [str(int(low)), str(int(high) + 1), *ends], f"){cast}")]


def _draw_floats(name: str, item: InputSpec, ends: list[str]) -> list[str]:
    low = 0.0 if item.low is None else item.low
    high = max(1.0, low + 1.0) if item.high is None else item.high
    if item.dtype == "float64":
        ends = [*ends, "dtype=torch.float64"]
    lines = [bracketed(f"{name} = torch.rand(", ends, ")")]
    if (low, high) != (0.0, 1.0):
        lines.append(f"{name} = {name} * {literal(high - low)} + {literal(low)}")
    if item.dtype in ("float16", "bfloat16"):
        lines.append(f"{name} = {name}.to(torch.{item.dtype})")
    return lines
