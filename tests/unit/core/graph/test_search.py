from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.query import QUERY_HELP, parse, quoted, shape_matcher
from modelpack_gui.core.graph.search import GraphSearch
from modelpack_gui.core.records import AttributeInfo, InitializerInfo, NodeInfo, TensorInfo


def node(op_type: str, inputs: tuple[str, ...], output: TensorInfo, module: str = "", **more: object) -> NodeInfo:
    made = NodeInfo(0, op_type, "ai.onnx", f"n_{output.name}", module, inputs, (output.name,), (output,))
    return made if not more else NodeInfo(**{**vars(made), **more})


@pytest.fixture(scope="module")
def graph() -> Graph:
    """0 Conv → 1 Relu → 2 Conv of two groups → 3 Cast → 4 my::Gelu, whose shape is unknown."""
    attributes = (AttributeInfo("group", "INT", "1"), AttributeInfo("kernel_shape", "INTS", "[3, 3]"))
    grouped = (AttributeInfo("group", "INT", "2"), AttributeInfo("auto_pad", "STRING", "SAME_UPPER"))
    return graph_of(
        [
            node(
                "Conv",
                ("image", "w.0"),
                TensorInfo("a", "float32", ("batch", 3, 8, 8)),
                "layers.1",
                attributes=attributes,
                source_location="C:\\my code\\net.py:12",
            ),
            node("Relu", ("a",), TensorInfo("b", "float32", ("batch", 30, 8)), "layers.1.act", module_class="my.Act"),
            node(
                "Conv",
                ("b", "", "w.1"),
                TensorInfo("c", "float32", (1, 3)),
                "layers.10",
                attributes=grouped,
                source_location="/home/net.py:1",
            ),
            node("Cast", ("c",), TensorInfo("d", "float16", ()), "layers", source_location="/home/other.py:12"),
            node("Gelu", ("d",), TensorInfo("e", "", None), "", domain="my.ops", name="last one"),
        ],
        [InitializerInfo("w.0", "float32", (3, 3, 3, 3), 324)],
        [TensorInfo("image", "float32", (1, 3, 8, 8))],
    )


def found(graph: Graph, text: str) -> list[int]:
    return list(GraphSearch(graph).nodes(parse(text)))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("   ", [0, 1, 2, 3, 4]),
        ("CONV", [0, 2]),
        ("conv w.1", [2]),
        ("-conv", [1, 3, 4]),
        ("my.act", [1]),  # the class of a module, which has no column of its own
        ('"last one"', [4]),
        ('name:"t o"', [4]),
        ("op:conv", [0, 2]),
        ("op:c", [0, 2, 3]),
        ("op:conv op:cast", [0, 2, 3]),
        ("-op:conv", [1, 3, 4]),
        ("-op:conv -op:cast", [1, 4]),
        ("op:absent", []),
        ("op:", [0, 1, 2, 3, 4]),
        ("-", [0, 1, 2, 3, 4]),
        ("name:n_a", [0]),
        ("module:layers.1", [0, 1, 2]),
        ("module:act", [1]),
        ("under:layers.1", [0, 1]),
        ("under:layers", [0, 1, 2, 3]),
        ("-under:layers", [4]),
        ("in:w.", [0, 2]),
        ("out:e", [4]),
        ("dtype:float16", [3]),
        ("dtype:float", [0, 1, 2, 3]),
        ("domain:my", [4]),
        ("source:net.py", [0, 2]),
        ("source:net.py:1", [2]),
        ("source:net.py:12", [0]),
        ("attr:group", [0, 2]),
        ("attr:group>1", [2]),
        ("attr:group>=1", [0, 2]),
        ("attr:group<2", [0]),
        ("attr:group<=2", [0, 2]),
        ("attr:group=1.0", [0]),
        ("attr:group!=1", [2]),
        ("attr:group>", [0, 2]),  # half typed
        ("attr:group>many", []),
        ("attr:kernel_shape=3x3", [0]),
        ("attr:kernel_shape=[3,3]", [0]),
        ("attr:kernel_shape=3", [0]),
        ("attr:auto_pad=same_upper", [2]),
        ("attr:=same_upper", [2]),
        ("-attr:group", [1, 3, 4]),
        ("op:Conv attr:group>1 shape:1x", [2]),
        ("shape:?x3x", [0]),
        ("shape:?x3", [0, 1, 2]),
        ("shape:batch×3x", [0]),
        ("shape:x8", [0, 1]),
        ("shape:x8x8", [0]),
        ("shape:scalar", [3]),
        ("shape:unknown", [4]),
        ("#3", [3]),
        ("#99999999999999", []),
        ("op:relu #3", []),
        ("other:thing", []),  # no field: a word as any other
        ("-1", []),
    ],
)
def test_a_query_finds_the_nodes_that_all_its_words_hold_for(graph: Graph, typed: str, expected: list[int]) -> None:
    assert found(graph, typed) == expected


def test_an_output_that_is_left_out_is_not_one_of_unknown_shape() -> None:
    known = TensorInfo("kept", "float32", (1, 3))
    dropout = node("Dropout", ("image", ""), known, outputs=("kept", ""))
    made = graph_of([dropout], [], [TensorInfo("image", "float32", (1, 3))])
    assert found(made, "shape:1x3") == [0]
    assert found(made, "shape:unknown") == []
    assert found(made, "in:kept") == []


@pytest.mark.parametrize(
    ("wanted", "shape", "fits"),
    [
        ("1", (1, 3), True),
        ("1", (12, 3), True),  # the last size may be half typed
        ("1x", (12, 3), False),
        ("1x", (1,), False),
        ("?x?", (None, "batch"), True),
        ("x", (4, 4), True),
        ("x3x", (1, 3, 8), True),
        ("x3x", (1, 8, 3), False),
        ("1,3", (1, 3), True),
        ("batch", ("Batch", 3), True),
        ("1x3x8x8x8", (1, 3), False),
        ("scalar", (1,), False),
        ("?", None, False),
    ],
)
def test_a_shape_is_matched_axis_by_axis(wanted: str, shape: tuple[int | str | None, ...] | None, fits: bool) -> None:
    assert shape_matcher(wanted)(shape) is fits


@given(st.text(max_size=40))
def test_any_text_is_a_query(graph: Graph, text: str) -> None:
    assert set(found(graph, text)) <= set(range(5))


@given(st.sampled_from(["op", "name", "module", "in", "attr", "source"]), st.text("ab .:-x>=\t", min_size=1))
def test_a_text_put_in_a_word_is_read_back_whole(field: str, wanted: str) -> None:
    if not wanted.strip() or wanted.strip("-") != wanted:
        return
    terms = parse(quoted(field, wanted)).terms
    assert [(term.field, term.wanted) for term in terms] == [(field, wanted.lower())]


def test_words_are_found_in_subgraphs_too() -> None:
    builder = GraphBuilder("g")
    owner = builder.add_node(node("If", ("x",), TensorInfo("y", "float32", None)))
    inner = builder.add_scope("then_branch of node 0", "subgraph", 0, owner)
    builder.add_node(node("Relu", ("x",), TensorInfo("z", "float32", None)), inner)
    assert found(builder.finish(), "relu") == [1]


def test_a_letter_more_or_less_finds_what_a_fresh_search_does(graph: Graph) -> None:
    search = GraphSearch(graph)
    steps = (
        "c",
        "co",
        "conv",
        "conv w",
        "conv w.",
        "conv w.1",
        "conv w",
        "conv",
        "-conv",
        "-con",
        "on",
        "op:c",
        "op:co",
    )
    for text in steps:
        assert list(search.nodes(parse(text))) == found(graph, text)


def test_the_help_names_every_field() -> None:
    from modelpack_gui.core.graph.query import FIELDS

    assert all(f"{field}:" in QUERY_HELP for field in FIELDS)


def test_it_is_prepared_in_steps_once(graph: Graph) -> None:
    search = GraphSearch(graph)
    assert sum(1 for _ in search.preparing()) > 1
    assert list(search.nodes(parse("conv"))) == [0, 2]
    assert sum(1 for _ in search.preparing()) == 0


def test_a_graph_is_connected_in_steps_as_at_once(graph: Graph) -> None:
    other = Graph(graph.columns)
    for _ in other.preparing():
        pass
    assert [list(other.consumers(value)) for value in range(other.value_count)] == [
        list(graph.consumers(value)) for value in range(graph.value_count)
    ]
