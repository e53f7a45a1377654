"""Colours of runners: fixed for the registry's, none given twice while there are others, the same on every page."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from modelpack_gui.core.records import BenchSpec, RunnerSpec, runner_specs
from modelpack_gui.ui.look.colors import RUNNER_COLORS
from modelpack_gui.ui.look.runner_colors import keys_of, look_of

KEYS = ("eager", "torchscript_trace", "onnxruntime")
_NAMES = st.sampled_from(("eager", "onnxruntime", "onnxruntime[threads=1]", "onnxruntime[file=a.onnx]", "pt2", "x"))


def test_a_runner_keeps_its_colour_whatever_else_is_there() -> None:
    assert {look_of("onnxruntime", keys).color for keys in (KEYS, ("onnxruntime",), ("x", "onnxruntime"))} == {
        RUNNER_COLORS[3]
    }
    assert look_of("eager", ("onnxruntime[threads=1]", "eager")).color == RUNNER_COLORS[0]


def test_a_configuration_takes_the_colour_of_its_runner_if_that_is_free_else_another_one() -> None:
    one = "onnxruntime[threads=1]"
    assert look_of(one, ("eager", one)).color == RUNNER_COLORS[3]
    assert look_of(one, (*KEYS, one)).color == RUNNER_COLORS[2]


@given(st.lists(_NAMES, unique=True))
def test_no_two_of_six_look_alike_and_none_is_dashed(keys: list[str]) -> None:
    assert len({look_of(key, keys).color for key in keys}) == len(keys)
    assert not any(look_of(key, keys).is_dashed for key in keys)


def test_more_than_there_are_colours_still_look_different() -> None:
    keys = [f"onnxruntime[threads={number}]" for number in range(30)]
    assert len({look_of(key, keys) for key in keys}) == 30
    assert [look_of(key, keys).is_dashed for key in keys] == [(i // 6) % 2 == 1 for i in range(30)]


def test_one_more_at_the_end_changes_nothing_of_the_others() -> None:
    keys = ["eager", "pt2", "onnxruntime[file=a.onnx]", "onnxruntime[threads=1]"]
    before = [look_of(key, keys) for key in keys]
    assert [look_of(key, [*keys, "x", "eager[dtype=bfloat16]"]) for key in keys] == before
    registry = ("torch_compile", "torchscript_script", "openvino", "torchscript_trace")  # as the profile lists them
    assert [look_of(key, [*keys, *registry]) for key in keys] == before


def test_a_runner_that_is_not_among_the_keys_comes_after_them() -> None:
    assert look_of("x", KEYS) == look_of("x", (*KEYS, "x"))


def test_pages_pass_the_recipes_runners_first() -> None:
    bench = dataclasses.replace(BenchSpec(), runners=(*runner_specs("eager"), RunnerSpec("onnxruntime", {"n": 1})))
    assert keys_of(bench, ("eager", "a"), ("a", "b")) == ("eager", "onnxruntime[n=1]", "a", "b")
