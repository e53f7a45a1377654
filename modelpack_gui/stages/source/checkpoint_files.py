"""Which files a checkpoint is made of, and what kind they are: decided by what is in them, not by their names."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.figures import listed, plural
from modelpack_gui.core.locations import is_device, is_file, is_folder, read_whole
from modelpack_gui.core.saved_models import ZIP_DAMAGE

_MOST_INDEX_BYTES = 256 << 20
INDEX_SUFFIX = ".index.json"
SAVE_HINT = "Save it again with torch.save(model.state_dict(), path)."
_COPY_HINT = "Copy or download it again and compare its size with the original's."
_IN_FOLDERS = ("model.safetensors", "pytorch_model.bin")
"""What a folder of Hugging Face's transformers or diffusers holds where there are no shards."""

Format = Literal["torch", "torch_old", "safetensors"]


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of one checkpoint, all there and of one kind.

    Attributes:
        path: Of the index where there are shards.
        files: The shards, in the order of their names; else the file itself.
        key_files: The file that the index gives for each key; empty without an index.
    """

    path: Path
    format: Format
    files: tuple[Path, ...]
    size_bytes: int
    key_files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def is_sharded(self) -> bool:
        """Whether an index leads to the files."""
        return bool(self.key_files)


def find_files(path: Path, given: str) -> CheckpointFiles:
    """Find the files of a checkpoint: a file, the index of shards, or a folder with one of them.

    Args:
        path: Absolute.
        given: As the recipe spells it, for fixes.

    Raises:
        UserError: `checkpoint-missing`, `checkpoint-is-folder`, `checkpoint-empty`, `checkpoint-unreadable`,
            `checkpoint-truncated`, `checkpoint-not-valid`, `checkpoint-torchscript`, `checkpoint-exported-program`,
            `checkpoint-index-not-valid`, `checkpoint-shard-missing`.
    """
    if is_folder(path):
        path = _in_folder(path)
    if path.name.endswith(".json"):
        return _sharded(path, given)
    size_bytes = _check_file(path)
    return CheckpointFiles(path, _format(path, given), (path,), size_bytes)


def truncated(path: Path, details: str) -> UserError:
    """The error for a file that ends too early."""
    return UserError("checkpoint-truncated", f"The checkpoint {path} is cut short or damaged.", _COPY_HINT, details)


def not_valid(path: Path, what: str, details: str = "") -> UserError:
    """The error for a file that is something else; `what` goes on after its name."""
    return UserError("checkpoint-not-valid", f"{path} {what}.", f"Choose another file. {SAVE_HINT}", details)


def is_a_model(code: str, path: Path, given: str, what: str, hint: str, details: str = "") -> UserError:
    """The error for a file that is a whole model, which needs no class: the fix makes it the source.

    Args:
        what: It is, such as `a TorchScript archive`.
        hint: What else can be done.
    """
    edits = (
        RecipeEdit("source.file", given),
        RecipeEdit("source.module", ""),
        RecipeEdit("source.name", ""),
        RecipeEdit("source.arguments", {}),
        RecipeEdit("source.checkpoint", None),
    )
    details_of_fix = f"The class and its arguments are left out: {path.name} has both the code and the weights."
    explanation = Explanation(
        code,
        "The file is a model, not a checkpoint",
        f"{path.name} is {what}. A checkpoint has the weights of a model alone, by name.",
        fixes=(Fix(f"Open {path.name} as the model itself", edits, details_of_fix), Fix(hint)),
    )
    return UserError(code, f"{path} is {what}, not a state_dict.", hint, details, explanation)


def _in_folder(folder: Path) -> Path:
    indexes = sorted(folder.glob(f"*{INDEX_SUFFIX}"), key=lambda path: (not _names_safetensors(path), path.name))
    if indexes:
        return indexes[0]
    for name in _IN_FOLDERS:
        if is_file(folder / name):
            return folder / name
    raise UserError(
        "checkpoint-is-folder",
        f"The checkpoint {folder} is a folder without an index of shards (*{INDEX_SUFFIX}).",
        "Choose a file in it.",
    )


def _names_safetensors(path: Path) -> bool:
    return path.name.endswith(f".safetensors{INDEX_SUFFIX}")


def _check_file(path: Path) -> int:
    if is_device(path):
        raise UserError(
            "checkpoint-unreadable", f"The checkpoint {path} is a pipe or a device, not a file.", "Choose a file."
        )
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(64)
    except FileNotFoundError as error:
        raise UserError(
            "checkpoint-missing",
            f"There is no checkpoint {path}.",
            "Check the path; it is relative to the recipe's folder.",
        ) from error
    except OSError as error:
        raise UserError(
            "checkpoint-unreadable",
            f"The checkpoint {path} cannot be read: {error.strerror or error}.",
            "Check its permissions.",
        ) from error
    if not head:
        raise UserError("checkpoint-empty", f"The checkpoint {path} is empty (0 bytes).", _COPY_HINT)
    if head.startswith(b"version https://git-lfs"):
        raise UserError(
            "checkpoint-not-valid",
            f"{path} is a Git LFS pointer, not the checkpoint itself.",
            "Run `git lfs pull` in its repository.",
        )
    return size_bytes


def _format(path: Path, given: str) -> Format:
    if path.suffix == ".safetensors":
        return "safetensors"
    with path.open("rb") as stream:
        head = stream.read(4)
    if head[:2] == b"PK":
        _check_archive(path, given)
        return "torch"
    if head[:1] != b"\x80":
        raise not_valid(path, "is not a checkpoint: neither an archive of torch.save nor a pickle")
    return "torch_old"


def _check_archive(path: Path, given: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except ZIP_DAMAGE as error:
        raise truncated(path, str(error)) from error
    leaves = {name.rpartition("/")[2] for name in names}
    hint = "Or save the state_dict of the model it was made from: torch.save(model.state_dict(), path)."
    if "constants.pkl" in leaves:
        raise is_a_model("checkpoint-torchscript", path, given, "a TorchScript archive", hint)
    if "archive_format" in leaves:
        raise is_a_model("checkpoint-exported-program", path, given, "an exported program (.pt2)", hint)
    if "data.pkl" not in leaves:
        raise not_valid(path, "is a zip archive, but not one that torch.save wrote")


def _sharded(index: Path, given: str) -> CheckpointFiles:
    _check_file(index)
    weight_map = _weight_map(index)
    names = sorted(set(weight_map.values()))
    for name in names:
        is_below = not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
        if not is_below or not name:
            raise _bad_index(index, f"names the shard {name!r}, which is not in its folder")
    shards = {name: index.parent / name for name in names}
    missing = [name for name, path in shards.items() if not is_file(path)]
    if missing:
        raise UserError(
            "checkpoint-shard-missing",
            f"Of the {plural(len(names), 'shard')} that {index} names, {len(missing)} cannot be found in its folder:"
            f" {listed(missing)}.",
            "Download or copy them beside the index, with the names that they have in it.",
            "\n".join(missing),
        )
    sizes = [_check_file(path) for path in shards.values()]
    formats = {_format(path, given) for path in shards.values()}
    if len(formats) > 1:
        raise _bad_index(index, f"leads to files of several kinds ({', '.join(sorted(formats))})")
    return CheckpointFiles(
        index,
        formats.pop(),
        tuple(shards.values()),
        sum(sizes) + index.stat().st_size,
        {key: shards[name] for key, name in weight_map.items()},
    )


def _weight_map(index: Path) -> dict[str, str]:
    try:
        data: Any = serde.loads(read_whole(index, _MOST_INDEX_BYTES))
    except ValueError as error:
        raise _bad_index(index, f"is not valid JSON ({error})") from error
    except OSError as error:
        raise _bad_index(index, f"cannot be read ({error.strerror or error})") from error
    found = data.get("weight_map") if isinstance(data, dict) else None
    if not isinstance(found, dict) or not found:
        raise _bad_index(index, "has no weight_map, which says in which file each key is")
    if not all(isinstance(name, str) for name in found.values()):
        raise _bad_index(index, "has a weight_map with something else than file names in it")
    return found


def _bad_index(index: Path, problem: str) -> UserError:
    return UserError(
        "checkpoint-index-not-valid",
        f"The index {index} {problem}.",
        "Choose the *.index.json that was saved with the shards, or one file with all weights.",
    )
