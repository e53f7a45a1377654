"""Find the state dict in what a checkpoint holds: training scripts wrap it in various ways."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError

_USUAL_KEYS = ("state_dict", "model_state_dict", "model", "model_state", "net", "network", "weights")
_PREFIXES = ("module.", "model.", "_orig_mod.", "net.", "network.", "_orig_mod.module.", "module._orig_mod.")


def find_state_dict(content: Any, path: Path, context: Context) -> Mapping[str, Any]:
    """The mapping of keys to tensors in a loaded checkpoint; unwrapping is logged.

    Raises:
        UserError: `checkpoint-no-state-dict`, `checkpoint-ambiguous`.
    """
    if _is_state_dict(content):
        return content  # type: ignore[no-any-return]
    if not isinstance(content, Mapping):
        raise _none_in(path, f"an object of type {type(content).__name__}")
    nested = [str(key) for key, value in content.items() if _is_state_dict(value)]
    usual = [key for key in _USUAL_KEYS if key in nested]
    chosen = usual or nested
    if not chosen:
        keys = ", ".join(map(repr, list(content)[:8]))
        raise _none_in(path, f"a dict with the keys {keys}" if keys else "an empty dict")
    if len(chosen) > 1:
        raise UserError(
            "checkpoint-ambiguous",
            f"{path} holds several state dicts: {', '.join(chosen)}.",
            "Save the one that is meant to a file of its own with torch.save.",
        )
    context.log("info", f"{path.name}: the state dict is under the key {chosen[0]!r}.")
    found: Mapping[str, Any] = content[chosen[0]]
    return found


def strip_prefix(state: Mapping[str, Any], model_keys: set[str], context: Context) -> Mapping[str, Any]:
    """The state without a wrapper's prefix, such as `module.` of DataParallel, if that makes all keys match."""
    if set(state) == model_keys:
        return state
    for prefix in _PREFIXES:
        if all(key.startswith(prefix) for key in state) and {key[len(prefix) :] for key in state} == model_keys:
            context.log("info", f"The prefix {prefix!r} was taken off all {len(state)} keys of the checkpoint.")
            return {key[len(prefix) :]: value for key, value in state.items()}
    return state


def _is_state_dict(value: Any) -> bool:
    """Whether it maps names to tensors; a few other values (a step counter, extra state) are let pass."""
    import torch

    if not isinstance(value, Mapping) or not value or not all(isinstance(key, str) for key in value):
        return False
    tensors = sum(isinstance(item, torch.Tensor) for item in value.values())
    return tensors * 2 > len(value)


def _none_in(path: Path, what: str) -> UserError:
    return UserError(
        "checkpoint-no-state-dict",
        f"{path} holds {what}, in which there is no state dict.",
        "Save it with torch.save(model.state_dict(), path), or {'state_dict': model.state_dict(), ...}.",
    )
