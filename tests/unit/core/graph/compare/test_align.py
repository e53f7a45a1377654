from __future__ import annotations

import random

import pytest

from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.compare.align import Alignment, align
from modelpack_gui.core.graph.compare.difference import Difference, State
from modelpack_gui.core.graph.compare.features import Digests
from modelpack_gui.core.graph.compare.pairs import difference_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import AttributeInfo, InitializerInfo, NodeInfo, TensorInfo

X, Y = TensorInfo("x", "float32", (1, 4)), TensorInfo("y", "float32", (1, 4))


class Net:
    """A graph under construction, whose weights have the digests that a test gives them."""

    def __init__(self) -> None:
        self.nodes: list[NodeInfo] = []
        self.weights: list[InitializerInfo] = []
        self.digests: list[str] = []

    def node(self, op: str, *inputs: str, out: str = "", name: str = "", module: str = "", **attributes: str) -> str:
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(
            NodeInfo(
                index=len(self.nodes),
                op_type=op,
                domain="ai.onnx",
                name=name,
                module_path=module,
                inputs=inputs,
                outputs=(out,),
                output_infos=(TensorInfo(out, "float32", (1, 4)),),
                attributes=tuple(AttributeInfo(key, "INT", value) for key, value in attributes.items()),
            )
        )
        return out

    def weight(self, name: str, digest: str = "", shape: tuple[int, ...] = (4, 4)) -> str:
        self.weights.append(InitializerInfo(name, "float32", shape, 64))
        self.digests.append(digest)
        return name

    @property
    def graph(self) -> Graph:
        return graph_of(self.nodes, self.weights, (X,), (TensorInfo(self.nodes[-1].outputs[0], "float32", (1, 4)),))


def aligned(left: Net, right: Net) -> Alignment:
    return align(left.graph, right.graph, Digests(left.digests), Digests(right.digests), lambda: None)


def compared(left: Net, right: Net) -> Difference:
    return difference_of(aligned(left, right))


def chain(*ops: str, seed: str = "w", prefix: str = "v") -> Net:
    """Nodes one after the other; a MatMul has a weight of its own."""
    net, value = Net(), "x"
    for place, op in enumerate(ops):
        inputs = [value]
        if op == "MatMul":
            inputs.append(net.weight(f"{prefix}w{place}", f"{seed}{sum(o == 'MatMul' for o in ops[:place])}"))
        value = net.node(op, *inputs, out=f"{prefix}{place}")
    return net


def test_a_graph_is_its_own_partner_node_by_node() -> None:
    net = chain("MatMul", "Relu", "MatMul", "Relu", "Relu")
    found = compared(net, net)
    assert list(found.partner) == [0, 1, 2, 3, 4]
    assert found.counts == {"same": 5}


def test_other_names_everywhere_are_no_change() -> None:
    found = compared(chain("MatMul", "Relu", "MatMul"), chain("MatMul", "Relu", "MatMul", prefix="other_"))
    assert found.counts == {"renamed": 3}


def test_a_node_put_in_leaves_all_others_as_they_were() -> None:
    found = compared(chain("MatMul", "Relu", "Relu", "MatMul"), chain("MatMul", "Relu", "Tanh", "Relu", "MatMul"))
    assert list(found.back) == [0, 1, -1, 2, 3]
    assert found.back_state[2] == State.ADDED
    assert [change.aspect for change in found.changes(2)] == ["input", "output name"]


def test_a_node_taken_out_is_the_one_that_is_removed() -> None:
    found = compared(chain("MatMul", "Relu", "Tanh", "Relu", "MatMul"), chain("MatMul", "Relu", "Relu", "MatMul"))
    assert list(found.partner) == [0, 1, -1, 2, 3]
    assert found.counts["removed"] == 1


def test_weights_tell_branches_of_one_shape_apart_whatever_their_order() -> None:
    def branches(order: str) -> Net:
        net = Net()
        outs = {key: net.node("MatMul", "x", net.weight(f"{order}{key}", key)) for key in order}
        net.node("Concat", outs["a"], outs["b"], outs["c"])
        return net

    found = compared(branches("abc"), branches("cab"))
    assert list(found.partner) == [1, 2, 0, 3]


def test_retrained_weights_are_a_change_of_weights_alone() -> None:
    found = compared(chain("MatMul", "Relu", "MatMul"), chain("MatMul", "Relu", "MatMul", seed="other"))
    assert found.aspect_counts == {"weights": 2}
    assert found.changes(0)[0].after == "other values"


def test_weights_whose_values_were_not_read_are_taken_for_the_same() -> None:
    left, right = chain("MatMul", "Relu"), chain("MatMul", "Relu", seed="other")
    left.digests = right.digests = ["", ""]
    assert compared(left, right).counts == {"same": 2}


def test_an_operator_in_the_place_of_another_is_one_changed_node() -> None:
    found = compared(chain("MatMul", "Relu", "MatMul"), chain("MatMul", "Gelu", "MatMul"))
    assert found.counts == {"same": 2, "changed": 1}
    assert [(change.before, change.after) for change in found.changes(1)] == [("Relu", "Gelu")]


def test_an_attribute_left_out_is_its_default() -> None:
    left, right = Net(), Net()
    left.node("Softmax", "x", axis="-1")
    right.node("Softmax", "x")
    digests = Digests(defaults={("Softmax", "ai.onnx"): {"axis": "-1"}})
    found = difference_of(align(left.graph, right.graph, digests, digests, lambda: None))
    assert found.counts == {"same": 1}
    plain = compared(left, right)
    assert [(change.what, change.before, change.after) for change in plain.changes(0)] == [("axis", "-1", "")]


def test_a_constant_is_as_good_as_an_initializer_and_an_identity_hands_on() -> None:
    left, right = Net(), Net()
    left.node("MatMul", "x", left.weight("w", "d"), out="y")
    constant = right.node("Constant", value="tensor")
    same = right.node("Identity", "x")
    right.node("MatMul", same, constant, out="y")
    digests = Digests(attributes={0: "d"})
    found = difference_of(align(left.graph, right.graph, Digests(left.digests), digests, lambda: None))
    assert list(found.partner) == [2]
    assert found.counts == {"same": 1, "added": 2}


def test_swapped_inputs_matter_only_where_the_operator_has_an_order() -> None:
    def two(op: str, *, is_swapped: bool) -> Net:
        net = Net()
        one, other = net.node("Relu", "x"), net.node("Tanh", "x")
        net.node(op, *((other, one) if is_swapped else (one, other)))
        return net

    assert compared(two("Add", is_swapped=False), two("Add", is_swapped=True)).counts == {"same": 3}
    assert compared(two("Sub", is_swapped=False), two("Sub", is_swapped=True)).counts == {"same": 2, "rewired": 1}


def test_numbered_names_that_shifted_do_not_mislead() -> None:
    left, right = Net(), Net()
    value = "x"
    for i in range(4):
        value = left.node("MatMul", value, left.weight(f"w{i}", f"d{i}"), name=f"MatMul_{i}")
    value = right.node("MatMul", "x", right.weight("new", "n"), name="MatMul_0", out="r")
    for i in range(4):
        value = right.node("MatMul", value, right.weight(f"w{i}", f"d{i}"), name=f"MatMul_{i + 1}", out=f"r{i}")
    assert list(compared(left, right).partner) == [1, 2, 3, 4]


def test_modules_tell_nodes_apart_when_nothing_else_does() -> None:
    def net(seed: str, modules: str) -> Net:
        made, value = Net(), "x"
        for module in modules:
            value = made.node("MatMul", value, made.weight(f"{seed}{module}", f"{seed}{module}"), module=module)
        return made

    assert list(aligned(net("l", "abd"), net("r", "abcd")).partner) == [0, 1, 3]


def test_empty_graphs_have_nothing_in_common() -> None:
    empty = Net()
    empty.nodes = []
    graph = graph_of([])
    found = difference_of(align(graph, chain("Relu").graph, Digests(), Digests(), lambda: None))
    assert found.counts == {"added": 1}


@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_one_to_one_of_one_operator_unless_said_otherwise(seed: int) -> None:
    pick = random.Random(seed)

    def graph() -> Net:
        net, values = Net(), ["x"]
        for _ in range(pick.randrange(1, 60)):
            op = pick.choice(("Relu", "Add", "MatMul"))
            inputs = [pick.choice(values) for _ in range(2 if op == "Add" else 1)]
            if op == "MatMul":
                inputs.append(net.weight(f"w{len(net.weights)}", pick.choice("ab")))
            values.append(net.node(op, *inputs, name=pick.choice(("", f"n{pick.randrange(9)}"))))
        return net

    left, right = graph(), graph()
    found = compared(left, right)
    for node, other in enumerate(found.partner):
        if other >= 0:
            assert found.back[other] == node
            is_same = left.nodes[node].op_type == right.nodes[other].op_type
            assert is_same or "operator" in found.aspects(node)
    assert sum(other >= 0 for other in found.partner) == sum(node >= 0 for node in found.back)


def test_it_ends_when_nobody_waits_any_more() -> None:
    def check() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        align(chain("Relu").graph, chain("Relu").graph, Digests(), Digests(), check)


@pytest.mark.parametrize("seed", range(20))
def test_graphs_that_no_checker_lets_through_are_compared_all_the_same(seed: int) -> None:
    pick = random.Random(seed)

    def broken() -> Graph:
        """Cycles, values made twice or by nobody, inputs left out."""
        names = ["", *(f"v{i}" for i in range(12))]
        net = Net()
        for _ in range(30):
            net.node(pick.choice(("Relu", "Identity", "Constant")), *pick.choices(names, k=2), out=pick.choice(names))
        return net.graph

    left, right = broken(), broken()
    found = difference_of(align(left, right, Digests(), Digests(), lambda: None))
    assert sum(found.counts.values()) == len(left.nodes) + list(found.back).count(-1)


def test_a_quantised_model_is_laid_beside_the_one_it_was_made_of() -> None:
    left, right = Net(), Net()
    made = left.node("Relu", "x", out="made")
    left.node("MatMul", made, left.weight("w", "d"), out="y")
    made = right.node("Relu", "x", out="made")
    small = right.node("QuantizeLinear", made, right.weight("scale", "s", ()))
    back = right.node("DequantizeLinear", small, "scale")
    weight = right.node("DequantizeLinear", right.weight("w8", "q"), right.weight("w_scale", "t", ()))
    right.node("MatMul", back, weight, out="y")
    found = compared(left, right)
    assert list(found.partner) == [0, 4]
    assert found.counts == {"same": 1, "changed": 1, "added": 3}
    assert found.aspects(1) == ("quantised", "weights")
    assert found.clutter(left.graph, right.graph) == {"added": {"QuantizeLinear": 1, "DequantizeLinear": 2}}


def test_an_operator_that_computes_in_integers_is_found_by_the_name_that_quantising_made_longer() -> None:
    left, right = Net(), Net()
    one = left.node("Conv", "x", name="/d1/Conv", out="/d1/Conv_output_0")
    two = left.node("Sigmoid", one, name="/Sigmoid_1", out="/Sigmoid_1_output_0")
    left.node("Mul", one, two, name="/Mul_1", out="/Mul_1_output_0")
    one = right.node("QLinearConv", "x", name="/d1/Conv_quant", out="/d1/Conv_output_0_quantized")
    two = right.node("QLinearSigmoid", one, name="/Sigmoid_1_quant", out="/Sigmoid_1_output_0_quantized")
    three = right.node("QLinearMul", one, two, name="/Mul_1_quant", out="/Mul_1_output_0_quantized")
    right.node("DequantizeLinear", three, name="/Mul_1_output_0_DequantizeLinear", out="/Mul_1_output_0")
    found = compared(left, right)
    assert list(found.partner) == [0, 1, 2]
    assert {State(state) for state in found.state} == {State.CHANGED}
