"""The options of `modelpack parity`, and what they change in a recipe."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from modelpack_gui.core.parity.runtimes import LEVELS, RUNTIMES
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import Regime, RuntimeChoice

_FIELDS = {
    "rtol": "rtol",
    "atol": "atol",
    "sizes": "sizes",
    "seeds": "seeds",
    "sweep": "sweep",
    "regimes": "regimes",
    "time_budget": "time_budget_s",
    "max_noise_ratio": "max_noise_ratio",
    "nan_equal": "nan_equal",
}


def parse_regimes(text: str) -> tuple[Regime, ...]:
    """`normal,large`."""
    known = {regime.value: regime for regime in Regime}
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or repr(text)} is not among {', '.join(known)}")
    return tuple(known[word] for word in words)


def parse_runtime(text: str) -> RuntimeChoice:
    """`onnxruntime`, or with a level of optimisation `onnxruntime:off`."""
    name, separator, level = text.partition(":")
    known = [kind.id for kind in RUNTIMES]
    if name and name not in known:
        raise argparse.ArgumentTypeError(f"{name!r} is not among {', '.join(known)}")
    if separator and level not in LEVELS:
        raise argparse.ArgumentTypeError(f"{level!r} is not among {', '.join(LEVELS)}")
    return RuntimeChoice(name, level or RuntimeChoice.optimization)


def with_parity(recipe: Recipe, given: dict[str, Any]) -> Recipe:
    """The recipe with the options that were given; paths start from the current folder."""
    changed = {field: given[key] for key, field in _FIELDS.items() if given.get(key) is not None}
    runtime = recipe.parity.runtime
    if given.get("runtime") is not None:
        runtime = given["runtime"]
    if given.get("optimization") is not None:
        runtime = dataclasses.replace(runtime, optimization=given["optimization"])
    changed["runtime"] = runtime
    expected: Path | None = given.get("expected_artifact")
    if expected is not None:
        changed["expected_artifact"] = str(expected.absolute())
    if given.get("expected_runtime") is not None:
        changed["expected_runtime"] = given["expected_runtime"]
    return dataclasses.replace(recipe, parity=dataclasses.replace(recipe.parity, **changed))
