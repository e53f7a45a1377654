"""A model's source: a Python class or factory, or a saved model; with arguments, checkpoint and example inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from modelpack_gui.core.locations import is_file, located
from modelpack_gui.core.records.checkpoint import KeyReport
from modelpack_gui.core.records.tensors import CapturedWarning, TensorInfo

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class CheckpointSpec:
    """Which checkpoint to load, and how.

    Attributes:
        path: `.pt .pth .ckpt .bin .safetensors`, or the `.index.json` of a sharded one, relative to the recipe's
            folder or absolute.
        strict: Whether every key must match; else the key report is a warning.
        allowed_globals: Full names (`package.module.Class`) that the user agreed to let the unpickler use.
            Loading always keeps `weights_only=True`; these are added by `torch.serialization.safe_globals`.
        key: Where the state dict is nested, with dots between (`ema`, `state.model`); empty finds the only one.
        prefix: Taken off every key that has it (`module.`); empty takes a usual one off by itself, but only if all
            keys match then.
        dtype: What floating-point parameters and buffers are cast to, such as `float32`; empty keeps the model's.
    """

    path: str
    strict: bool = True
    allowed_globals: tuple[str, ...] = ()
    key: str = ""
    prefix: str = ""
    dtype: str = ""


@dataclass(frozen=True)
class ModelSource:
    """How to construct a model. Exactly one of `file` and `module` is given.

    Attributes:
        file: A `.py` file, relative to the recipe's folder or absolute; or a saved model, which needs no class: a
            TorchScript archive, a `.pt2` ExportedProgram, a whole pickled module, or an `.onnx` file.
        module: An importable dotted module.
        name: The class or factory in it; dots reach into classes. Not used for a saved model.
        arguments: Constructor arguments by name, JSON-like values.
        allowed_globals: Full names that the user agreed to let the unpickler of a whole pickled module use.
    """

    file: str = ""
    module: str = ""
    name: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: CheckpointSpec | None = None
    allowed_globals: tuple[str, ...] = ()

    @property
    def is_saved_model(self) -> bool:
        """Whether `file` is a saved model rather than Python source."""
        return bool(self.file) and not self.file.endswith(".py")

    @property
    def location(self) -> str:
        """The file or module, whichever is given; empty if neither."""
        return self.file or self.module


@dataclass(frozen=True)
class ImageSpec:
    """How a picture becomes a tensor: decoded to RGB, resized, scaled to 0..1, normalised, laid out N C H W.

    Attributes:
        size: Height and width after resizing; None keeps the picture's own.
        mean, std: Per channel, of values in 0..1; empty leaves them.
        channels: 3 for RGB, 1 for grey.
    """

    size: tuple[int, int] | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    channels: Literal[1, 3] = 3


@dataclass(frozen=True)
class InputSpec:
    """One example input: a tensor, or a plain value that stays as it is.

    Tensors are drawn at random or read from a file. Floats are uniform in [low, high), integers uniform
    in low..high (both included), bools even. `low` and `high` None mean 0..1 for floats, 0..9 for integers.

    Attributes:
        shape: Of the tensor, also of one read from a file; () for a value.
        dtype: As numpy spells it, or `bfloat16`, `complex64`...
        seed: Of the generator; parity also tries others.
        is_value: Whether it is no tensor but an int, float, bool, str or None that becomes part of the artifact.
        value: That int, float, bool, str or None.
        argument: Where it goes in the call of `forward`; empty passes it by position, in order. Otherwise a parameter
            and a path into it: `mask` (by keyword), `images[0]` (an item of a list or tuple), `batch.image` (a key
            of a dict, or a field of a dataclass or named tuple, as the annotation of `batch` says).
        file: `.npy .npz .pt .safetensors` or a picture that the values come from; empty draws them.
        file_key: Name of the array in an `.npz`, `.pt` or `.safetensors`; dots reach into nested dicts.
        image: How a picture is read; None for the defaults.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    low: float | None = None
    high: float | None = None
    seed: int = 0
    is_value: bool = False
    value: Any = None
    argument: str = ""
    file: str = ""
    file_key: str = ""
    image: ImageSpec | None = None


def tensor_inputs(inputs: Sequence[InputSpec]) -> tuple[InputSpec, ...]:
    """Those that are tensors: what an artifact takes. Plain values are part of it."""
    return tuple(spec for spec in inputs if not spec.is_value)


@dataclass(frozen=True)
class InputSet:
    """Other example inputs for the same `forward`: the same names and places, other values and sizes."""

    name: str
    inputs: tuple[InputSpec, ...]


@dataclass(frozen=True)
class ScanRequest:
    """List the classes and factories of a file or module by parsing it; none of it is run."""

    file: str = ""
    module: str = ""


@dataclass(frozen=True)
class ParameterInfo:
    """One parameter of a constructor, factory or `forward`, as its source says.

    Attributes:
        annotation: Source text of the annotation; empty if there is none.
        default: Source text of the default; None if the parameter is required.
        value: The default where it is a literal (`default` parsed), else None.
        object_class: The class that an object has to be made of for it, where no argument can stand for one.
    """

    name: str
    kind: Literal["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"]
    annotation: str = ""
    default: str | None = None
    value: Any = None
    object_class: str = ""

    @property
    def is_required(self) -> bool:
        """Whether a call must give it."""
        return self.default is None and not self.kind.startswith("var_")


@dataclass(frozen=True)
class CallableInfo:
    """A class or factory that could make the model.

    Attributes:
        kind: `module` for a class that looks like an nn.Module, `class` for another, `factory` for a function,
            partial or lambda, `instance` for a module that the file itself makes.
        line: Where it is defined, from 1.
        summary: First line of its docstring; of what is assigned, the expression.
        parameters: Of the constructor or function, without `self`.
        forward: Of `forward`, without `self`; of a factory where it can be told what it returns.
        abstract: Methods that are still abstract, by parsing; such a class cannot be constructed.
    """

    name: str
    kind: Literal["module", "class", "factory", "instance"]
    line: int
    summary: str = ""
    bases: tuple[str, ...] = ()
    parameters: tuple[ParameterInfo, ...] = ()
    forward: tuple[ParameterInfo, ...] = ()
    abstract: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileStamp:
    """A file as it was when something was made from it. Another size or time means that it was changed since.

    Attributes:
        path: Absolute.
    """

    path: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True)
class LoadRequest:
    """Construct the model, load the checkpoint, and try one forward pass on the example inputs."""

    source: ModelSource
    inputs: tuple[InputSpec, ...] = ()


@dataclass(frozen=True)
class ModuleInfo:
    """One module of the model's tree, in depth-first order; the root's path is empty.

    Attributes:
        parameters: Elements of the parameters in it and below.
        own_parameters: Elements of its own parameters.
        size_bytes: Of parameters and buffers in it and below.
    """

    path: str
    class_name: str
    parameters: int
    own_parameters: int
    size_bytes: int


@dataclass(frozen=True)
class LoadReport:
    """A model that was constructed and loaded.

    Attributes:
        parameters: Elements of all parameters (shared ones once).
        buffers: Elements of all buffers.
        size_bytes: Of parameters and buffers in memory.
        keys: None when there is no checkpoint.
        outputs: Of the forward pass on the example inputs, in eval mode; empty when no inputs are given.
            Nested outputs are flattened in order; names are `output`, or `output_0`, `output_1`...
        duration_s: Wall time of the stage in the worker.
        files: What it was made from: the model's file, what that imports from the user's folders, the checkpoint.
    """

    class_name: str
    source_path: str
    parameters: int
    trainable_parameters: int
    buffers: int
    size_bytes: int
    modules: tuple[ModuleInfo, ...]
    keys: KeyReport | None
    checkpoint_path: str
    checkpoint_size_bytes: int
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    warnings: tuple[CapturedWarning, ...]
    duration_s: float
    files: tuple[FileStamp, ...] = ()


def module_and_name(text: str) -> tuple[str, str]:
    """`package.module:Class` as its two parts; the second is empty if there is no colon."""
    module, _, name = text.strip().partition(":")
    return module.strip(), name.strip()


def source_problem(source: ModelSource, base: Path) -> str:
    """Why nothing can be run with this source yet, in one sentence; empty when it could be tried."""
    if not source.file and not source.module:
        return "No model file or module is chosen."
    if source.file and not is_file(located(base, source.file)):
        return f"There is no file {located(base, source.file)}."
    if not source.name and not source.is_saved_model:
        return "No class or factory is chosen."
    return ""
