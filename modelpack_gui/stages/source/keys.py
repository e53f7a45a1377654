"""A checkpoint's keys against a model's, and the loading of those that fit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.records import CAST_DTYPES, CheckpointSpec, KeyReport, ShapeMismatch
from modelpack_gui.stages.source.checkpoint import Checkpoint
from modelpack_gui.stages.source.copying import cast_floats, load_copied
from modelpack_gui.stages.source.key_errors import faults_of, keys_error
from modelpack_gui.stages.source.near_miss import suggestions
from modelpack_gui.stages.source.prefixes import best_prefix, usual_prefix, without_prefix
from modelpack_gui.stages.source.usercode import guarded

if TYPE_CHECKING:
    import torch

_LOGGED = 8


def load_state(module: torch.nn.Module, checkpoint: Checkpoint, spec: CheckpointSpec, context: Context) -> KeyReport:
    """Load a checkpoint into a model, in place. Not strict, what does not fit is left as constructed.

    Which keys are missing or unexpected is what the model's own `load_state_dict` says, so hooks that rename or
    fill in keys are respected.

    Raises:
        UserError: `checkpoint-keys` if strict and not every key fits; `checkpoint-load-failed`, `checkpoint-dtype`.
        JobCancelled: The user asked to stop.
    """
    if spec.dtype:
        cast_floats(module, _dtype(spec.dtype))  # before the copy: a float64 file keeps its digits in a float64 model
    own = module.state_dict(keep_vars=True)
    shared = _shared(own)
    prefix = spec.prefix or _prefix_of_all(checkpoint.state, own, shared)
    state = without_prefix(checkpoint.state, prefix) if prefix else checkpoint.state
    if not any(key.startswith(prefix) for key in checkpoint.state):
        prefix = ""
    if prefix:
        context.log("info", f"The prefix {prefix!r} was taken off the checkpoint's keys.")
    misfits, fitting = _split(own, state)
    _keep_metadata(checkpoint.state, fitting, prefix)
    hint = "The checkpoint may be of another version of this model; the traceback shows what refused it."
    with guarded("checkpoint-load-failed", f"loading {checkpoint.path.name} into {type(module).__name__}", hint):
        missing, unexpected = load_copied(module, fitting, checkpoint.files, context)
    misfit_keys = {misfit.key for misfit in misfits}
    foreign = [key for key in state if key not in fitting and key not in misfit_keys]
    tied = [key for key in missing if key not in misfit_keys and shared.get(key, set()) & set(fitting)]
    report = KeyReport(
        matched=len(fitting) - len(unexpected),
        missing=tuple(key for key in missing if key not in misfit_keys and key not in tied),
        unexpected=(*unexpected, *foreign),
        mismatched=tuple(misfits),
        tied=tuple(tied),
        key=checkpoint.key,
        prefix=prefix,
        dtype=spec.dtype,
    )
    return _judge(report, module, checkpoint, spec, own, context)


def _dtype(name: str) -> torch.dtype:
    import torch

    if name not in CAST_DTYPES:
        fixes = tuple(
            Fix(f"Cast to {dtype}", (RecipeEdit("source.checkpoint.dtype", dtype),)) for dtype in CAST_DTYPES
        )
        message = f"The checkpoint's dtype {name!r} is not one that a model can be cast to."
        explanation = Explanation("checkpoint-dtype", "No such dtype for the weights", message, fixes=fixes)
        raise UserError(
            "checkpoint-dtype", message, f"Choose {', '.join(CAST_DTYPES)}, or none.", explanation=explanation
        )
    found = getattr(torch, name)
    assert isinstance(found, torch.dtype)
    return found


def _shared(own: Mapping[str, Any]) -> dict[str, set[str]]:
    """For each key of a tensor that has several (tied weights): the others."""
    import torch

    keys: dict[int, set[str]] = {}
    for key, value in own.items():
        if isinstance(value, torch.Tensor):
            keys.setdefault(id(value), set()).add(key)
    return {key: group - {key} for group in keys.values() if len(group) > 1 for key in group}


def _prefix_of_all(state: Mapping[str, Any], own: Mapping[str, Any], shared: Mapping[str, set[str]]) -> str:
    """The usual prefix that makes all keys match when it is taken off; empty if there is none, or no need of one."""
    prefix = usual_prefix(state) if not set(state) <= set(own) else ""
    while prefix:
        names = {key[len(prefix) :] for key in state}
        if names <= set(own) and all(shared.get(key, set()) & names for key in set(own) - names):
            return prefix
        prefix = prefix[: prefix.rstrip(".").rfind(".") + 1]  # one part less
    return ""


def _keep_metadata(state: Mapping[str, Any], fitting: OrderedDict[str, Any], prefix: str) -> None:
    """Hand on the versions of modules, which their hooks read; they are listed by the path of the module."""
    metadata = getattr(state, "_metadata", None)
    if not isinstance(metadata, dict):
        return
    inner = {
        f"{path}."[len(prefix) :].rstrip("."): item
        for path, item in metadata.items()
        if f"{path}.".startswith(prefix)
    }
    fitting._metadata = OrderedDict(inner) if prefix else metadata  # type: ignore[attr-defined]


def _split(own: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[list[ShapeMismatch], OrderedDict[str, Any]]:
    """Keys whose shapes differ, and what can be handed to load_state_dict."""
    import torch
    from torch.nn.parameter import is_lazy

    misfits: list[ShapeMismatch] = []
    fitting: OrderedDict[str, Any] = OrderedDict()
    for key, value in state.items():
        mine = own.get(key)
        if not isinstance(value, torch.Tensor):
            if key in own:  # extra state can be anything
                fitting[key] = value
        elif isinstance(mine, torch.Tensor) and not is_lazy(mine) and mine.shape != value.shape:
            misfits.append(ShapeMismatch(key, tuple(mine.shape), tuple(value.shape)))
        elif isinstance(mine, torch.Tensor) and mine.is_floating_point() != value.is_floating_point():
            fitting[key] = value.to(mine.dtype)  # a parameter that is trained cannot be an integer, even for a while
        else:
            fitting[key] = value
    return misfits, fitting


def _judge(
    report: KeyReport,
    module: torch.nn.Module,
    checkpoint: Checkpoint,
    spec: CheckpointSpec,
    own: Mapping[str, Any],
    context: Context,
) -> KeyReport:
    """The report with suggestions; an error if it has faults and must have none."""
    faults = faults_of(report)
    if not faults:
        return report
    better, gained = best_prefix(checkpoint.state, own)
    if better == report.prefix or gained <= report.matched:
        better = ""
    report = replace(report, suggestions=_suggest(report, checkpoint.state, own, better))
    name = type(module).__name__
    message = f"{checkpoint.path.name} does not fit {name}: {'; '.join(faults)} ({report.matched} keys match)."
    if not spec.strict:
        context.log("warning", message)
        for item in report.suggestions[:_LOGGED]:
            context.log("warning", f"{item.missing} is probably {item.unexpected} there ({item.reason}).")
        return report
    raise keys_error(report, message, better, gained, list(own), len(checkpoint.state))


def _suggest(report: KeyReport, state: Mapping[str, Any], own: Mapping[str, Any], better: str) -> Any:
    """Pairs of renamed keys; those that another prefix would mend are left to it."""
    theirs = {key: key.removeprefix(better) if better else key for key in report.unexpected}
    mended = {name for key, name in theirs.items() if name != key and name in own}
    missing = {key: _shape(own.get(key)) for key in report.missing if key not in mended}
    unexpected = {
        key: _shape(state.get(key, state.get(report.prefix + key)))
        for key, name in theirs.items()
        if name not in mended
    }
    return suggestions(
        {key: shape for key, shape in missing.items() if shape is not None},
        {key: shape for key, shape in unexpected.items() if shape is not None},
    )


def _shape(value: Any) -> tuple[int, ...] | None:
    import torch
    from torch.nn.parameter import is_lazy

    return tuple(value.shape) if isinstance(value, torch.Tensor) and not is_lazy(value) else None
