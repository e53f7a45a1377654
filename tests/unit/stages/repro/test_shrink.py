from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import ParitySpec
from modelpack_gui.stages.repro.reproduce import Difference
from modelpack_gui.stages.repro.shrink import Shrinker
from modelpack_gui.stages.repro.subgraph import Cut, Graph
from modelpack_gui.stages.repro.trial import Outcome, Trial, Trials, Values

STEPS = 8
ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


def chain(path: Path, wrong: Collection[int] = ()) -> Graph:
    """v0 = x + 1, v1 = v0 + 1, ...; those in `wrong` add 2."""
    nodes = [
        helper.make_node("Add", [f"v{i - 1}" if i else "x", "two" if i in wrong else "one"], [f"v{i}"], name=f"n{i}")
        for i in range(STEPS)
    ]
    graph = helper.make_graph(
        nodes, "chain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info(f"v{STEPS - 1}", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(np.float32(number), name) for name, number in (("one", 1), ("two", 2))],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]), path)
    return Graph(path, path.parent)


def eager(*steps: int) -> dict[str, Any]:
    """What the model computes at the ends, and after these steps."""
    return {"x": ROWS, **{f"v{i}": ROWS + np.float32(i + 1) for i in (*steps, STEPS - 1)}}


def trials(graph: Graph, kind: type[Trials] = Trials) -> Trials:
    return kind(graph, ParitySpec(), "", PlainContext(), 60.0)


@pytest.mark.parametrize("wrong", range(1, STEPS - 1))
def test_the_part_runs_from_the_last_known_values_to_where_it_goes_wrong(tmp_path: Path, wrong: int) -> None:
    graph = chain(tmp_path / "m.onnx", [wrong])
    found = Shrinker(graph, trials(graph), eager(*range(STEPS))).find(f"v{wrong}")
    assert found is not None
    assert found.cut.nodes == (wrong,)
    assert found.failure == {"off": "differs", "all": "differs"}
    assert np.array_equal(found.feeds[f"v{wrong - 1}"], ROWS + wrong)


def test_what_the_artifact_computes_itself_is_not_fed_where_it_may_be_wrong(tmp_path: Path) -> None:
    graph = chain(tmp_path / "m.onnx", [4])
    found = Shrinker(graph, trials(graph), eager(1, 6)).find("v6")
    assert found is not None
    assert found.cut.nodes == (2, 3, 4, 5, 6)


def test_a_part_that_hides_the_failure_is_widened_to_the_smallest_that_shows_it(tmp_path: Path) -> None:
    """As when a difference shows only after some more operations."""
    graph = chain(tmp_path / "m.onnx", [3])
    found = Shrinker(graph, trials(graph), eager(*range(STEPS))).find("v6")
    assert found is not None
    assert found.cut.nodes == (3, 4, 5, 6)


class FusionFails(Trials):
    """As if the runtime, when it optimises, got nodes 3 and 4 wrong where it sees both of them."""

    def run(self, cut: Cut, feeds: Values, expected: Any) -> Trial:
        found = super().run(cut, feeds, expected)
        if not {3, 4} <= set(cut.nodes):
            return found
        wrong = Outcome("", Difference("fused wrongly", 1.0))
        return dataclasses.replace(found, outcomes={**found.outcomes, "all": wrong})


def test_what_only_an_optimisation_gets_wrong_is_cut_to_the_nodes_it_acts_on(tmp_path: Path) -> None:
    """There the artifact's own values are right as long as nothing is optimised, and serve as inputs and outputs."""
    graph = chain(tmp_path / "m.onnx")
    found = Shrinker(graph, trials(graph, FusionFails), eager()).find("")
    assert found is not None
    assert found.failure == {"all": "differs"}
    assert found.cut.nodes == (3, 4)
    assert np.array_equal(found.expected, ROWS + 5)


def test_nothing_is_found_where_nothing_fails(tmp_path: Path) -> None:
    graph = chain(tmp_path / "m.onnx")
    assert Shrinker(graph, trials(graph), eager(*range(STEPS))).find("v3") is None


def test_a_value_that_is_wrong_within_the_tolerances_is_judged_by_its_noise(tmp_path: Path) -> None:
    graph = chain(tmp_path / "m.onnx")
    known = eager(*range(STEPS))
    known["v3"] = known["v3"] + np.float32(1e-3)
    tried = trials(graph)
    found = Shrinker(graph, tried, known).find("v3", limit=1e-4)
    assert found is not None
    assert (found.cut.nodes, tried.tolerance(found.cut, found.expected)) == ((3,), (0.0, 1e-4))
    assert Shrinker(graph, trials(graph), known).find("v3", limit=1e-2) is None


def test_what_only_constants_go_into_becomes_a_constant(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.float32(3))),
        helper.make_node("Neg", ["c"], ["d"]),
        helper.make_node("Mul", ["x", "d"], ["y"]),
    ]
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "xy"]
    onnx_graph = helper.make_graph(nodes, "g", info[:1], info[1:])
    opsets = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(onnx_graph, ir_version=10, opset_imports=opsets), tmp_path / "m.onnx")
    graph = Graph(tmp_path / "m.onnx", tmp_path)
    tried = trials(graph)
    found = Shrinker(graph, tried, {"x": ROWS, "y": ROWS}).find("")
    assert found is not None
    assert (found.cut.nodes, found.cut.inputs, found.cut.fixed) == ((2,), ("x",), ("d",))
    model = tried.model(found.cut, found.feeds, found.expected)
    assert [(tensor.name, numpy_helper.to_array(tensor)) for tensor in model.graph.initializer] == [("d", -3.0)]
