"""Example inputs as Python source: the same values as the stages draw."""

from __future__ import annotations

from modelpack_gui.core.pycode import bracketed, is_name, literal
from modelpack_gui.core.records import InputSpec

_RESERVED = {"torch", "Path", "sys", "importlib", "model", "module", "model_file", "spec", "inputs", "checkpoint"}
_FLOATS = ("float16", "float32", "float64", "bfloat16")


def input_lines(inputs: tuple[InputSpec, ...]) -> list[str]:
    """Lines that draw each input with a generator of its own and name the tuple of them `inputs`."""
    if not inputs:
        return ["inputs = ()  # no example inputs are chosen yet"]
    names = [_variable(item, i) for i, item in enumerate(inputs)]
    lines = [_draw(name, item) for name, item in zip(names, inputs, strict=True)]
    return [*lines, bracketed("inputs = (", names, ",)" if len(names) == 1 else ")")]


def _variable(item: InputSpec, index: int) -> str:
    return item.name if is_name(item.name) and item.name not in _RESERVED else f"input_{index}"


def _draw(name: str, item: InputSpec) -> str:
    shape = literal(item.shape)
    generator = f"generator=torch.Generator().manual_seed({item.seed})"
    if item.dtype in _FLOATS:
        low = 0.0 if item.low is None else item.low
        high = 1.0 if item.high is None else item.high
        drawn = bracketed(f"{name} = torch.rand(", [shape, generator], ")")
        scale = "" if (low, high) == (0.0, 1.0) else f"\n{name} = {literal(low)} + {literal(high - low)} * {name}"
        cast = "" if item.dtype == "float32" else f"\n{name} = {name}.to(torch.{item.dtype})"
        return drawn + scale + cast
    if item.dtype == "bool":
        drawn = bracketed(f"{name} = torch.randint(", ["0", "2", shape, generator], ")")
        return f"{drawn}\n{name} = {name}.to(torch.bool)"
    low_int = 0 if item.low is None else int(item.low)
    high_int = 9 if item.high is None else int(item.high)
    parts = [str(low_int), str(high_int + 1), shape, generator]
    drawn = bracketed(f"{name} = torch.randint(", parts, ")")
    return drawn if item.dtype == "int64" else f"{drawn}\n{name} = {name}.to(torch.{item.dtype})"
