"""The same model with a `forward` that takes the tensors one by one: what an exporter is given.

It is the model itself under a subclass made for the call, and not a module around it: a wrapper would put its name
before the path of every module and parameter in the artifact. Its `forward` is generated as Python source, for the
exporters read source: `torch.jit.script` compiles it, `torch.export` follows it. With torch 2.13 lists, dicts,
dataclasses, named tuples, keyword-only parameters and plain values then pass every exporter of torch, where most
refuse some of them, or make inputs of the numbers, if they are handed over as they are.
"""

from __future__ import annotations

import copy
import itertools
import linecache
import types
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.source.call import CallPlan

if TYPE_CHECKING:
    import torch

OWN_FORWARD = "own_forward"
"""The model's own `forward` in the flat module."""

_numbers = itertools.count()


def flat_module(module: torch.nn.Module, plan: CallPlan) -> torch.nn.Module:
    """A module whose `forward(*tensors)` is the planned call of the model's; the model itself if that is the same.

    Parameters, buffers and submodules are those of the model, under the same names.

    Raises:
        UserError: `export-failed`, the call of a TorchScript archive cannot be compiled.
    """
    import torch

    if plan.is_plain:
        return module
    hooks = ("_forward_hooks", "_forward_pre_hooks")
    if isinstance(module, torch.jit.ScriptModule) or any(getattr(module, name) for name in hooks):
        # Hooks of the model want its own arguments, and a scripted class cannot be derived from.
        return _around(module, plan)
    kind: Any = type(module)
    own = module.__dict__.get("forward", kind.forward)
    flat = copy.copy(module)
    flat.__dict__.pop("forward", None)
    methods = {
        "forward": _generated(plan, f"self.{OWN_FORWARD}", kind),
        OWN_FORWARD: _renamed(own) if isinstance(own, types.FunctionType) else staticmethod(own),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
    }
    flat.__class__ = type(kind)(kind.__name__, (kind,), methods)
    return flat


def _around(module: torch.nn.Module, plan: CallPlan) -> torch.nn.Module:
    import torch

    class Around(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = module

    Around.forward = _generated(plan, "self.model", Around)
    around = Around().train(module.training)
    if not isinstance(module, torch.jit.ScriptModule):
        return around
    try:  # the legacy exporter takes a scripted module as it is, but does not trace one inside another
        with capture():  # torch.jit says that it is deprecated
            scripted: torch.nn.Module = torch.jit.script(around)
    except Exception as error:  # its exceptions have no common base
        raise UserError(
            "export-failed",
            f"The call of the TorchScript archive cannot be compiled for the export: {error}",
            "Export the model from its Python source, or script it with a forward that takes tensors.",
            str(error),
        ) from error
    return scripted


def _generated(plan: CallPlan, function: str, kind: type[Any]) -> Any:
    scope: dict[str, Any] = {"__name__": kind.__module__}
    names = plan.flat_names
    arguments = [node.expression(names, scope) for node in plan.positional]
    arguments += [f"{name}={node.expression(names, scope)}" for name, node in plan.named.items()]
    source = f"def forward({', '.join(('self', *names))}):\n    return {function}({', '.join(arguments)})\n"
    path = f"<the call of {kind.__name__}.forward {next(_numbers)}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    exec(compile(source, path, "exec"), scope)  # noqa: S102 (names and literals only; the exporters need source)
    return scope["forward"]


def _renamed(function: types.FunctionType) -> types.FunctionType:
    """The same function under another name: TorchScript compiles a method under the name that the function has."""
    renamed = types.FunctionType(
        function.__code__, function.__globals__, OWN_FORWARD, function.__defaults__, function.__closure__
    )
    renamed.__kwdefaults__ = function.__kwdefaults__
    renamed.__annotations__ = function.__annotations__
    renamed.__module__ = function.__module__
    renamed.__dict__.update(function.__dict__)
    return renamed
