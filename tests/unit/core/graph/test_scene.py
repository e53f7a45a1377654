from __future__ import annotations

from pathlib import Path

import pytest

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.box_text import LINE_CHARACTERS, box_lines, shortened
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.columns import ColumnsError, write_columns
from modelpack_gui.core.graph.scene import Scene
from modelpack_gui.core.records import AttributeInfo, InitializerInfo, NodeInfo, TensorInfo


def test_a_scene_is_read_as_it_was_written(tmp_path: Path) -> None:
    scene = Scene()
    frame = scene.add_box(kinds.BOX_FRAME, 3, (0, 0, 100, 200), count=2)
    first = scene.add_box(kinds.BOX_NODE, 7, (10, 20, 80, 30), parent=frame)
    second = scene.add_box(kinds.BOX_NODE, 8, (10, 120, 80, 30), parent=frame)
    scene.add_edge(first, second, 5, [(50, 50), (60, 85), (50, 120)], count=1, size_bytes=64)
    scene.write(tmp_path / "scene")

    read = Scene.read(tmp_path / "scene")

    assert list(read.box_parent) == [-1, frame, frame]
    assert list(read.edge_starts) == [0, 3]
    assert list(read.edge_x) == [50, 60, 50]
    assert read.size == (100, 200)


def test_a_file_that_lacks_a_column_is_no_scene(tmp_path: Path) -> None:
    write_columns(tmp_path / "scene", {"box_kind": Scene().box_kind})
    with pytest.raises(ColumnsError, match="box_ref"):
        Scene.read(tmp_path / "scene")


def test_a_box_says_what_is_asked_of_a_node() -> None:
    graph = graph_of(
        [
            NodeInfo(
                0, "Conv", "ai.onnx", "node_conv", "stem.conv", ("x", "stem.conv.weight"), ("y",),
                (TensorInfo("y", "float32", (1, 8)),),
                tuple(AttributeInfo(f"a{i}", "INT", str(i)) for i in range(20)),
                module_class="torch.nn.Conv2d",
            )
        ],
        [InitializerInfo("stem.conv.weight", "float32", (8, 3, 3, 3), 864)],
        [TensorInfo("x", "float32", ("batch", 3))],
    )  # fmt: skip

    assert box_lines(graph, kinds.BOX_NODE, 0) == ("Conv",)
    assert box_lines(graph, kinds.BOX_NODE, 0, ("names", "weights")) == ("Conv", "node_conv", "weight 8×3×3×3")
    assert box_lines(graph, kinds.BOX_NODE, 0, ("attributes",))[-1] == "13 more"
    x = graph.value_named("x")
    assert box_lines(graph, kinds.BOX_INPUT, x) == ("x", "float32 batch × 3")
    assert box_lines(graph, kinds.BOX_STUB_TO, x, count=2) == ("x to 2 places",)
    group = graph.ints("node_group")[0]
    assert box_lines(graph, kinds.BOX_GROUP, group, part=(1, 3), count=9)[0].endswith("(2 of 3)")


def test_a_long_text_keeps_both_ends_on_one_line() -> None:
    text = shortened("model.layers.0\n" + "x" * 1_000_000 + "\0.weight")
    assert len(text) == LINE_CHARACTERS
    assert text.startswith("model.layers.0")
    assert text.isprintable()
