"""Follow one eager run, operation by operation: what it computes, where in the code, and from what.

The model runs in inference mode under a dispatch mode. There the composite operations (`linear`, `layer_norm`) are
seen as a whole, as an exporter captures them. Values are shown to a watcher as they come, and none is kept.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from modelpack_gui.stages.layers.eager_trace import EagerOp, EagerTrace, EagerValue, ModuleCall, Ref
from modelpack_gui.stages.layers.exact import Exact
from modelpack_gui.stages.layers.user_frame import user_line
from modelpack_gui.stages.source.call import CallPlan
from modelpack_gui.stages.source.forward import name_outputs, set_eval
from modelpack_gui.stages.source.inputs import dtype_name
from modelpack_gui.stages.source.usercode import guarded

if TYPE_CHECKING:
    import torch

Watcher = Callable[[Ref, "torch.Tensor", "torch.Tensor | None"], bool]
"""Is shown each value: which it is, and the same in float64 where that is followed and the value is no integer.

Gives whether there is more to see; the run ends where there is not.
"""


class _SeenEnoughError(BaseException):
    """Ends a run before its end. No Exception, which code of the model might catch."""


class EagerModel:
    """A model and its inputs, to be run as often as needed."""

    def __init__(self, module: torch.nn.Module, plan: CallPlan, tensors: Sequence[torch.Tensor]) -> None:
        self._module = module
        self._plan = plan
        self._tensors = tensors
        self._paths = {id(child): path for path, child in module.named_modules()}

    def run(self, watcher: Watcher | None = None, *, exact: bool = False) -> EagerTrace:
        """One forward pass.

        Args:
            watcher: Called with each value, while it is what the operation gave: it may be written to afterwards.
            exact: Whether all is computed in float64 as well, beside the run itself.

        Raises:
            UserError: `forward-failed`, `model-exits`, `not-in-eval`, `output-not-tensor`.
        """
        import torch

        set_eval(self._module)
        tensors = [tensor.clone() for tensor in self._tensors]
        arguments, named = self._plan.bind(tensors)
        recorder = _Recorder(tensors, watcher, Exact() if exact else None)
        mode = _make_mode(recorder)
        doing = f"running {type(self._module).__name__}.forward on the inputs of the case"
        with (
            guarded("forward-failed", doing, "The traceback shows the operation that refused them."),
            torch.inference_mode(),
            _whole_attention(),
            _hooks(self._paths, recorder),
            mode,
        ):
            try:
                named_outputs = name_outputs(self._module(*arguments, **named))
            except _SeenEnoughError:
                named_outputs = ()
        outputs = tuple((name, recorder.ref_of(tensor)) for name, tensor in named_outputs)
        return EagerTrace(
            tuple(recorder.ops), tuple(recorder.calls), outputs, tuple(map(recorder.input_value, range(len(tensors))))
        )


class _Open(NamedTuple):
    """A module that is running."""

    path: str
    number: int
    first_op: int


class _Recorder:
    """What is gathered during one run. Tensors are known by identity and held weakly."""

    def __init__(self, inputs: Sequence[torch.Tensor], watcher: Watcher | None, exact: Exact | None) -> None:
        self.ops: list[EagerOp] = []
        self.calls: list[ModuleCall] = []
        self.watcher, self.exact = watcher, exact
        self.stack: list[_Open] = []
        self._times: dict[str, int] = {}
        self._refs: dict[int, tuple[weakref.ref[torch.Tensor], Ref]] = {}
        self._aliases: dict[int, list[weakref.ref[torch.Tensor]]] = {}
        self._inputs = inputs
        for position, tensor in enumerate(inputs):
            self._name(tensor, Ref(-1, position))

    def input_value(self, position: int) -> EagerValue:
        """What an input is."""
        return _value(self._inputs[position])

    def ref_of(self, tensor: torch.Tensor) -> Ref | None:
        """The operation that made a tensor as it now is; None of a parameter."""
        found = self._refs.get(id(tensor))
        return found[1] if found is not None and found[0]() is tensor else None

    def enter(self, path: str) -> None:
        """A module starts."""
        number = self._times.get(path, 0)
        self._times[path] = number + 1
        self.stack.append(_Open(path, number, len(self.ops)))

    def leave(self, path: str, result: Any) -> None:
        """A module gave its result."""
        while self.stack:
            opened = self.stack.pop()
            if opened.path == path:
                refs = tuple(self.ref_of(tensor) for tensor in _tensors_in(result))
                self.calls.append(ModuleCall(path, opened.number, opened.first_op, len(self.ops), refs))
                return

    def operate(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one operation and note it."""
        taken = list(_tensors_in((args, kwargs)))
        inputs = tuple(dict.fromkeys(ref for ref in map(self.ref_of, taken) if ref is not None))
        wide = self.exact.run(func, args, kwargs) if self.exact is not None else None
        result = func(*args, **kwargs)
        given = list(_tensors_in(result))
        count = len(given)
        written = _written(func, args, kwargs)
        given += [alias for tensor in written for alias in self._live_aliases(tensor) if not _holds(given, alias)]
        index = len(self.ops)
        opened = self.stack[-1] if self.stack else _Open("", 0, 0)
        self.ops.append(
            EagerOp(
                index,
                str(func._schema.name).partition("::")[2],
                opened.path,
                opened.number,
                user_line(),
                inputs,
                tuple(map(_value, given)),
                count,
            )
        )
        if self.exact is not None:
            self.exact.keep(wide, result)
        for position, tensor in enumerate(given):
            ref = Ref(index, position)
            self._name(tensor, ref)
            if self.watcher is not None:
                exact = self.exact.counterpart(tensor) if self.exact is not None else None
                if not self.watcher(ref, tensor, exact):
                    raise _SeenEnoughError
        return result

    def _name(self, tensor: torch.Tensor, ref: Ref) -> None:
        key = id(tensor)
        is_known = key in self._refs and self._refs[key][0]() is tensor
        weak = self._refs[key][0] if is_known else weakref.ref(tensor)
        self._refs[key] = (weak, ref)
        if not is_known:
            storage = _storage(tensor)
            if storage:
                others = self._aliases.get(storage, [])
                self._aliases[storage] = [*(other for other in others if other() is not None), weak]

    def _live_aliases(self, tensor: torch.Tensor) -> Iterator[torch.Tensor]:
        """The tensors that share the memory that was just written to."""
        for weak in self._aliases.get(_storage(tensor), ()):
            alias = weak()
            if alias is not None and _storage(alias) == _storage(tensor):
                yield alias


def _make_mode(recorder: _Recorder) -> Any:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # else torch imports its compiler at the first operation, which takes more than a second

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return recorder.operate(func, args, kwargs or {})

    return Mode()  # type: ignore[no-untyped-call]


@contextmanager
def _hooks(paths: dict[int, str], recorder: _Recorder) -> Iterator[None]:
    """Tell the recorder which modules run; nothing is added to the modules themselves."""
    from torch.nn.modules import module as hooks

    def before(module: torch.nn.Module, _: Any) -> None:
        if id(module) in paths:
            recorder.enter(paths[id(module)])

    def after(module: torch.nn.Module, _: Any, result: Any) -> None:
        if id(module) in paths:
            recorder.leave(paths[id(module)], result)

    handles = [hooks.register_module_forward_pre_hook(before), hooks.register_module_forward_hook(after)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _whole_attention() -> Iterator[None]:
    """Let the transformer layers do their operations one by one, as an exporter sees them."""
    import torch

    backend = getattr(torch.backends, "mha", None)
    before = backend.get_fastpath_enabled() if backend is not None else True
    try:
        if backend is not None:
            backend.set_fastpath_enabled(False)
        yield
    finally:
        if backend is not None:
            backend.set_fastpath_enabled(before)


def _tensors_in(value: Any) -> Iterator[torch.Tensor]:
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors_in(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors_in(item)
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        for name in value.__dataclass_fields__:
            yield from _tensors_in(getattr(value, name, None))


def _written(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The arguments that an operation writes to."""
    schema = func._schema
    if not schema.is_mutable:
        return []
    found = []
    for position, argument in enumerate(schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            value = args[position] if position < len(args) else kwargs.get(argument.name)
            found += list(_tensors_in(value))
    return found


def _holds(tensors: Sequence[torch.Tensor], one: torch.Tensor) -> bool:
    return any(tensor is one for tensor in tensors)


def _storage(tensor: torch.Tensor) -> int:
    """A number that tensors share that share their memory; 0 of one that has none of its own (sparse, meta)."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return 0


def _value(tensor: torch.Tensor) -> EagerValue:
    return EagerValue(dtype_name(tensor.dtype), tuple(int(size) for size in tensor.shape))
