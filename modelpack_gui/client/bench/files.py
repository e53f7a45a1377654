"""A benchmark from a file: a kept run, or the results that `--json` wrote, also those of older versions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelpack_gui.client.bench.store import RUN_SUFFIX, BenchStore
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchReport


def read_report(path: Path) -> BenchReport:
    """The benchmark in a file.

    Raises:
        UserError: `bench-run-missing`, `bench-run-not-readable`.
    """
    if path.name.endswith(RUN_SUFFIX):
        return BenchStore(path.parent).read(path.name.removesuffix(RUN_SUFFIX)).report
    try:
        data = serde.loads(path.read_text(encoding="utf-8"))
        return report_of(_found(data))
    except FileNotFoundError as error:
        hint = "Name a kept run, or a file that `modelpack bench --json FILE` wrote."
        raise UserError("bench-run-missing", f"There is no file {path}.", hint) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} holds no benchmark that this version reads: {error}."
        hint = "Name a kept run, or a file that `modelpack bench --json FILE` wrote; else measure again."
        raise UserError("bench-run-not-readable", message, hint) from error


def report_of(data: Mapping[str, Any]) -> BenchReport:
    """A report from its JSON data. In the first version runners of the settings were bare identifiers.

    Raises:
        DecodeError: It does not fit.
    """
    bench = data.get("bench")
    if isinstance(bench, Mapping) and isinstance(bench.get("runners"), list):
        runners = [{"runner": one} if isinstance(one, str) else one for one in bench["runners"]]
        data = {**data, "bench": {**bench, "runners": runners}}
    return serde.decode(BenchReport, dict(data))


def _found(data: Any) -> dict[str, Any]:
    """The report within results, or the data itself where it is one."""
    if not isinstance(data, dict):
        raise ValueError("it is no table of results")
    for stage in data.get("stages", ()):
        result = stage.get("result") if isinstance(stage, dict) else None
        if isinstance(result, dict) and result.get("kind") == BenchReport.__name__:
            return {key: value for key, value in result.items() if key != "kind"}
    if "runners" in data:
        return {key: value for key, value in data.items() if key != "kind"}
    raise ValueError("no benchmark is in it")
