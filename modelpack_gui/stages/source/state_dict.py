"""Find the state dicts in what a checkpoint holds: training scripts wrap them in various ways.

The same rules serve real content and its outline: what counts as a tensor is given by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.figures import listed, plural

IsTensor = Callable[[Any], bool]
StateDicts = dict[str, Mapping[str, Any]]

_OF_THE_MODEL = (
    "state_dict", "model_state_dict", "model", "model_state", "module", "net", "network", "weights", "params",
)  # fmt: skip
_WRAPPERS = ("state", "checkpoint")


def find_state_dicts(content: Any, is_tensor: IsTensor) -> StateDicts:
    """All state dicts by their key, which is empty if the content is one itself; down to one level deeper."""
    if _is_state_dict(content, is_tensor):
        return {"": content}
    found: StateDicts = {}
    for key, value in content.items() if isinstance(content, Mapping) else ():
        if not isinstance(key, str):
            continue
        if _is_state_dict(value, is_tensor):
            found[key] = value
        elif isinstance(value, Mapping):
            inner = {name: item for name, item in value.items() if isinstance(name, str)}
            found |= {f"{key}.{name}": item for name, item in inner.items() if _is_state_dict(item, is_tensor)}
    return found


def default_key(found: StateDicts) -> str | None:
    """The one to take when none is chosen: the only one, or the only one with a usual name of a model's weights.

    An average of the weights (`ema`) is never taken by itself beside the weights.
    """
    if len(found) == 1:
        return next(iter(found))
    top = [key for key in found if key in _OF_THE_MODEL]
    below = [key for key in found if _is_usual_below(key)]
    chosen = top or below
    return chosen[0] if len(chosen) == 1 else None


def choose_state_dict(content: Any, wanted: str, path: Path, is_tensor: IsTensor) -> tuple[str, Mapping[str, Any]]:
    """The key and the state dict under it.

    Args:
        wanted: Key that the user chose, or empty.

    Raises:
        UserError: `checkpoint-no-state-dict`, `checkpoint-ambiguous`, `checkpoint-key-missing`.
    """
    found = find_state_dicts(content, is_tensor)
    if wanted:
        chosen = found.get(wanted)
        if chosen is None:
            chosen = _at(content, wanted)
        if isinstance(chosen, Mapping) and any(is_tensor(item) for item in chosen.values()):
            return wanted, chosen
        raise _no_such_key(path, wanted, found, is_tensor)
    if not found:
        raise _none_in(path, content)
    key = default_key(found)
    if key is None:
        raise _ambiguous(path, found, is_tensor)
    return key, found[key]


def _is_state_dict(value: Any, is_tensor: IsTensor) -> bool:
    """Whether it maps names to tensors; a few other values (a step counter, extra state) are let pass."""
    if not isinstance(value, Mapping) or not value or not all(isinstance(key, str) for key in value):
        return False
    return sum(is_tensor(item) for item in value.values()) * 2 > len(value)


def _is_usual_below(key: str) -> bool:
    outer, dot, leaf = key.partition(".")
    return bool(dot) and outer in (*_WRAPPERS, *_OF_THE_MODEL) and leaf in _OF_THE_MODEL


def _at(content: Any, key: str) -> Any:
    """What is under a key with dots between; a name may have dots of its own."""
    if not isinstance(content, Mapping):
        return None
    if key in content:
        return content[key]
    parts = key.split(".")
    for length in range(len(parts) - 1, 0, -1):
        outer = ".".join(parts[:length])
        if outer in content:
            found = _at(content[outer], ".".join(parts[length:]))
            if found is not None:
                return found
    return None


def _key_fixes(found: StateDicts, is_tensor: IsTensor) -> tuple[Fix, ...]:
    fixes = []
    for key, state in found.items():
        tensors = sum(is_tensor(item) for item in state.values())
        what = f"{key!r}, {plural(tensors, 'tensor')}" if key else f"the whole file, {plural(tensors, 'tensor')}"
        first = f"Its first keys: {listed(list(state), 4)}."
        fixes.append(Fix(f"Load {what}", (RecipeEdit("source.checkpoint.key", key),), first))
    return tuple(fixes)


def _ambiguous(path: Path, found: StateDicts, is_tensor: IsTensor) -> UserError:
    names = ", ".join(found)
    explanation = Explanation(
        "checkpoint-ambiguous",
        "Several state dicts",
        f"{path.name} holds {len(found)} state dicts ({names}), and none of them is plainly the one of this model.",
        fixes=_key_fixes(found, is_tensor),
    )
    return UserError(
        "checkpoint-ambiguous",
        f"{path} holds several state dicts: {names}.",
        "Choose one of them: `key` of the checkpoint, --checkpoint-key on the command line.",
        explanation=explanation,
    )


def _no_such_key(path: Path, wanted: str, found: StateDicts, is_tensor: IsTensor) -> UserError:
    there = [key or "(the whole file)" for key in found]
    hint = f"It holds {listed(there)}; choose one." if found else "Choose another file, or take the key away."
    explanation = Explanation(
        "checkpoint-key-missing",
        "No state dict under this key",
        f"{path.name} has no state dict under {wanted!r}. {hint}",
        fixes=_key_fixes(found, is_tensor),
    )
    return UserError(
        "checkpoint-key-missing",
        f"{path} has no state dict under the key {wanted!r}.",
        hint,
        explanation=explanation if found else None,
    )


def _none_in(path: Path, content: Any) -> UserError:
    if not isinstance(content, Mapping):
        what = f"an object of type {type(content).__name__}"
    else:
        keys = ", ".join(map(repr, list(content)[:8]))
        what = f"a dict with the keys {keys}" if keys else "an empty dict"
    return UserError(
        "checkpoint-no-state-dict",
        f"{path} holds {what}, in which there is no state dict.",
        "Save it with torch.save(model.state_dict(), path), or {'state_dict': model.state_dict(), ...}.",
    )
