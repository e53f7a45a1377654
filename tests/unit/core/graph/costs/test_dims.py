"""Open sizes of a graph, and shapes once they are chosen."""

from __future__ import annotations

import pytest

from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.costs.dims import has_unknown, open_dims, sizes_by_key, sizes_of_inputs, with_sizes
from modelpack_gui.core.graph.graph import Graph
from tests.unit.core.graph.costs.made_nodes import Sizes, info, node_of, weight


def _graph(*shapes: Sizes | None, output: Sizes | None = (1,)) -> Graph:
    inputs = [info(f"x{i}", shape) for i, shape in enumerate(shapes)]
    nodes = [node_of("Relu", ["x0"], [info("y", output)])]
    return graph_of(nodes, [weight("w", 2)], [*inputs, info("w", (2,))], [info("y", output)])


def test_open_sizes_are_named_as_the_file_names_them_or_by_their_place() -> None:
    dims = open_dims(_graph(("batch", 3, None), ("batch", "sequence")))
    assert [(dim.key, dim.places) for dim in dims] == [
        ("batch", ("x0[0]", "x1[0]")),
        ("x0[2]", ("x0[2]",)),
        ("sequence", ("x1[1]",)),
    ]


def test_a_size_is_chosen_by_its_name_or_by_its_place() -> None:
    graph = _graph(("batch", 3, None), ("batch", "sequence"), output=("inner + 1",))
    given = {"x1[0]": 2, "x0[2]": 7, "sequence": 5, "inner": 4}
    assert sizes_by_key(graph, given) == {"batch": 2, "x0[2]": 7, "sequence": 5, "inner": 4}


@pytest.mark.parametrize("name", ["bach", "x0[1]", "x9[0]"])
def test_a_name_of_no_size_is_not_passed_over(name: str) -> None:
    with pytest.raises(KeyError, match=name.partition("[")[0]):
        sizes_by_key(_graph(("batch", 3, None)), {name: 2})


def test_a_size_that_follows_from_another_is_not_open() -> None:
    assert [dim.key for dim in open_dims(_graph(("batch", "2*batch")))] == ["batch"]


def test_a_name_that_is_no_identifier_is_open() -> None:
    assert [dim.key for dim in open_dims(_graph(("input.1_dim_0", "a b")))] == ["input.1_dim_0", "a b"]


@pytest.mark.parametrize(
    ("name", "size"), [("batch_size", 1), ("height", 224), ("past_sequence_length", 0), ("sequence", 16)]
)
def test_a_size_that_nobody_chose_is_a_usual_one(name: str, size: int) -> None:
    (dim,) = open_dims(_graph((2, name)))
    assert dim.usual == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("batch", 6),
        ("2*batch + 1", 13),
        ("batch // 4", 1),
        ("floor(batch/4) + ceiling(batch/4)", 3),
        ("batch/2", 3),
        ("batch**2", 36),
        ("Max(1, batch - 10)", 1),
        ("-batch + 10", 4),
    ],
)
def test_expressions_of_sizes_are_computed(text: str, size: int) -> None:
    graph = with_sizes(_graph(("batch",), output=(text,)), {"batch": 6})
    assert graph.value_info(graph.value_named("y")).shape == (size,)


@pytest.mark.parametrize(
    "text",
    [
        "other",
        "batch/4",
        "batch - 10",
        "batch//0",
        "__import__('os')",
        "batch.real",
        "9**9**9",
        "(" * 200 + "batch" + ")" * 200,
        "batch*" * 100 + "batch",
        "\0",
        "1e9",
    ],
)
def test_what_is_no_known_size_stays_as_it_is(text: str) -> None:
    graph = with_sizes(_graph(("batch",), output=(text,)), {"batch": 6})
    assert graph.value_info(graph.value_named("y")).shape == (text,)
    assert has_unknown(graph)


def test_a_size_without_a_name_is_chosen_by_its_place_in_one_input_alone() -> None:
    graph = with_sizes(_graph((None, 3), (None, 3), output=(5,)), {"x0[0]": 4})
    assert graph.value_info(graph.value_named("x0")).shape == (4, 3)
    assert graph.value_info(graph.value_named("x1")).shape == (None, 3)


def test_the_graph_itself_stays_as_it_was() -> None:
    graph = _graph(("batch",), output=("batch",))
    assert not has_unknown(with_sizes(graph, {"batch": 2}))
    assert graph.value_info(graph.value_named("y")).shape == ("batch",)


def test_the_sizes_of_example_inputs_are_taken_by_name_and_axis() -> None:
    dims = open_dims(_graph(("batch", 3, None), ("batch", "sequence"), (None,)))
    assert sizes_of_inputs(dims, {"x0": (4, 3, 32), "x1": (5, 16), "other": (1,)}) == {
        "batch": 4, "x0[2]": 32, "sequence": 16
    }  # fmt: skip
