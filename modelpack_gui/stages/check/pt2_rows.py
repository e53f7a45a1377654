"""Whether torch takes an ExportedProgram away from where it was made, and which sizes it takes."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import Artifact, CheckRow, ExportSpec, InputSpec
from modelpack_gui.stages.check.rows import failed, from_error, passed, skipped, warning
from modelpack_gui.stages.check.runtime_rows import run_once, without_run
from modelpack_gui.stages.parity.runtimes import ProgramRuntime

_ANY = (0, None)


def pt2_rows(
    artifact: Artifact, asked: ExportSpec | None, inputs: Sequence[InputSpec], context: Context
) -> list[CheckRow]:
    """The rows for loading a copy in an empty folder, for running it, and for the range of each dynamic dimension."""
    with tempfile.TemporaryDirectory(dir=context.scratch, prefix="check-", ignore_cleanup_errors=True) as folder:
        try:
            copied = shutil.copyfile(artifact.path, Path(folder) / Path(artifact.path).name)
        except OSError as error:
            row = skipped("runtime-loads", f"Not tried: the file cannot be copied to {context.scratch}: {error}.")
            return [row, *without_run(inputs)]
        try:
            copy = dataclasses.replace(artifact, path=str(copied))
            runtime = ProgramRuntime(copy, inputs)
        except UserError as error:
            return [from_error("runtime-loads", error.info), *without_run(inputs)]
        rows = [passed("runtime-loads", f"{runtime.description}, loads a copy in an empty folder without the class.")]
        context.check_cancelled()
        if inputs:
            rows.append(run_once(runtime, artifact, inputs, context))
        return [*rows, *range_rows(asked, runtime.ranges)] if asked is not None else rows


def range_rows(asked: ExportSpec, got: Mapping[str, tuple[int, int | None]]) -> list[CheckRow]:
    """A row for each dynamic dimension: the sizes asked for against those that the program lets through.

    One that became fixed, or the size of another, has a row of its own already.
    """
    wanted = {dim.name: (dim.min or 0, dim.max) for dim in asked.dynamic}
    return [_range_row(name, limits, got[name]) for name, limits in wanted.items() if name in got]


def _range_row(name: str, asked: tuple[int, int | None], got: tuple[int, int | None]) -> CheckRow:
    texts = {"asked": f"{name}: {_range(asked)}", "got": f"{name}: {_range(got)}"}
    low_fits = got[0] <= max(asked[0], 2)  # torch.export takes 0 and 1 for sizes of their own, and says 2 or more
    high_fits = got[1] is None or (asked[1] is not None and got[1] >= asked[1])
    if low_fits and high_fits:
        row = passed("dynamic-ranges", f"{name} takes {_range(got)}.", **texts)
    elif asked == _ANY:
        row = warning(
            "dynamic-ranges",
            f"No limits were asked for {name}, and the program takes {_range(got)}: the model has limits of its own.",
            f"Give {name} this range in the export options, so that callers and parity keep to it.",
            **texts,
        )
    else:
        row = failed(
            "dynamic-ranges",
            f"{name} was asked to take {_range(asked)}, and the program takes {_range(got)}.",
            "Narrow the range in the export options, or change what limits it in the model.",
            **texts,
        )
    return dataclasses.replace(row, id=f"dynamic-range-{name}", title=f"{name} takes the sizes asked for")


def _range(limits: tuple[int, int | None]) -> str:
    low, high = limits
    if high is None:
        return "any size" if low <= 0 else f"{low} or more"
    return f"{low} to {high}" if low != high else f"{low} only"
