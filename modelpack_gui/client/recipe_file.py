"""Read and write recipe files (TOML), and keep the paths in them right when a recipe moves."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

from modelpack_gui.client.files import write_text
from modelpack_gui.core import recipe as recipes
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_device, is_folder, read_whole
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import InputSpec, RunnerSpec

_MOST_BYTES = 16 << 20  # no recipe comes near it; the window must not read a disk image


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises:
        UserError: `recipe-missing`, `recipe-is-folder`, `recipe-not-readable`, `recipe-not-utf8`,
            `recipe-not-toml`, `recipe-newer`, `recipe-not-valid`.
    """
    import tomllib  # when it is needed: the window opens sooner

    text = _read(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not valid TOML: {error}."
        hint = "Correct the file at that line; strings need quotes, and tables start with [name]."
        raise UserError("recipe-not-toml", message, hint) from None
    except RecursionError:
        message = f"{path} is nested too deeply to be read: lists in lists, or tables in tables."
        raise UserError("recipe-not-toml", message, "Choose another file: no recipe is like that.") from None
    return recipes.from_data(data, str(path))


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe file. Of an existing recipe, the comments and the order of keys are kept.

    Raises:
        UserError: `recipe-not-toml-value`, `file-is-folder`, `disk-full`, `file-not-writable`.
    """
    write_text(path, _updated_text(recipe, path) or recipe_text(recipe))


def recipe_text(recipe: Recipe) -> str:
    """The recipe as a new TOML file, with every setting spelled out.

    Raises:
        UserError: `recipe-not-toml-value`.
    """
    import tomlkit  # only writing needs it: the window opens sooner

    from modelpack_gui.client.toml_update import fresh_document

    return tomlkit.dumps(fresh_document(recipe))


def relative_to_recipe(path: str, base: Path) -> str:
    """A path as a recipe in the folder `base` spells it: relative with forward slashes if below it, else as it is."""
    if not path or not Path(path).is_absolute():
        return path.replace("\\", "/") if os.name == "nt" else path
    # Links are not followed: a link in the recipe's folder is what its owner means to be used.
    below, folder = Path(os.path.normpath(path)), Path(os.path.abspath(base))  # noqa: PTH100 (resolve() follows links)
    return below.relative_to(folder).as_posix() if below.is_relative_to(folder) else path


def moved(recipe: Recipe, old_base: Path, new_base: Path) -> Recipe:
    """The same recipe for another folder: its relative paths still lead to the same files."""

    def move(path: str) -> str:
        if not path or path.startswith("~") or Path(path).is_absolute():
            return path
        return relative_to_recipe(os.path.abspath(old_base / path), new_base)  # noqa: PTH100 (resolve() follows links)

    return _with_paths(recipe, move)


def with_relative_paths(recipe: Recipe, base: Path) -> Recipe:
    """The same recipe with its paths as a recipe in the folder `base` spells them; see `relative_to_recipe`."""
    return _with_paths(recipe, lambda path: relative_to_recipe(path, base))


def _with_paths(recipe: Recipe, change: Callable[[str], str]) -> Recipe:
    checkpoint = recipe.source.checkpoint
    if checkpoint is not None:
        checkpoint = dataclasses.replace(checkpoint, path=change(checkpoint.path))
    interpreter = recipe.interpreter
    if Path(interpreter.path).name != interpreter.path:  # a bare name (`python3.11`) is looked up on PATH
        interpreter = dataclasses.replace(interpreter, path=change(interpreter.path))

    def with_files(inputs: tuple[InputSpec, ...]) -> tuple[InputSpec, ...]:
        return tuple(dataclasses.replace(item, file=change(item.file)) if item.file else item for item in inputs)

    def with_artifact(spec: RunnerSpec) -> RunnerSpec:
        return dataclasses.replace(spec, artifact=change(spec.artifact)) if spec.artifact else spec

    parity, quantize, bench, sweep = recipe.parity, recipe.quantize, recipe.bench, recipe.sweep
    if quantize is not None:
        calibration = dataclasses.replace(quantize.calibration, path=change(quantize.calibration.path))
        quantize = dataclasses.replace(quantize, calibration=calibration, output_path=change(quantize.output_path))
    moved_keys = {spec.key: with_artifact(spec).key for spec in bench.runners}
    return dataclasses.replace(
        recipe,
        inputs=with_files(recipe.inputs),
        input_sets=tuple(dataclasses.replace(one, inputs=with_files(one.inputs)) for one in recipe.input_sets),
        source=dataclasses.replace(recipe.source, file=change(recipe.source.file), checkpoint=checkpoint),
        interpreter=interpreter,
        export=dataclasses.replace(recipe.export, output_path=change(recipe.export.output_path)),
        parity=dataclasses.replace(
            parity,
            expected_artifact=change(parity.expected_artifact),
            actual_artifact=change(parity.actual_artifact),
        ),
        quantize=quantize,
        bench=dataclasses.replace(
            bench,
            runners=tuple(map(with_artifact, bench.runners)),
            baseline=moved_keys.get(bench.baseline, bench.baseline),
        ),
        sweep=dataclasses.replace(
            sweep,
            runners=tuple(map(with_artifact, sweep.runners)),
            artifacts=tuple(map(change, sweep.artifacts)),
        ),
    )


def _read(path: Path) -> str:
    if is_folder(path):
        hint = "Name the recipe file itself, such as recipe.toml in that folder."
        raise UserError("recipe-is-folder", f"{path} is a folder, not a recipe file.", hint)
    if is_device(path):
        message = f"{path} is a pipe or a device, not a recipe file."
        raise UserError("recipe-not-readable", message, "Choose a file.")
    try:
        # utf-8-sig: some Windows editors begin a file with a byte order mark, which TOML does not know.
        return read_whole(path, _MOST_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        hint = "Check the name and the current folder; `modelpack gui --demo` opens a recipe that works."
        raise UserError("recipe-missing", f"There is no recipe file {path}.", hint) from None
    except OSError as error:
        message = f"{path} could not be read: {error.strerror or error}."
        raise UserError("recipe-not-readable", message, "Check the permissions of the file.") from error
    except UnicodeDecodeError as error:
        message = f"{path} is not a text file in UTF-8 (byte {error.start} does not fit)."
        hint = "Recipes are TOML text. If it is one, save it again with the encoding UTF-8."
        raise UserError("recipe-not-utf8", message, hint) from None


def _updated_text(recipe: Recipe, path: Path) -> str:
    """The existing file's text with the recipe's values in it; empty if there is no recipe there to update."""
    import tomlkit
    import tomlkit.exceptions
    import tomllib  # as above

    from modelpack_gui.client.toml_update import update_document

    try:
        before = read_whole(path, _MOST_BYTES).decode("utf-8-sig")
        document = tomlkit.parse(before)
    except (OSError, UnicodeDecodeError, RecursionError, tomlkit.exceptions.ParseError):
        return ""
    if not set(document) <= {field.name for field in dataclasses.fields(Recipe)}:
        return ""  # some other TOML file, which the user chose to overwrite
    update_document(document, recipe)
    text = tomlkit.dumps(document)
    if text.endswith("\n\n") and not before.endswith("\n\n"):
        text = text[:-1]
    try:
        is_same = recipes.from_data(tomllib.loads(text), str(path)) == recipe
    except (tomllib.TOMLDecodeError, UserError):
        is_same = False
    return text if is_same else ""  # a layout we cannot edit in place: the values matter more than the comments
