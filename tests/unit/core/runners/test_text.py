"""Configured runners on a command line."""

from __future__ import annotations

import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import RunnerSpec
from modelpack_gui.core.runners.text import parse_runner, split_runners


@pytest.mark.parametrize(
    "spec",
    [
        RunnerSpec("eager"),
        RunnerSpec("onnxruntime", {"threads": 1, "spinning": False, "optimization": "off"}),
        RunnerSpec("onnxruntime", {"threads": 2}, "build/a b.onnx"),
    ],
)
def test_a_key_is_read_as_the_runner_that_it_is_of(spec: RunnerSpec) -> None:
    assert parse_runner(spec.key) == spec


@pytest.mark.parametrize(
    ("text", "runner"),
    [("build/int8.onnx", "onnxruntime"), ("a.PT", "torchscript_file"), ("C:\\x\\net.pt2", "exported_program")],
)
def test_a_file_alone_stands_for_what_runs_it(text: str, runner: str) -> None:
    assert parse_runner(text) == RunnerSpec(runner, artifact=text)


def test_commas_inside_brackets_do_not_part_runners() -> None:
    assert split_runners("eager, onnxruntime[threads=1,spinning=true] ,x.onnx") == (
        RunnerSpec("eager"),
        RunnerSpec("onnxruntime", {"threads": 1, "spinning": True}),
        RunnerSpec("onnxruntime", artifact="x.onnx"),
    )


def test_quotes_make_a_word_of_a_number() -> None:
    assert parse_runner("eager[dtype='16']").options == {"dtype": "16"}


@pytest.mark.parametrize("text", ["", "two words", "eager[threads]", "eager[=1]", "eager[threads=1", "[a=1]"])
def test_what_is_no_runner_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UserError, match="not a runner") as caught:
        parse_runner(text)
    assert caught.value.info.code == "runner-not-valid"
