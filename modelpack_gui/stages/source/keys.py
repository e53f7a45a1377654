"""A checkpoint's keys against a model's, and the loading of those that fit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import KeyReport, ShapeMismatch
from modelpack_gui.stages.source.checkpoint import Checkpoint
from modelpack_gui.stages.source.state_dict import strip_prefix
from modelpack_gui.stages.source.usercode import guarded

if TYPE_CHECKING:
    import torch

_SHOWN = 4


def load_state(module: torch.nn.Module, checkpoint: Checkpoint, strict: bool, context: Context) -> KeyReport:
    """Load a checkpoint into a model, in place. Not strict, what does not fit is left as constructed.

    Which keys are missing or unexpected is what the model's own `load_state_dict` says, so hooks that rename or
    fill in keys are respected.

    Raises:
        UserError: `checkpoint-keys` if strict and not every key fits; `checkpoint-load-failed`.
    """
    own = module.state_dict()
    state = strip_prefix(checkpoint.state, set(own), context)
    misfits, fitting = _split(own, state)
    metadata = getattr(checkpoint.state, "_metadata", None)
    if metadata is not None and state is checkpoint.state:
        fitting._metadata = metadata  # type: ignore[attr-defined]  # versions of modules, which their hooks read
    hint = "The checkpoint may be of another version of this model; the traceback shows what refused it."
    with guarded("checkpoint-load-failed", f"loading {checkpoint.path.name} into {type(module).__name__}", hint):
        result = module.load_state_dict(fitting, strict=False)
    misfit_keys = {misfit.key for misfit in misfits}
    foreign = [key for key in state if key not in fitting and key not in misfit_keys]
    report = KeyReport(
        matched=len(fitting) - len(result.unexpected_keys),
        missing=tuple(key for key in result.missing_keys if key not in misfit_keys),
        unexpected=(*result.unexpected_keys, *foreign),
        mismatched=tuple(misfits),
    )
    _judge(report, module, checkpoint, strict, context)
    return report


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
        else:
            fitting[key] = value
    return misfits, fitting


def _judge(
    report: KeyReport, module: torch.nn.Module, checkpoint: Checkpoint, strict: bool, context: Context
) -> None:
    faults = _faults(report)
    if not faults:
        return
    name = type(module).__name__
    message = f"{checkpoint.path.name} does not fit {name}: {'; '.join(faults)} ({report.matched} keys match)."
    if not strict:
        context.log("warning", message)
        return
    if report.matched < (len(report.missing) + len(report.mismatched)):
        hint = "Most keys differ, so it is probably the checkpoint of another model: check the class and the file."
    elif report.mismatched:
        hint = "The sizes come from the constructor: check the arguments against those it was trained with."
    else:
        hint = "Check the class and its arguments, or untick strict to load what fits."
    raise UserError("checkpoint-keys", message, hint, _table(report))


def _faults(report: KeyReport) -> list[str]:
    faults = []
    if report.missing:
        faults.append(f"{len(report.missing)} missing ({_some(report.missing)})")
    if report.unexpected:
        faults.append(f"{len(report.unexpected)} unexpected ({_some(report.unexpected)})")
    if report.mismatched:
        shown = [
            f"{item.key} is {list(item.checkpoint_shape)}, not {list(item.model_shape)}" for item in report.mismatched
        ]
        faults.append(f"{len(report.mismatched)} of another shape ({_some(shown)})")
    return faults


def _some(items: tuple[str, ...] | list[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (", …" if len(items) > _SHOWN else "")


def _table(report: KeyReport) -> str:
    rows = [f"missing     {key}" for key in report.missing]
    rows += [f"unexpected  {key}" for key in report.unexpected]
    rows += [
        f"shape       {item.key}: model {list(item.model_shape)}, checkpoint {list(item.checkpoint_shape)}"
        for item in report.mismatched
    ]
    return "\n".join(rows)
