"""A recipe from a file, from the parts named on the command line, or from both."""

from __future__ import annotations

import argparse
import ast
import dataclasses
from pathlib import Path
from typing import Any

from modelpack_gui.cli.checkpoint_args import with_checkpoint
from modelpack_gui.cli.export_args import with_export
from modelpack_gui.cli.parity_args import with_parity
from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import InterpreterSpec, Recipe, check_values
from modelpack_gui.core.records import DynamicDim, ModelSource, module_and_name
from modelpack_gui.core.saved_models import kind_of_file


def recipe_of(arguments: argparse.Namespace, *, needs_source: bool = True) -> tuple[Recipe, Path]:
    """The recipe that the arguments describe, and the folder that its relative paths start from.

    Paths given on the command line start from the current folder.

    Args:
        needs_source: Whether the command runs the model, so that the recipe must name one.

    Raises:
        UserError: The recipe file is not valid (see `client.recipe_file`), `recipe-not-valid`, `source-not-named`.
    """
    given = vars(arguments)
    path: Path | None = given.get("recipe")
    recipe = _recipe_at(path) if path else Recipe()
    base = path.absolute().parent if path else Path.cwd()
    recipe = _with_source(recipe, given)
    recipe = with_export(recipe, given)
    recipe = _with_rest(recipe, given)
    if needs_source:
        _check_source(recipe, path)
    check_values(recipe, str(path) if path else "command line")
    return recipe, base


def _recipe_at(path: Path) -> Recipe:
    """The recipe in a file; a saved model in its place stands for a recipe with it as the source."""
    if path.suffix != ".toml" and kind_of_file(path).is_model:
        return Recipe(source=ModelSource(file=path.name))
    return load_recipe(path)


def _check_source(recipe: Recipe, path: Path | None) -> None:
    if not recipe.source.location:
        message = f"{path} names no model." if path else "Neither a recipe nor a model is named."
        hint = "Add file (or module) and name below [source] in the recipe, or give --file and --name to `export`."
        raise UserError("source-not-named", message, hint if path else "Name a recipe file, or --file and --name.")
    if not recipe.source.name and not recipe.source.is_saved_model:
        message = f"No class or factory of {recipe.source.location} is named."
        raise UserError("source-not-named", message, 'Add name = "..." below [source] in the recipe, or --name.')


def interpreter_path(text: str) -> str:
    """An interpreter named on the command line: absolute, or a bare name that is looked up on PATH."""
    return text if Path(text).name == text else str(Path(text).absolute())


def parse_argument(text: str) -> tuple[str, Any]:
    """`key=value`: the value as Python spells it (numbers, True, None, lists, quoted strings), else as plain text."""
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value")
    words = {"true": True, "false": False, "null": None}
    if value.lower() in words:
        return key, words[value.lower()]
    try:
        parsed = ast.literal_eval(value)
        encoded = serde.encode(parsed)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return key, value
    return key, parsed if isinstance(parsed, float) else encoded


def parse_dynamic(text: str) -> DynamicDim:
    """`input:axis=name[:min:max[:multiple]]`; an empty bound is left to the exporter."""
    place, separator, rest = text.partition("=")
    name_of_input, colon, axis = place.rpartition(":")
    parts = rest.split(":")
    if not separator or not colon or not name_of_input or not parts[0] or len(parts) > 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form input:axis=name or input:axis=name:min:max")
    try:
        bounds = [int(part) if part else None for part in parts[1:]]
        low, high, multiple = (*bounds, None, None, None)[:3]
        return DynamicDim(name_of_input, int(axis), parts[0], low, high, multiple)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} has an axis or a bound that is not a whole number") from None


def check_options(recipe: Recipe) -> None:
    """Check what options made of a recipe whose file is right.

    Raises:
        UserError: `recipe-not-valid`: a value is out of range.
    """
    try:
        check_values(recipe, "command line")
    except UserError as error:
        raise UserError(
            error.info.code, error.info.message, "Correct the option that sets it; --help tells them all."
        ) from None


def parse_numbers(text: str) -> tuple[int, ...]:
    """`1,2,3`."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 1,2,3") from None


def parse_words(text: str) -> tuple[str, ...]:
    """`a,b,c`."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _with_source(recipe: Recipe, given: dict[str, Any]) -> Recipe:
    source = recipe.source
    if given.get("file"):
        source = dataclasses.replace(source, file=str(given["file"].absolute()), module="")
    if given.get("module"):
        module, name = module_and_name(given["module"])
        source = dataclasses.replace(source, module=module, file="", name=name or source.name)
    if given.get("name"):
        source = dataclasses.replace(source, name=given["name"])
    if given.get("arg"):
        source = dataclasses.replace(source, arguments={**source.arguments, **dict(given["arg"])})
    source = with_checkpoint(source, given)
    inputs = tuple(given["input"]) if given.get("input") else recipe.inputs
    return dataclasses.replace(recipe, source=source, inputs=inputs)


def _with_rest(recipe: Recipe, given: dict[str, Any]) -> Recipe:
    recipe = with_parity(recipe, given)
    if isinstance(given.get("threads"), int):
        recipe = dataclasses.replace(recipe, bench=dataclasses.replace(recipe.bench, threads=given["threads"]))
    if given.get("interpreter"):
        recipe = dataclasses.replace(recipe, interpreter=InterpreterSpec(interpreter_path(given["interpreter"])))
    return recipe
