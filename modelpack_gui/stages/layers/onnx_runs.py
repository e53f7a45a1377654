"""Run parts of an ONNX model in ONNX Runtime: from any values to any others, at a level of optimisation."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.export.onnx_header import without_weights
from modelpack_gui.stages.inspection.onnx_types import BFLOAT16
from modelpack_gui.stages.inspection.onnx_walk import reads
from modelpack_gui.stages.layers.onnx_model import OnnxModel
from modelpack_gui.stages.layers.optimised import makers_of
from modelpack_gui.stages.parity.runtimes import first_line
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import import_onnxruntime, session_options
from modelpack_gui.stages.source.inputs import dtype_name

if TYPE_CHECKING:
    import torch


class OnnxParts:
    """Sessions for parts of one model."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model
        self._ort = import_onnxruntime()
        graph = model.proto.graph
        self._initializers = {tensor.name: tensor for tensor in graph.initializer}
        self._sparse = {tensor.values.name: tensor for tensor in graph.sparse_initializer}
        self._inputs = {value.name: value for value in graph.input}
        self._nodes = list(graph.node)
        self._producer = {name: place for place, node in enumerate(self._nodes) for name in node.output if name}

    def run(self, level: str, outputs: Sequence[str], feeds: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The values of some outputs, computed from the values fed, which may be any of the graph's.

        Raises:
            UserError: `layers-part-failed`.
        """
        part = self._part(outputs, feeds)
        names = {value.name for value in part.graph.input}
        with self._telling(level):
            session = self._ort.InferenceSession(
                part.SerializeToString(), self._options(level), providers=["CPUExecutionProvider"]
            )
            given = {name: self._value(tensor) for name, tensor in feeds.items() if name in names}
            values = session.run_with_ort_values(list(outputs), given)
            del session
            found = {}
            for name in reversed(outputs):  # one after the other, so that not all are there twice
                found[name] = self._tensor(values.pop())
            return found

    @contextmanager
    def _telling(self, level: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # its exceptions have no common base
            raise UserError(
                "layers-part-failed",
                f"ONNX Runtime {self._ort.__version__} failed on a part of the artifact at optimisation {level}: "
                f"{first_line(error)}",
                "The parity page runs the artifact as a whole; its message says more.",
                str(error),
            ) from error

    def stored_bytes(self, name: str) -> int:
        """Bytes of an initializer that lies in the file of weights; 0 of anything else."""
        tensor = self._initializers.get(name)
        places = tensor.external_data if tensor is not None else ()
        return sum(int(place.value) for place in places if place.key == "length")

    def makers(self, level: str, scratch: Path) -> dict[str, str]:
        """The values that are left when the whole model is optimised, and what type of node makes each one then.

        Raises:
            UserError: `layers-part-failed`.
        """
        import onnx

        path = scratch / f"optimised.{level}.onnx"
        weights = path.with_suffix(".weights")  # in the file itself they would all be in memory once more
        options = self._options(level)
        options.optimized_model_filepath = str(path)
        options.add_session_config_entry("session.optimized_model_external_initializers_file_name", weights.name)
        with self._telling(level):
            part = self._part(self._model.outputs, {})
            self._ort.InferenceSession(part.SerializeToString(), options, providers=["CPUExecutionProvider"])
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            nodes = onnx.load_model_from_string(without_weights(data)).graph.node
        path.unlink()
        weights.unlink(missing_ok=True)
        return makers_of(nodes, self._nodes)

    def _part(self, outputs: Sequence[str], feeds: Mapping[str, torch.Tensor]) -> Any:
        """The smallest model that computes some values from those that are fed and from the inputs."""
        import onnx

        whole = self._model.proto
        needed, taken = self._needed(outputs, set(feeds))
        part = onnx.ModelProto(ir_version=whole.ir_version, producer_name=whole.producer_name)
        part.opset_import.extend(whole.opset_import)
        part.functions.extend(whole.functions)
        graph = part.graph
        graph.name = whole.graph.name or "part"
        graph.node.extend(self._nodes[place] for place in sorted(needed))
        fed = {name for name in taken if name in self._producer}
        for node in graph.node:  # one of several outputs may be fed while another is computed
            node.output[:] = [f"{name}.computed" if name in fed else name for name in node.output]
        for name in taken:
            if name in fed:
                tensor = feeds[name]
                kind = onnx.helper.np_dtype_to_tensor_dtype
                element = BFLOAT16 if dtype_name(tensor.dtype) == "bfloat16" else kind(_numpy_dtype(tensor))
                graph.input.append(onnx.helper.make_tensor_value_info(name, element, list(tensor.shape)))
            elif name in self._initializers:
                graph.initializer.append(self._initializers[name])
            elif name in self._sparse:
                graph.sparse_initializer.append(self._sparse[name])
            if name in self._inputs:
                graph.input.append(self._inputs[name])
        graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)
        return part

    def _needed(self, outputs: Sequence[str], fed: set[str]) -> tuple[set[int], list[str]]:
        """Places of the nodes needed, and the names of what they take from outside."""
        nodes: set[int] = set()
        taken: dict[str, None] = {}
        stack = list(outputs)
        seen = set(stack)
        while stack:
            name = stack.pop()
            place = self._producer.get(name)
            if place is None or (name in fed and name not in outputs):
                taken[name] = None
                continue
            nodes.add(place)
            for read in reads(self._nodes[place]):
                if read not in seen:
                    seen.add(read)
                    stack.append(read)
        return nodes, list(taken)

    def _options(self, level: str) -> Any:
        options = session_options(self._ort, level)
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", str(self._model.folder)
        )
        options.enable_cpu_mem_arena = False  # a part runs once: what it needs is to be free again
        return options

    def _value(self, tensor: torch.Tensor) -> Any:
        import torch

        make = self._ort.OrtValue
        whole = tensor.detach().contiguous()
        if whole.dtype == torch.bfloat16:
            return make.ortvalue_from_numpy_with_onnx_type(whole.view(torch.int16).numpy().view("uint16"), BFLOAT16)
        return make.ortvalue_from_numpy(whole.numpy())

    def _tensor(self, value: Any) -> torch.Tensor:
        import torch

        if "bfloat16" in value.data_type():
            return torch.utils.dlpack.from_dlpack(value).clone()
        return torch.from_numpy(value.numpy())


def _numpy_dtype(tensor: torch.Tensor) -> Any:
    return tensor[:0].numpy().dtype if tensor.ndim else tensor.numpy().dtype
