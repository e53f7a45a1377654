"""An ExportedProgram (.pt2), run operator by operator."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import Artifact, TensorInfo
from modelpack_gui.stages.inspection.origin import location_of_stack
from modelpack_gui.stages.inspection.pt2_graph import operator_of, stored_tensors
from modelpack_gui.stages.inspection.pt2_program import load_program, user_inputs
from modelpack_gui.stages.layers.graph import ArtifactGraph, GraphNode
from modelpack_gui.stages.parity.runtimes import first_line
from modelpack_gui.stages.source.inputs import dtype_name

if TYPE_CHECKING:
    import torch

_CALL_NUMBER = re.compile(r"@\d+")


class ProgramSide:
    """See ArtifactSide. There is one level, for nothing is fused.

    Raises:
        UserError: Those of `load_program`; `inputs-do-not-match`.
    """

    def __init__(self, artifact: Artifact, tensors: Sequence[torch.Tensor], names: Sequence[str], level: str) -> None:
        import torch

        self._program, _ = load_program(artifact.path)
        placeholders = [name for name, _ in user_inputs(self._program)]
        if len(placeholders) != len(tensors):
            raise UserError(
                "inputs-do-not-match",
                f"The artifact takes {len(placeholders)} inputs ({', '.join(placeholders) or 'none'}), and there are "
                f"{len(tensors)} example inputs ({', '.join(names) or 'none'}).",
                "Export again with these example inputs.",
            )
        self.sources: Mapping[str, int] = {name: position for position, name in enumerate(placeholders)}
        self.inputs: Mapping[str, torch.Tensor] = dict(zip(placeholders, tensors, strict=True))
        self.levels: tuple[str, ...] = (level,)
        self.description = f"ExportedProgram, torch {torch.__version__}, CPU"
        self.can_be_cut = not any(map(_writes, self._program.graph_module.graph.nodes))
        self._stored = self._stored_by_placeholder()
        nodes = tuple(self._nodes())
        given = tuple(str(name) for name in self._program.graph_signature.user_outputs if name is not None)
        self.graph = ArtifactGraph(nodes, tuple(placeholders), given, dict(self._infos()))

    def run(
        self,
        level: str,  # noqa: ARG002 (there is one)
        outputs: Sequence[str],
        feeds: Mapping[str, torch.Tensor] | None = None,
    ) -> dict[str, torch.Tensor]:
        """See ArtifactSide.

        Where operators write to their inputs, all is run, and what the program gives is looked at in the end.
        """
        import torch

        feeds = (feeds or {}) if self.can_be_cut else {}
        given = {**self.inputs, **feeds}
        wanted = set(outputs)
        needed = {node.name for node in self.graph.nodes}
        if self.can_be_cut:
            parts = (self.graph.back_to(value, set(feeds) - {value})[0] for value in outputs)
            needed = {node.name for nodes in parts for node in nodes}
        late = set() if self.can_be_cut else set(self.graph.outputs)
        found: dict[str, torch.Tensor] = {}
        stored = self._stored

        class Tap(torch.fx.Interpreter):
            def run_node(self, node: torch.fx.Node) -> Any:
                if node.op == "placeholder":
                    return given[node.name].clone() if node.name in given else stored.get(node.name)
                if node.name in given and node.name not in wanted:
                    return given[node.name]
                if node.op == "output" or (node.op == "call_function" and node.name not in needed):
                    return None
                result = super().run_node(node)
                if node.name in wanted and isinstance(result, torch.Tensor):
                    found[node.name] = result if node.name in late else result.clone()
                return result

        try:
            with torch.inference_mode():
                Tap(self._program.graph_module).run(enable_io_processing=False)
            return {name: found[name] for name in outputs}
        except Exception as error:  # a guard on sizes, or whatever the operators raise
            raise UserError(
                "layers-part-failed",
                f"The ExportedProgram in torch {torch.__version__} failed: {first_line(error)}",
                "The parity page runs the artifact as a whole; its message says more.",
                str(error),
            ) from error

    def stored_bytes(self, node: GraphNode) -> int:  # noqa: ARG002 (they are there once, whatever is run)
        """See ArtifactSide."""
        return 0

    def makers_are_known(self, level: str) -> bool:  # noqa: ARG002 (there is one)
        """See ArtifactSide."""
        return True

    def makers(self, level: str) -> Mapping[str, str] | None:  # noqa: ARG002 (there is one)
        """See ArtifactSide."""
        return None

    def close(self) -> None:
        """See ArtifactSide: there is nothing to give up."""

    def _stored_by_placeholder(self) -> dict[str, torch.Tensor]:
        tensors = stored_tensors(self._program)
        specs = self._program.graph_signature.input_specs
        return {str(spec.arg.name): tensors[spec.target] for spec in specs if spec.target in tensors}

    def _nodes(self) -> Iterator[GraphNode]:
        """The calls in order; what takes an item out of several results is part of the operation that gave them."""
        calls = [node for node in self._program.graph_module.graph.nodes if node.op == "call_function"]
        for index, node in enumerate(calls):
            source = node.args[0] if node.target is operator.getitem else node
            stack = list((source.meta.get("nn_module_stack") or {}).values())
            path = _CALL_NUMBER.sub("", str(stack[-1][0])) if stack else ""
            name = operator_of(source.target)[1].partition(".")[0]
            yield GraphNode(
                index=index,
                name=node.name,
                op_type=operator_of(node.target)[1],
                scope=path,
                module_path=path,
                group=source.name,
                operation=name,
                location=location_of_stack(source.meta.get("stack_trace") or ""),
                inputs=tuple(child.name for child in node.all_input_nodes if child.op != "get_attr"),
                outputs=(node.name,),
                has_subgraphs=any(child.op == "get_attr" for child in node.all_input_nodes),
            )

    def _infos(self) -> Iterator[tuple[str, TensorInfo]]:
        """Of the values that are tensors; sizes that are not fixed are left open."""
        import torch

        for node in self._program.graph_module.graph.nodes:
            value = node.meta.get("val")
            if isinstance(value, torch.Tensor):
                sizes: tuple[Any, ...] = tuple(value.shape)  # symbols among them
                shape = tuple(size if isinstance(size, int) else None for size in sizes)
                yield node.name, TensorInfo(node.name, dtype_name(value.dtype), shape)
            elif node.op == "call_function":
                yield node.name, TensorInfo(node.name, "no tensor", None)


def _writes(node: torch.fx.Node) -> bool:
    return bool(getattr(getattr(node.target, "_schema", None), "is_mutable", False))
