"""Open a .pt2 archive, and spell its symbolic sizes by the names they were asked for under."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TensorInfo
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export import metadata as written
from modelpack_gui.stages.source.exported_program import check_archive
from modelpack_gui.stages.source.inputs import dtype_name

if TYPE_CHECKING:
    import torch


def load_program(
    path: str | Path, allowed_globals: tuple[str, ...] = ()
) -> tuple[torch.export.ExportedProgram, dict[str, str]]:
    """The ExportedProgram in an archive of torch.export.save, and the metadata that it carries.

    Args:
        allowed_globals: Full names that the user agreed to let its pickles use.

    Raises:
        UserError: `pt2-not-loadable`, and those of `check_archive` for a file that would run more than its graph.
    """
    import torch

    path = Path(path)
    check_archive(path, allowed_globals)

    extra_files: dict[str, Any] = {written.EXTRA_FILE: ""}
    try:
        with capture():
            program = torch.export.load(str(path), extra_files=extra_files)
    except Exception as error:  # damaged archives raise anything, and so do operators that are not registered here
        raise UserError(
            "pt2-not-loadable",
            f"torch {torch.__version__} cannot load {path} as an ExportedProgram: {_first_line(error)}",
            "Export it again with the torch of this interpreter, or choose the interpreter that made it; operators of"
            " other packages are known only after importing them.",
            f"{type(error).__name__}: {error}",
        ) from error
    return program, written.of_extra_file(extra_files[written.EXTRA_FILE])


class Symbols:
    """The sizes of a program that are not fixed: `s77` is shown as `batch` where the export asked for that name.

    Attributes:
        ranges: Smallest and largest size by shown name; None where there is no largest.
    """

    def __init__(self, program: torch.export.ExportedProgram, metadata: Mapping[str, str]) -> None:
        self._names = _asked_names(program, metadata)
        self.ranges: dict[str, tuple[int, int | None]] = {
            self.shown(symbol): (int(limits.lower), _bound(limits.upper))
            for symbol, limits in program.range_constraints.items()
        }

    def shown(self, expression: Any) -> str:
        """An expression of symbols with the names asked for: `height - 2`."""
        text = expression
        for symbol in expression.free_symbols:
            name = self._names.get(str(symbol))
            if name is not None:
                text = text.subs(symbol, type(symbol)(name))
        return str(text)

    def info(self, name: str, value: Any) -> TensorInfo:
        """The description of a value as torch.export knows it: a tensor without elements, a symbol or a number."""
        import torch

        if isinstance(value, torch.Tensor):
            return TensorInfo(name, dtype_name(value.dtype), tuple(self._size(size) for size in value.shape))
        kind = {torch.SymInt: "int", torch.SymFloat: "float", torch.SymBool: "bool"}.get(type(value))
        return TensorInfo(name, kind or type(value).__name__, () if value is not None else None)

    def _size(self, size: Any) -> int | str:
        return size if isinstance(size, int) else self.shown(size.node.expr)


def user_inputs(program: torch.export.ExportedProgram) -> list[tuple[str, Any]]:
    """Names and descriptions of what a caller gives, in order."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    return [(name, values.get(name)) for name in map(str, program.graph_signature.user_inputs) if name in values]


def user_outputs(program: torch.export.ExportedProgram) -> list[tuple[str, Any]]:
    """Names and descriptions of what a caller gets, flattened; None is left out."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    return [(str(name), values.get(str(name))) for name in program.graph_signature.user_outputs if name is not None]


def _asked_names(program: torch.export.ExportedProgram, metadata: Mapping[str, str]) -> dict[str, str]:
    """Names of dynamic axes by symbol, as far as the axis still is a size of its own."""
    spec = written.options_in(metadata)
    inputs = user_inputs(program)
    names = serde.loads(metadata.get(written.INPUTS, "[]"))
    if spec is None or len(names) != len(inputs):
        return {}
    places = dict(zip(names, (value for _, value in inputs), strict=True))
    found: dict[str, str] = {}
    for dim in spec.dynamic:
        shape = getattr(places.get(dim.input), "shape", ())
        size = shape[dim.axis] if dim.axis < len(shape) else 0
        if not isinstance(size, int) and size.node.expr.is_Symbol and dim.name not in found.values():
            found.setdefault(str(size.node.expr), dim.name)
    return found


def _bound(limit: Any) -> int | None:
    """A limit of torch's, which has infinities of its own."""
    return int(limit) if limit.is_Integer else None


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
