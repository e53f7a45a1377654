"""The options of `modelpack bench`, and what they change in a recipe."""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import listed
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import RunnerSpec
from modelpack_gui.core.runners.text import parse_runner, split_runners

_FIELDS = {
    "iterations": "iterations",
    "warmup": "warmup_runs",
    "block_runs": "block_runs",
    "threads": "threads",
    "seed": "seed",
    "precision": "precision",
    "time_budget": "time_budget_s",
    "noise_run": "noise_run",
    "fresh_inputs": "fresh_inputs",
    "pin_cpus": "pin_cpus",
    "batch_size": "batch_size",
    "callers": "callers",
    "rates": "rates_per_s",
    "load_seconds": "load_s",
}


def parse_share(text: str) -> float:
    """`5%`, or as a share `0.05`."""
    number, sign, rest = text.strip().partition("%")
    try:
        value = float(number) / (100.0 if sign else 1.0)
    except ValueError:
        value = math.nan
    if rest or not 0.0 < value < math.inf or (not sign and value >= 1.0):
        raise argparse.ArgumentTypeError(f"{text!r} is no share such as 5% or 0.05")
    return value


def parse_rates(text: str) -> tuple[float, ...]:
    """`50,100.5`."""
    try:
        rates = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        rates = ()
    if not rates or not all(0.0 < rate < math.inf for rate in rates):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of calls a second such as 50,100")
    return rates


def parse_runners(text: str) -> tuple[RunnerSpec, ...]:
    """`eager,onnxruntime[threads=1]`."""
    try:
        return split_runners(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(f"{error.info.message} {error.info.hint}") from None


def runners_of(given: dict[str, Any], base: Path) -> tuple[RunnerSpec, ...]:
    """The runners of all `--runners`, their files as a recipe in `base` names them; empty if none was given."""
    specs = [spec for specs in given.get("runners") or () for spec in specs]
    return tuple(_named_from(spec, base) for spec in specs)


def with_bench(recipe: Recipe, given: dict[str, Any], base: Path) -> Recipe:
    """The recipe with the options that were given.

    Args:
        base: Folder of the recipe. Files of runners start from the current folder on the command line; those below
            the recipe's are named from there, as the window does, so that a runner is the same in both.

    Raises:
        UserError: `bench-baseline-unknown`, `runner-not-valid`.
    """
    changed = {field: given[key] for key, field in _FIELDS.items() if given.get(key) is not None}
    runners = runners_of(given, base)
    if runners:
        changed["runners"] = runners
    bench = dataclasses.replace(recipe.bench, **changed)
    if given.get("baseline_runner"):
        bench = dataclasses.replace(bench, baseline=_baseline(given["baseline_runner"], bench.runners, base))
    return dataclasses.replace(recipe, bench=bench)


def _baseline(text: str, runners: tuple[RunnerSpec, ...], base: Path) -> str:
    """Key of the runner that is spelled so, or goes by that label."""
    key = _named_from(parse_runner(text), base).key
    for one in runners:
        if key == one.key or text == one.label:
            return one.key
    message = f"The baseline {text} is not among the runners that are measured."
    raise UserError("bench-baseline-unknown", message, f"They are {listed([one.key for one in runners])}.")


def _named_from(spec: RunnerSpec, base: Path) -> RunnerSpec:
    return dataclasses.replace(spec, artifact=from_base(spec.artifact, base)) if spec.artifact else spec


def from_base(path: str, base: Path) -> str:
    """A file as a recipe in a folder names it; the command line names it from the current one."""
    # Not Path.absolute and Path.expanduser: `..` must go, and unknown users must not raise.
    absolute, folder = Path(os.path.abspath(os.path.expanduser(path))), Path(os.path.abspath(base))  # noqa: PTH100, PTH111
    return absolute.relative_to(folder).as_posix() if absolute.is_relative_to(folder) else str(absolute)
