"""Options that the runners on PyTorch share, and what they mean to torch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import OptionInfo
from modelpack_gui.stages.bench import libraries
from modelpack_gui.stages.bench.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

GRAD = OptionInfo(
    "grad",
    "Without gradients by",
    "choice",
    "inference_mode",
    ("inference_mode", "no_grad"),
    note="inference_mode also leaves out the bookkeeping for views and in-place changes.",
)
CHANNELS_LAST = OptionInfo(
    "channels_last",
    "Channels last",
    "bool",
    default=False,
    note="Pictures and the weights of convolutions in the order N H W C, which oneDNN often takes faster.",
)
PRECISION = OptionInfo(
    "precision",
    "Computes in",
    "choice",
    "as_is",
    ("as_is", "bfloat16", "float16"),
    note="A lower dtype of weights and inputs: less exact, and faster only if the processor has instructions for it.",
)
PRECISION_OR_AUTOCAST = OptionInfo(
    "precision",
    "Computes in",
    "choice",
    "as_is",
    ("as_is", "autocast_bfloat16", "bfloat16", "float16"),
    note="A lower dtype is faster only where the processor has instructions for it, and less exact; autocast leaves "
    "the weights, and what needs it, in float32.",
)
FREEZING = OptionInfo(
    "freezing",
    "Freeze the weights",
    "bool",
    default=False,
    note="Takes the weights as constants, folds what can be folded and packs them for oneDNN.",
)
DEVICE = OptionInfo(
    "device",
    "Device",
    "choice",
    "cpu",
    ("cpu", "cuda"),
    note="On CUDA inputs and outputs stay on the device, and each run is timed until the device has done it.",
)

_AUTOCAST = "autocast_"


def device_option() -> tuple[OptionInfo, ...]:
    """The choice of a device, where there is one."""
    return (DEVICE,) if libraries.has_cuda() else ()


def device_of(options: Options) -> str:
    """`cpu` or `cuda`.

    Raises:
        UserError: `device-not-available`.
    """
    device = options.choice(DEVICE.name) if options.has(DEVICE.name) else "cpu"
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError(
                "device-not-available",
                "torch finds no CUDA device in this interpreter.",
                "Choose the CPU, or install a torch that is built for this machine's CUDA.",
            )
    return device


def is_lossy(options: Options) -> bool:
    """Whether a lower dtype was asked for."""
    return _precision(options) != "as_is"


def dtype_of(options: Options) -> torch.dtype | None:
    """What floating-point weights and inputs are cast to; None leaves them."""
    import torch

    name = _precision(options)
    is_cast = name != "as_is" and not name.startswith(_AUTOCAST)
    return getattr(torch, name) if is_cast else None


def mode_of(options: Options, grad: str = "inference_mode") -> Callable[[], AbstractContextManager[object]]:
    """What is entered around the runs: no gradients, and autocast where that was asked for.

    Args:
        grad: `inference_mode` or `no_grad`.
    """
    import torch

    without_gradients: Callable[[], AbstractContextManager[object]] = (
        torch.no_grad if grad == "no_grad" else torch.inference_mode
    )
    name = _precision(options)
    if not name.startswith(_AUTOCAST):
        return without_gradients
    dtype = getattr(torch, name.removeprefix(_AUTOCAST))

    @contextmanager
    def mode() -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(without_gradients())
            stack.enter_context(torch.autocast(device_of(options), dtype))
            yield

    return mode


def prepared_module(module: Any, options: Options) -> Any:
    """The module in the dtype, on the device and in the layout asked for; its weights are changed in place."""
    import torch

    device = device_of(options)
    changes: dict[str, Any] = {"device": device} if device != "cpu" else {}
    dtype = dtype_of(options)
    if dtype is not None:
        changes["dtype"] = dtype
    if _is_channels_last(options):
        changes["memory_format"] = torch.channels_last
    return module.to(**changes) if changes else module


def prepared_input(tensor: torch.Tensor, options: Options) -> torch.Tensor:
    """An input likewise."""
    import torch

    dtype = dtype_of(options)
    if dtype is not None and tensor.is_floating_point():
        tensor = tensor.to(dtype)
    if _is_channels_last(options) and tensor.dim() == 4:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor.to(device_of(options))


def facts_of(options: Options) -> dict[str, str]:
    """The options that are not as usual, for the report."""
    found = {}
    if _is_channels_last(options):
        found["layout"] = "channels last"
    if is_lossy(options):
        found["computes in"] = _precision(options).replace("_", " ")
    return found


def _precision(options: Options) -> str:
    return options.choice(PRECISION.name) if options.has(PRECISION.name) else "as_is"


def _is_channels_last(options: Options) -> bool:
    return options.has(CHANNELS_LAST.name) and options.flag(CHANNELS_LAST.name)
