"""A session of ONNX Runtime whose inputs and outputs stay in memory that it knows (IO binding)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.bench.base import Call

if TYPE_CHECKING:
    import numpy.typing as npt


def binding_call(session: Any, feed: Mapping[str, npt.NDArray[Any]], device: str = "cpu") -> Call:
    """A call that reads its inputs from, and writes its outputs into, memory bound once. It gives the binding.

    A run, made here, says how large the outputs are.

    Args:
        device: Where that memory is: `cpu` or `cuda`; there a call ends when the device has done its work.

    Raises:
        UserError: `io-binding-not-possible`, an input or output is no tensor.
    """
    import onnxruntime as ort

    others = [item for item in (*session.get_inputs(), *session.get_outputs()) if not item.type.startswith("tensor(")]
    if others:
        raise UserError(
            "io-binding-not-possible",
            f"{others[0].name} of the artifact is {others[0].type}, and only tensors can be bound.",
            "Switch IO binding off for this runner.",
        )
    binding = session.io_binding()
    for name, array in feed.items():
        binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array, device))
    names = [output.name for output in session.get_outputs()]
    for name in names:
        binding.bind_output(name, device)
    session.run_with_iobinding(binding)
    values = binding.get_outputs()
    binding.clear_binding_outputs()
    for name, value in zip(names, values, strict=True):
        binding.bind_ortvalue_output(name, value)

    def call() -> object:
        session.run_with_iobinding(binding)
        return binding

    def call_and_wait() -> object:
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return binding

    return call if device == "cpu" else call_and_wait
