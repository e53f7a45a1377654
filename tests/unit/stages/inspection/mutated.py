"""Damages ONNX models, seeded, and reads each: run as a program, so that whatever crashes is not the test itself.

    python -m tests.unit.stages.inspection.mutated FOLDER FIRST COUNT

writes a line of JSON for each: its number, what was done to it, and its `outcome`.
"""

from __future__ import annotations

import faulthandler
import json
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import ModelProto, TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.costs.dims import open_dims, with_sizes
from modelpack_gui.core.graph.costs.node_costs import costs_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records import InspectRequest, LayoutRequest
from modelpack_gui.stages.inspection.stage import run

LONGEST_S = 60
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def _value(name: str, shape: list[Any] | None = None, dtype: int = FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def whole() -> bytes:
    """A small model with something of everything: subgraphs, a function, sparse and external tensors, metadata."""
    weight = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(4, 3), "weight")
    shape = numpy_helper.from_array(np.array([-1, 3], np.int64), "shape")
    words = helper.make_tensor("words", TensorProto.STRING, [2], [b"ab", b"c"])
    packed = helper.make_tensor("packed", TensorProto.INT4, [4], [1, 2, 3, 4])
    far = TensorProto(name="far", data_type=FLOAT, dims=[2, 2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "far.bin"), ("offset", "16"), ("length", "16")):
        far.external_data.add(key=key, value=value)
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(np.ones(2, np.float32), "sparse"),
        numpy_helper.from_array(np.array([0, 5], np.int64)),
        [4, 3],
    )
    branches = {
        f"{name}_branch": helper.make_graph(
            [helper.make_node(op, ["m"], [f"{name}_out"])], name, [], [_value(f"{name}_out", ["n", 3])]
        )
        for name, op in (("then", "Abs"), ("else", "Neg"))
    }
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("my", 1)]
    twice = helper.make_function(
        "my", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], opsets[:1]
    )
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["m"], name="/net/fc/MatMul"),
        helper.make_node("Shape", ["m"], ["size"]),
        helper.make_node("If", ["flag"], ["chosen"], name="choice", **branches),
        helper.make_node("Twice", ["chosen"], ["doubled"], domain="my"),
        helper.make_node("Constant", [], ["one"], value=numpy_helper.from_array(np.ones(1, np.float32))),
        helper.make_node("Add", ["doubled", "one"], ["sum"], doc_string="of both"),
        helper.make_node("Conv", ["sum", "far", ""], ["odd"], kernel_shape=[1, 1], auto_pad="SAME_UPPER"),
        helper.make_node("Reshape", ["sum", "shape"], ["y"]),
    ]
    nodes[0].metadata_props.add(key="pkg.torch.onnx.name_scopes", value="['', 'fc', 'matmul']")
    graph = helper.make_graph(
        nodes,
        "net",
        [_value("x", ["n", 4]), _value("flag", [], TensorProto.BOOL)],
        [_value("y"), _value("size", None, INT64)],
        [weight, shape, words, packed, far],
        sparse_initializer=[sparse],
    )
    model = helper.make_model(graph, functions=[twice], opset_imports=opsets, ir_version=10)
    helper.set_model_props(model, {"made": "by hand"})
    return bytes(model.SerializeToString())


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 12)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    for place in range(start, min(start + chance.randint(1, 16), len(data))):
        data[place] = chance.choice((0, 0xFF, 0x80, 0x7F, chance.randrange(256)))


def _remove(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.randint(1, 40)]


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    data[start:start] = data[start : start + chance.randint(1, 200)] * chance.randint(1, 5)


def _swap_texts(data: bytearray, chance: random.Random) -> None:
    """Names made the same, empty, or no text: what the file says of its graph changes, and it stays a message."""
    names = [b"weight", b"chosen", b"doubled", b"sum", b"one", b"m", b"Twice", b"Add", b"my", b"If", b"float"]
    before = chance.choice(names)
    after = chance.choice((*names, b"\xff\xfe", b"\xed\xa0\x80", b"\0", b"a" * 8, b"unk__0"))
    data[:] = data.replace(before, (after * len(before))[: len(before)])


def _edit(data: bytearray, chance: random.Random) -> None:
    """A few fields of the messages themselves cleared, repeated, or given what they never should hold."""
    model = ModelProto()
    try:
        model.ParseFromString(bytes(data))
    except DecodeError:
        return
    for _ in range(chance.randint(1, 4)):
        message = chance.choice(list(_messages(model)))
        fields = [field for field, _ in message.ListFields()]
        if fields:
            _edit_field(message, chance.choice(fields), chance)
    data[:] = model.SerializeToString()


def _messages(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in value if field.is_repeated else (value,):
                yield from _messages(inner)


def _edit_field(message: Any, field: Any, chance: random.Random) -> None:
    value = getattr(message, field.name)
    if chance.random() < 0.2:
        message.ClearField(field.name)
    elif field.message_type is not None:
        if field.is_repeated:
            value.add().CopyFrom(chance.choice(value))
    elif field.is_repeated:
        value[chance.randrange(len(value))] = _odd(field, chance)
    else:
        setattr(message, field.name, _odd(field, chance))


def _odd(field: Any, chance: random.Random) -> Any:
    if field.enum_type is not None:
        return chance.choice(field.enum_type.values).number
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return chance.choice((float("nan"), float("inf"), -1e38))
    if field.cpp_type == field.CPPTYPE_STRING:
        text = chance.choice(
            ("", "x", "m", "sum", "weight", "my", "Twice", "Loop", "If", "Scan", "\0", "a" * 100_000)
        )
        return text.encode() if field.type == field.TYPE_BYTES else text
    bits = 31 if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32) else 63
    lowest = 0 if field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64) else -(2**bits)
    return chance.choice((0, 1, 2**bits - 1, lowest, 7, 2**20))


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _cut, _flip, _overwrite, _remove, _repeat, _swap_texts, _swap_texts, _edit, _edit, _edit, _edit, _edit,
)  # fmt: skip


def mutated(model: bytes, number: int) -> tuple[bytes, str]:
    """A model damaged once or twice, always the same for a number, and how."""
    chance = random.Random(number)
    data = bytearray(model)
    done = []
    for _ in range(chance.choice((1, 1, 2))):
        mutation = chance.choice(MUTATIONS)
        if data:
            mutation(data, chance)
        done.append(mutation.__name__.strip("_"))
    return bytes(data), " and ".join(done)


def outcome(path: Path, folder: Path) -> str:
    """`graph` or `graph, onnx crashed`, the code of a UserError, or the traceback of what should not be.

    A graph is read, all of it looked at, laid out, and counted.
    """
    try:
        index = run(InspectRequest(str(path), str(folder)), PlainContext(scratch=folder))
        graph = Graph.read(Path(index.columns))
        for rows in (graph.nodes, graph.initializers, graph.scopes, graph.groups):
            json.dumps([str(row) for row in rows])  # what a window may show
        for value in range(graph.value_count):
            graph.value_info(value).shape_text.encode()
            graph.consumers(value)
        for scope in range(len(graph.scopes)):
            lay_out(graph, LayoutRequest(index.columns, scope=scope, opened=tuple(range(len(graph.groups)))))
        costs_of(with_sizes(graph, {dim.key: 2 for dim in open_dims(graph)}))
        Path(index.columns).unlink()
    except UserError as error:
        return error.info.code if error.info.hint else f"{error.info.code} says not what to do"
    except BaseException:
        return traceback.format_exc()
    return "graph, onnx crashed" if "crashed" in index.shape_inference_error else "graph"


def main() -> None:
    """Read one after the other."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    model = whole()
    for number in range(first, first + count):
        data, done = mutated(model, number)
        path = folder / "mutated.onnx"
        path.write_bytes(data)
        faulthandler.dump_traceback_later(LONGEST_S, exit=True)
        sys.stdout.write(f"{json.dumps([number, done, outcome(path, folder)])}\n")
        sys.stdout.flush()
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
