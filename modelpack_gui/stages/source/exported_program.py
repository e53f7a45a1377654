"""What is in a `.pt2` archive of torch.export, and what loading it would run. torch is not needed for it.

torch.export.load unpickles without restriction (weights saved as pickles, custom objects, example inputs) and hands
the sizes of the graph to sympy, which evaluates them as Python. So the archive is looked through before it is loaded.
"""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import DynamicDim, InputSpec, SavedModel, TensorInfo
from modelpack_gui.core.saved_models import ZIP_DAMAGE, SavedKind
from modelpack_gui.stages.source import checkpoint_globals
from modelpack_gui.stages.source.pickle_globals import member_globals

# Numbers of torch's ScalarType in the schema of torch.export.
_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16",
}  # fmt: skip
_NO_BOUND = 1 << 31  # torch writes its infinity as a number of 63 bits

_FORMULA = (
    ast.Expression, ast.Call, ast.keyword, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare,
    ast.BoolOp, ast.operator, ast.unaryop, ast.cmpop, ast.boolop,
)  # fmt: skip
_FUNCTION = re.compile(
    r"[A-Z]\w*\Z|floor\Z|ceiling\Z|sqrt\Z"
)  # classes of sympy and torch: FloorDiv, Symbol, Integer
_WORD = re.compile(r"\w*\Z")
_SYMBOL = re.compile(r"Symbol\('(\w+)'|\A(\w+)\Z")


def describe_program(path: Path) -> SavedModel:
    """Inputs, outputs and dynamic axes of an ExportedProgram, and the globals that loading it would call."""
    with zipfile.ZipFile(path) as archive:
        graph_file = _graph_member(archive)
        data = serde.loads(archive.read(graph_file))
        wanted = _wanted_globals(archive)
    graph, signature = data["graph_module"]["graph"], data["graph_module"]["signature"]
    values = graph.get("tensor_values", {})
    ranges = data.get("range_constraints") or {}
    symbols: dict[str, str] = {}
    inputs, proposed, dynamic = [], [], []
    for name in _tensor_names(signature["input_specs"], "user_input"):
        info, example, axes = _tensor(name, values[name], ranges, symbols)
        inputs.append(info)
        proposed.append(example)
        dynamic += axes
    names = _tensor_names(signature["output_specs"], "user_output")
    outputs = [_tensor(name, values[name], ranges, symbols)[0] for name in names]
    version = data.get("torch_version") or ""
    return SavedModel(
        kind=SavedKind.EXPORTED_PROGRAM.value,
        class_name=_root_class(graph),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        globals=wanted,
        forbidden=tuple(name for name in wanted if checkpoint_globals.is_forbidden(name)),
        producer=f"torch {version}" if version and version != "<=2.4" else "",
        proposed=tuple(proposed),
        dynamic=tuple(dynamic),
    )


def check_archive(path: Path, allowed: tuple[str, ...]) -> None:
    """Make sure that loading a `.pt2` archive runs nothing that the user did not agree to.

    Raises:
        UserError: `saved-model-forbidden-global`, `saved-model-unsafe-global` (details: one full name on each line),
            `saved-model-unsafe-expression`, `saved-model-damaged`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = _wanted_globals(archive)
            expressions = list(_expressions(serde.loads(archive.read(_graph_member(archive)))))
    except (*ZIP_DAMAGE, KeyError, AttributeError, TypeError) as error:  # the last: members or JSON of another form
        raise UserError(
            "saved-model-damaged",
            f"The saved model {path} is cut short or damaged.",
            "Copy it again and compare its size with the original's.",
            f"{type(error).__name__}: {error}",
        ) from error
    refused = tuple(name for name in wanted if name not in allowed or checkpoint_globals.is_forbidden(name))
    if refused:
        raise unsafe(path, refused)
    for text in expressions:
        if not is_formula(text):
            shown = text if len(text) <= 60 else text[:57] + "..."
            raise UserError(
                "saved-model-unsafe-expression",
                f"{path} gives a size as {shown!r}, which is more than a formula: torch.export.load would run it.",
                "This cannot be allowed. Do not load the file unless you know who made it and why it needs that.",
            )


def is_formula(text: str) -> bool:
    """Whether the size of an axis is a formula of names and numbers, and cannot run anything when it is evaluated."""
    try:
        nodes = list(ast.walk(ast.parse(text.strip(), mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in nodes:
        if not isinstance(node, _FORMULA):
            return False
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and _FUNCTION.match(node.func.id)):
            return False
        if isinstance(node, ast.Name) and "__" in node.id:
            return False
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            text = str(node.value)
            if not _WORD.match(text) or "__" in text:  # sympy reads texts as formulas too
                return False
    return True


def unsafe(path: Path, names: tuple[str, ...]) -> UserError:
    """The error for a saved model that asks for more than tensors; `details` lists what, one name on each line."""
    forbidden = [name for name in names if checkpoint_globals.is_forbidden(name)]
    shown = forbidden or list(names)
    some = ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")
    if forbidden:
        return UserError(
            "saved-model-forbidden-global",
            f"{path} asks the unpickler for {some}, with which a file can run any command.",
            "This cannot be allowed. Do not load the file unless you know who made it and why it needs that.",
            "\n".join(forbidden),
        )
    return UserError(
        "saved-model-unsafe-global",
        f"Loading {path} would use code by name: {some}. Nothing of it has been run.",
        "If you know who made the file, allow these names; or choose the Python file of the model with a checkpoint.",
        "\n".join(names),
    )


def _graph_member(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    found = [name for name in names if "/models/" in name and name.endswith(".json")]
    found += [name for name in names if name.endswith("serialized_exported_program.json")]
    if not found:
        raise KeyError("no graph")
    return found[0]


def _wanted_globals(archive: zipfile.ZipFile) -> tuple[str, ...]:
    raw = _raw_members(archive)
    members = [name for name in archive.namelist() if not name.endswith((".json", "/")) and name not in raw]
    return member_globals(members, archive)


def _raw_members(archive: zipfile.ZipFile) -> set[str]:
    """Tensors that torch reads as bare bytes, which may look like anything: what the archive says is no pickle."""
    is_pickled: dict[str, bool] = {}
    for config in archive.namelist():
        if not config.endswith(("/model_weights_config.json", "/model_constants_config.json")):
            continue
        folder = config.rpartition("/")[0]
        for entry in (serde.loads(archive.read(config)).get("config") or {}).values():
            member = f"{folder}/{entry.get('path_name')}"
            is_pickled[member] = is_pickled.get(member, False) or entry.get("use_pickle") is not False
    return {member for member, pickled in is_pickled.items() if not pickled}


def _tensor_names(specs: list[dict[str, Any]], role: str) -> Iterator[str]:
    for spec in specs:
        tensor = (spec.get(role) or {}).get("arg", {}).get("as_tensor")
        if tensor:
            yield tensor["name"]


def _expressions(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("expr_str", "as_expr") and isinstance(value, str):
                yield value
            else:
                yield from _expressions(value)
    elif isinstance(data, list):
        for item in data:
            yield from _expressions(item)


def _tensor(
    name: str, meta: dict[str, Any], ranges: Any, symbols: dict[str, str]
) -> tuple[TensorInfo, InputSpec, list[DynamicDim]]:
    """A tensor of the graph; `symbols` collects names that people can read for those of torch (`s77`)."""
    dtype = _DTYPES.get(meta.get("dtype", 0), "")
    shape: list[int | str | None] = []
    example: list[int] = []
    dynamic = []
    for axis, size in enumerate(meta.get("sizes", ())):
        if "as_int" in size:
            shape.append(size["as_int"])
            example.append(size["as_int"])
            continue
        expression = size.get("as_expr") or {}
        found = _SYMBOL.search(str(expression.get("expr_str", "")))
        symbol = next(filter(None, found.groups()), "") if found else ""
        if symbol:
            usual = "batch" if axis == 0 and "batch" not in symbols.values() else f"{name}_{axis}"
            symbols.setdefault(symbol, usual)
        shape.append(symbols.get(symbol))
        example.append(int((expression.get("hint") or {}).get("as_int", 2)))
        if symbol:
            limits = ranges.get(symbol) or {}
            dynamic.append(DynamicDim(name, axis, symbols[symbol], limits.get("min_val"), _bound(limits)))
    info = TensorInfo(name, dtype, tuple(shape))
    return info, InputSpec(name, tuple(example), dtype or "float32"), dynamic


def _bound(limits: dict[str, Any]) -> int | None:
    largest = limits.get("max_val")
    return largest if isinstance(largest, int) and largest < _NO_BOUND else None


def _root_class(graph: dict[str, Any]) -> str:
    """The class it was exported from, which each node's stack of modules starts with."""
    for node in graph.get("nodes", ()):
        parts = str(node.get("metadata", {}).get("nn_module_stack", "")).partition(";")[0].split(",")
        if len(parts) >= 3 and not parts[1]:
            return parts[-1].rpartition(".")[2]
    return ""
