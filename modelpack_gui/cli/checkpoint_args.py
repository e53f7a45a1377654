"""The options that say which checkpoint to load, and how."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CAST_DTYPES, CheckpointSpec, ModelSource


def add_checkpoint_options(parser: argparse._ActionsContainer) -> None:
    """Those of `modelpack export`."""
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="PATH",
        help=".pt .pth .ckpt .bin .safetensors, or a folder or *.index.json of shards; loaded with weights_only",
    )
    parser.add_argument(
        "--checkpoint-key",
        metavar="KEY",
        help="where the state dict is in it, such as ema or state.model; see `modelpack checkpoint`",
    )
    parser.add_argument("--checkpoint-prefix", metavar="PREFIX", help="taken off the keys that have it, as module.")
    parser.add_argument("--checkpoint-dtype", choices=CAST_DTYPES, help="cast floating-point weights to it")
    parser.add_argument(
        "--no-strict", action="store_true", help="load the keys that fit; the rest stays as constructed"
    )


def with_checkpoint(source: ModelSource, given: dict[str, Any]) -> ModelSource:
    """The source with what the options say of its checkpoint.

    Raises:
        UserError: `checkpoint-not-named`, there is none that an option could be about.
    """
    names = {"checkpoint_key": "key", "checkpoint_prefix": "prefix", "checkpoint_dtype": "dtype"}
    changes: dict[str, Any] = {field: given[name] for name, field in names.items() if given.get(name) is not None}
    if given.get("no_strict"):
        changes["strict"] = False
    if given.get("checkpoint"):
        changes["path"] = str(given["checkpoint"].absolute())
    if not changes:
        return source
    if source.checkpoint is None and "path" not in changes:
        raise UserError(
            "checkpoint-not-named",
            "The options say how to load a checkpoint, and none is named.",
            "Name it with --checkpoint, or in the recipe.",
        )
    return dataclasses.replace(
        source, checkpoint=dataclasses.replace(source.checkpoint or CheckpointSpec(""), **changes)
    )
