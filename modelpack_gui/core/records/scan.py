"""What a scan of a source says: the classes of a Python file, or what a saved model is."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.source import CallableInfo, InputSpec, ParameterInfo
from modelpack_gui.core.records.tensors import TensorInfo


@dataclass(frozen=True)
class SavedModel:
    """What a saved model says of itself, read without running any of it.

    Attributes:
        kind: A value of `core.saved_models.SavedKind`.
        class_name: Of the module it was made from, or the graph's name; empty if it does not say.
        inputs: By name; a dtype that is no tensor's is the type as the file spells it. A size that the file leaves
            open is a symbolic name.
        outputs: Likewise.
        forward: Parameters of its `forward`, where the file has them.
        globals: Full names of the classes and functions that loading it would look up and call; for these the user
            is asked.
        forbidden: Those of `globals` that are never allowed.
        producer: What wrote it.
        proposed: Example inputs that fit it.
        dynamic: Axes of those that may have any size.
        size_bytes: Of an ONNX file, with the data files that are there.
        nodes: In the main graph of an ONNX file.
    """

    kind: str
    class_name: str = ""
    inputs: tuple[TensorInfo, ...] = ()
    outputs: tuple[TensorInfo, ...] = ()
    forward: tuple[ParameterInfo, ...] = ()
    globals: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    producer: str = ""
    proposed: tuple[InputSpec, ...] = ()
    dynamic: tuple[DynamicDim, ...] = ()
    size_bytes: int = 0
    nodes: int = 0


GIANT_BYTES = 1_000_000_000
GIANT_NODES = 50_000
"""A saved model from one of these sizes on is not loaded before somebody asks for it: a runtime needs minutes for it,
and what is asked about its graph would wait for that."""


@dataclass(frozen=True)
class SourceScan:
    """What a file offers, nn.Module classes first.

    Attributes:
        saved: What a saved model is, which offers no callables; None for Python source.
    """

    path: str
    callables: tuple[CallableInfo, ...]
    saved: SavedModel | None = None

    @property
    def is_giant(self) -> bool:
        """Whether it is a saved model that takes minutes, or all of the memory, to load."""
        saved = self.saved
        return saved is not None and (saved.size_bytes >= GIANT_BYTES or saved.nodes >= GIANT_NODES)


@dataclass(frozen=True)
class FactoryRequest:
    """Draft a factory for a class whose constructor needs objects, by parsing."""

    file: str
    module: str
    name: str


@dataclass(frozen=True)
class FactoryDraft:
    """A Python file that makes the model; nobody has written it yet.

    Attributes:
        path: Where it would go, absolute.
        name: Of the function in it.
    """

    path: str
    name: str
    text: str
