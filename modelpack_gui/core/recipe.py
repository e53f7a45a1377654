"""The saved description of a run. Its TOML file has one table for each field here.

```toml
schema_version = 1

[source]
file = "shapes.py"          # or module = "package.module"
name = "ShapesNet"
checkpoint = { path = "shapes.pt" }
arguments = { num_classes = 5 }

[[inputs]]
name = "image"
shape = [2, 3, 32, 32]

[export]
output_path = "build/shapes.onnx"
dynamic = [{ input = "image", axis = 0, name = "batch" }]
```

Paths are relative to the folder of the recipe. Reading and writing the file is the client's work; here are the
record and its rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import (
    BenchSpec,
    ExportSpec,
    InputSet,
    InputSpec,
    ModelSource,
    ParitySpec,
    QuantizeSpec,
    SweepSpec,
)

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class InterpreterSpec:
    """The Python that runs the stages: path of its executable, or empty for the app's own."""

    path: str = ""


@dataclass(frozen=True)
class Recipe:
    """Everything a run needs. The window edits it, the command line runs it.

    Attributes:
        quantize: None: quantising is no part of running all stages.
    """

    schema_version: int = SCHEMA_VERSION
    source: ModelSource = field(default_factory=ModelSource)
    interpreter: InterpreterSpec = field(default_factory=InterpreterSpec)
    inputs: tuple[InputSpec, ...] = ()
    input_sets: tuple[InputSet, ...] = ()
    export: ExportSpec = field(default_factory=ExportSpec)
    parity: ParitySpec = field(default_factory=ParitySpec)
    quantize: QuantizeSpec | None = None
    bench: BenchSpec = field(default_factory=BenchSpec)
    sweep: SweepSpec = field(default_factory=SweepSpec)


def from_data(data: Mapping[str, Any], where: str) -> Recipe:
    """Read a parsed TOML file.

    Args:
        data: Its tables.
        where: Name of the file, for errors.

    Raises:
        UserError: `recipe-newer`, `recipe-not-valid`.
    """
    version = data.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UserError(
            "recipe-newer",
            f"{where} has schema_version {version}; this version of modelpack-gui reads up to {SCHEMA_VERSION}.",
            "Update modelpack-gui, or set schema_version to a version it reads if you wrote the file yourself.",
        )
    try:
        recipe = serde.decode(Recipe, _with_whole_runners(data))
    except serde.DecodeError as error:
        raise _invalid(where, error.path, error.problem) from None
    for path, number in _numbers(data):  # what is nested too deeply for this was refused above
        if not -_WHOLE <= number < _WHOLE:
            raise _invalid(where, path, "is larger than the whole numbers of TOML")
    if "schema_version" not in data:
        raise _invalid(where, "schema_version", f"is missing; write schema_version = {SCHEMA_VERSION}")
    check_values(recipe, where)
    return recipe


def to_data(recipe: Recipe) -> dict[str, Any]:
    """The tables of a recipe, fit for TOML: what is None or empty is left out, for TOML has no null."""
    data = serde.encode(recipe)
    data["source"]["arguments"] = _plain(recipe.source.arguments)  # TOML has inf and nan, unlike JSON
    pruned = _prune(data)
    assert isinstance(pruned, dict)
    for table in _HAVE_RUNNERS:
        runners = pruned.get(table, {}).get("runners", ())
        if runners:
            pruned[table]["runners"] = [one["runner"] if list(one) == ["runner"] else one for one in runners]
    return pruned


_WHOLE = 2**63
"""TOML's whole numbers have 64 bits; Python's parser takes any."""
_HAVE_RUNNERS = ("bench", "sweep")


def _with_whole_runners(data: Mapping[str, Any]) -> dict[str, Any]:
    """A runner without options is written as its identifier alone; here it is a table again."""
    whole = dict(data)
    for table in _HAVE_RUNNERS:
        settings = whole.get(table)
        if isinstance(settings, Mapping) and isinstance(settings.get("runners"), list):
            runners = [{"runner": one} if isinstance(one, str) else one for one in settings["runners"]]
            whole[table] = {**settings, "runners": runners}
    return whole


_NOTHING: tuple[Any, ...] = (None, "", [], {})
_ALWAYS_WRITTEN = ("name", "shape")  # an example input without axes is a scalar, not one without a shape


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _prune(data: Any, path: str = "") -> Any:
    if path == "source.arguments":  # the user's own values: an empty list there means an empty list
        return {key: value for key, value in data.items() if value is not None}
    if isinstance(data, dict):
        items = {key: _prune(value, f"{path}.{key}" if path else key) for key, value in data.items()}
        kept: tuple[str, ...] = _ALWAYS_WRITTEN
        if path.endswith("inputs[]"):  # an empty text is a value too, and an empty dtype is that of the file
            kept = (*kept, *(key for key in ("value", "dtype") if items.get(key) == ""))
        return {key: value for key, value in items.items() if key in kept or value not in _NOTHING}
    if isinstance(data, list):
        return [_prune(item, f"{path}[]") for item in data]
    return data


def check_values(recipe: Recipe, where: str) -> None:
    """Check what the types alone do not say; `where` names the recipe in the error.

    Raises:
        UserError: `recipe-not-valid`.
    """
    if recipe.schema_version < 1:
        raise _invalid(where, "schema_version", f"is {recipe.schema_version}; the first one was 1")
    if recipe.source.file and recipe.source.module:
        raise _invalid(where, "source", "has both file and module; give one of them")
    for path, text in _paths(recipe):
        if "\0" in text:
            raise _invalid(where, path, "holds a null character, which no path can")
    for name, value in recipe.source.arguments.items():
        try:
            serde.encode(value)
        except TypeError:  # TOML also has dates and times
            what = type(value).__name__
            raise _invalid(where, f"source.arguments.{name}", f"holds a {what}, which no argument can be") from None
    for place, inputs in _all_inputs(recipe):
        _check_inputs(inputs, place, where)
    for table, runners in (("bench", recipe.bench.runners), ("sweep", recipe.sweep.runners)):
        keys = [one.key for one in runners]
        if len(set(keys)) != len(keys):
            raise _invalid(where, f"{table}.runners", "two of them are the same runner with the same options")
    names = [item.name for item in recipe.inputs]
    if len(set(names)) != len(names):
        raise _invalid(where, "inputs", "two of them have the same name")
    sets = [item.name for item in recipe.input_sets]
    if len(set(sets)) != len(sets) or "" in sets:
        raise _invalid(where, "input_sets", "one of them has no name of its own")
    for i, item in enumerate(recipe.input_sets):
        if [spec.name for spec in item.inputs] != names:
            raise _invalid(where, f"input_sets[{i}].inputs", f"are not those of inputs: {', '.join(names) or 'none'}")
    allowed = {
        "parity.rtol": 0 <= recipe.parity.rtol < math.inf,  # with an infinite one everything would pass
        "parity.atol": 0 <= recipe.parity.atol < math.inf,
        "parity.low_precision": all(
            0 <= end < math.inf for pair in recipe.parity.low_precision.values() for end in pair
        ),
        "parity.sizes": all(size > 0 for size in recipe.parity.sizes),
        "bench.iterations": recipe.bench.iterations > 0,
        "bench.warmup_runs": recipe.bench.warmup_runs >= 0,
        "bench.block_runs": recipe.bench.block_runs > 0,
        "bench.threads": recipe.bench.threads is None or recipe.bench.threads > 0,
        "bench.precision": recipe.bench.precision is None or 0 < recipe.bench.precision < 1,
        "bench.time_budget_s": recipe.bench.time_budget_s is None or 0 < recipe.bench.time_budget_s < math.inf,
        "bench.batch_size": recipe.bench.batch_size is None or recipe.bench.batch_size > 0,
        "bench.callers": all(callers > 0 for callers in recipe.bench.callers),
        "bench.rates_per_s": all(0 < rate < math.inf for rate in recipe.bench.rates_per_s),
        "bench.load_s": 0 < recipe.bench.load_s < math.inf,
        "bench.pin_cpus": all(cpu >= 0 for cpu in recipe.bench.pin_cpus),
        "sweep.threads": all(threads > 0 for threads in recipe.sweep.threads),
        "sweep.batch_sizes": all(size > 0 for size in recipe.sweep.batch_sizes),
        "sweep.iterations": recipe.sweep.iterations > 0,
        "sweep.warmup_runs": recipe.sweep.warmup_runs >= 0,
        "quantize.calibration.samples": recipe.quantize is None or recipe.quantize.calibration.samples > 0,
        "quantize.calibration.held_out": recipe.quantize is None or 0 <= recipe.quantize.calibration.held_out < 1,
        "quantize.percentile": recipe.quantize is None or 0 < recipe.quantize.percentile <= 100,
    }
    for path, is_valid in allowed.items():
        if not is_valid:
            raise _invalid(where, path, "is out of range")


def _all_inputs(recipe: Recipe) -> Iterator[tuple[str, tuple[InputSpec, ...]]]:
    yield "inputs", recipe.inputs
    for i, item in enumerate(recipe.input_sets):
        yield f"input_sets[{i}].inputs", item.inputs


def _check_inputs(inputs: tuple[InputSpec, ...], place: str, where: str) -> None:
    for i, spec in enumerate(inputs):
        if any(size < 0 for size in spec.shape):
            raise _invalid(where, f"{place}[{i}].shape", f"{list(spec.shape)} has a negative size")
        if spec.value is not None and not isinstance(spec.value, (bool, int, float, str)):
            raise _invalid(where, f"{place}[{i}].value", "is no number, text, true or false")
        if spec.value is not None and not spec.is_value:
            raise _invalid(where, f"{place}[{i}].value", "is given for a tensor; is_value = true makes it one")
        if "\0" in spec.file:
            raise _invalid(where, f"{place}[{i}].file", "holds a null character, which no path can")


def _paths(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Key and text of each path but those of inputs."""
    checkpoint, quantize = recipe.source.checkpoint, recipe.quantize
    yield "source.file", recipe.source.file
    yield "source.checkpoint.path", checkpoint.path if checkpoint else ""
    yield "interpreter.path", recipe.interpreter.path
    yield "export.output_path", recipe.export.output_path
    yield "parity.expected_artifact", recipe.parity.expected_artifact
    yield "parity.actual_artifact", recipe.parity.actual_artifact
    yield "quantize.output_path", quantize.output_path if quantize else ""
    yield "quantize.calibration.path", quantize.calibration.path if quantize else ""
    for table, runners in (("bench", recipe.bench.runners), ("sweep", recipe.sweep.runners)):
        yield from ((f"{table}.runners[{i}].artifact", runner.artifact) for i, runner in enumerate(runners))
    yield from ((f"sweep.artifacts[{i}]", path) for i, path in enumerate(recipe.sweep.artifacts))


def _numbers(data: Any, path: str = "") -> Iterator[tuple[str, int]]:
    """Key and value of each whole number."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _numbers(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list):
        for i, item in enumerate(data):
            yield from _numbers(item, f"{path}[{i}]")
    elif isinstance(data, int):
        yield path, data


def _invalid(where: str, path: str, problem: str) -> UserError:
    at = f"{where}: {path} {problem}" if path else f"{where}: {problem}"
    return UserError(
        "recipe-not-valid",
        at if at.endswith("?") else f"{at}.",
        "Correct the file at that key; the README lists all keys.",
    )
