"""Nodes that a graph could do without, and float64 where it is not meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import numpy_helper

from tests.unit.stages.inspection.checks.checker import DOUBLE, FLOAT, HALF, Checker, op, value, weight


def test_nodes_that_do_nothing_and_those_that_must_copy(checker: Checker) -> None:
    checker.check(
        [op("Identity", ("x",), "h"), op("Relu", ("h",), "y"), op("Identity", ("x",), "z")],
        outputs=[value("y"), value("z")],
    )
    assert checker.found("identities") == [["identity_h"]]


def test_casts_back_and_forth(checker: Checker) -> None:
    checker.check(
        [
            op("Cast", ("x",), "half", to=HALF),
            op("Cast", ("half",), "back", to=FLOAT),
            op("Cast", ("back",), "same", to=FLOAT),
            op("Relu", ("same",), "y"),
        ],
        outputs=[value("y")],
    )
    assert checker.found("casts") == [["cast_back", "cast_half"], ["cast_same"]]
    assert "float32 to float16 and back" in checker.texts("casts")[0]


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [([0, 2, 1], [0, 2, 1], "undo one another"), ([1, 2, 0], [1, 2, 0], "could be one"), (None, None, "undo")],
)
def test_transposes_in_a_row(checker: Checker, first: list[int] | None, second: list[int] | None, what: str) -> None:
    orders: list[dict[str, Any]] = [{} if perm is None else {"perm": perm} for perm in (first, second)]
    nodes = [op("Transpose", ("x",), "h", "", **orders[0]), op("Transpose", ("h",), "y", "", **orders[1])]
    checker.check(nodes, inputs=[value("x", (2, 2, 2))], outputs=[value("y", (2, 2, 2))])
    assert checker.found("transposes") == [["transpose_y", "transpose_h"]]
    assert what in checker.texts("transposes")[0]


def test_transpose_whose_result_is_read_elsewhere_is_needed(checker: Checker) -> None:
    nodes = [op("Transpose", ("x",), "h"), op("Transpose", ("h",), "y"), op("Relu", ("h",), "z")]
    checker.check(nodes, outputs=[value("y"), value("z", (4, 2))])
    assert checker.found("transposes") == []


def test_float64_is_found_where_it_begins(checker: Checker) -> None:
    checker.check(
        [
            op("Cast", ("x",), "wide", to=DOUBLE),
            op("Mul", ("wide", "k"), "m"),
            op("Cast", ("m",), "y", to=FLOAT),
        ],
        outputs=[value("y")],
        weights=[weight("k", np.float64(2.0))],
    )
    assert checker.found("float64") == [["cast_wide"]]


def test_model_that_takes_float64_is_meant_to(checker: Checker) -> None:
    checker.check([op("Relu", ("x",), "y")], [value("x", dtype=DOUBLE)], [value("y", dtype=DOUBLE)])
    assert checker.found("float64") == []


def test_deprecated_operator(checker: Checker) -> None:
    checker.check(
        [op("Upsample", ("x", "s"), "y")], outputs=[], weights=[weight("s", np.ones(2, np.float32))], opset=10
    )
    assert checker.found("deprecated") == [["upsample_y"]]


def test_what_depends_on_constants_alone(checker: Checker) -> None:
    checker.check(
        [
            op("Constant", (), "c", value=numpy_helper.from_array(np.ones(4, np.float32))),
            op("Neg", ("c",), "n"),
            op("Identity", ("n",), "i"),
            op("Exp", ("i",), "e"),
            op("Add", ("x", "e"), "y"),
        ],
        outputs=[value("y")],
    )
    assert checker.found("constant") == [["exp_e", "neg_n"]]
