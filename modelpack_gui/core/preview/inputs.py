"""Example inputs as Python source: the same values as the stages draw."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.dtypes import FLOATS
from modelpack_gui.core.preview.files import helper_lines, read_lines
from modelpack_gui.core.preview.pycode import INDENT, bracketed, is_name, literal
from modelpack_gui.core.records import DynamicDim, InputSpec

_RESERVED = {
    "torch", "np", "onnx", "onnxruntime", "Path", "sys", "importlib", "model", "module", "model_file", "spec",
    "inputs", "checkpoint", "seed", "sizes", "self",
}  # fmt: skip

_SEED_STEP = 1_000_003  # as `make_inputs` of the source stage steps it; a test compares the values


def input_lines(inputs: tuple[InputSpec, ...]) -> list[str]:
    """Lines that draw each tensor with a generator of its own and name the tuple of them `inputs`."""
    tensors = [item for item in inputs if not item.is_value]
    if not tensors:
        return ["inputs = ()  # no example inputs are chosen yet"]
    lines: list[str] = helper_lines(tensors)
    for i, item in enumerate(inputs):
        if not item.is_value:
            shape, seed = literal(item.shape), str((item.seed + _SEED_STEP * i) % (1 << 63))
            lines += _made(variable(item, i), item, shape, seed, "")
    return [*lines, f"inputs = {_tuple(variables(inputs))}"]


def input_function(inputs: tuple[InputSpec, ...], dims: Sequence[DynamicDim]) -> list[str]:
    """A function `make_inputs(seed, **sizes)` that draws them with other values, and at other sizes of the axes."""
    lines = [
        *helper_lines(inputs),
        "def make_inputs(seed=0, **sizes):",
        f'{INDENT}"""The example inputs; another seed gives other values, `batch=3` another size of that axis."""',
    ]
    for i, item in enumerate(inputs):
        if not item.is_value:
            start = (item.seed + _SEED_STEP * i) % (1 << 63)
            lines += _made(variable(item, i), item, _shape(item, dims), f"{start} + seed", INDENT)
    return [*lines, f"{INDENT}return {_tuple(variables(inputs))}"]


def variables(inputs: tuple[InputSpec, ...]) -> list[str]:
    """What the tensors are called in the source, in order."""
    return [variable(item, i) for i, item in enumerate(inputs) if not item.is_value]


def variable(item: InputSpec, index: int) -> str:
    """What an input is called in the source: its name, or its number where that cannot stand."""
    return item.name if is_name(item.name) and item.name not in _RESERVED else f"input_{index}"


def _tuple(names: list[str]) -> str:
    return bracketed("(", names, ",)" if len(names) == 1 else ")")


def _shape(item: InputSpec, dims: Sequence[DynamicDim]) -> str:
    names = {dim.axis: dim.name for dim in dims if dim.input == item.name}
    sizes = [
        f"sizes.get({literal(names[axis])}, {size})" if axis in names else str(size)
        for axis, size in enumerate(item.shape)
    ]
    return "(" + ", ".join(sizes) + (",)" if len(sizes) == 1 else ")")


def _made(name: str, item: InputSpec, shape: str, seed: str, indent: str) -> list[str]:
    if item.file:
        return read_lines(name, item, shape, indent)
    return _draw(name, item, shape, seed, indent)


def _draw(name: str, item: InputSpec, shape: str, seed: str, indent: str) -> list[str]:
    ends = [shape, f"generator=torch.Generator().manual_seed({seed})"]
    if item.dtype in FLOATS:
        return _draw_floats(name, item, ends, indent)
    if item.dtype == "bool":
        return [bracketed(f"{name} = torch.randint(", ["0", "2", *ends, "dtype=torch.uint8"], ").bool()", indent)]
    low = 0.0 if item.low is None else item.low
    high = max(9.0, low) if item.high is None else item.high
    cast = "" if item.dtype == "int64" else f".to(torch.{item.dtype})"
    arguments = [str(int(low)), str(int(high) + 1), *ends]
    return [bracketed(f"{name} = torch.randint(", arguments, f"){cast}", indent)]


def _draw_floats(name: str, item: InputSpec, ends: list[str], indent: str) -> list[str]:
    low = 0.0 if item.low is None else item.low
    high = max(1.0, low + 1.0) if item.high is None else item.high
    if item.dtype == "float64":
        ends = [*ends, "dtype=torch.float64"]
    lines = [bracketed(f"{name} = torch.rand(", ends, ")", indent)]
    if (low, high) != (0.0, 1.0):
        lines.append(f"{indent}{name} = {name} * {literal(high - low)} + {literal(low)}")
    if item.dtype in ("float16", "bfloat16"):
        lines.append(f"{indent}{name} = {name}.to(torch.{item.dtype})")
    return lines
