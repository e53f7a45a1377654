"""Arguments of the command line that stand for inputs, axes and values."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import pytest

from modelpack_gui.cli.input_args import parse_input
from modelpack_gui.cli.recipe_args import parse_argument, parse_dynamic, parse_numbers
from modelpack_gui.core.records import DynamicDim, ImageSpec, InputSpec


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=3", 3), ("a=1e-3", 1e-3), ("a=True", True), ("a=false", False), ("a=None", None), ("a=null", None),
        ("a=small", "small"), ("a='3'", "3"), ("a=", ""), ("a=x=y", "x=y"), ("a=[1, 2]", [1, 2]),
        ("a=(1, 2)", [1, 2]),
        ("a={'k': [1]}", {"k": [1]}), ("a={1, 2}", "{1, 2}"), ("a=b'x'", "b'x'"), ("a=1e999", math.inf),
    ],
)  # fmt: skip
def test_a_constructor_argument_is_read_as_python_spells_it_else_as_text(text: str, value: object) -> None:
    key, parsed = parse_argument(text)
    assert (key, parsed, type(parsed)) == ("a", value, type(value))


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("x:float32:2x3", InputSpec("x", (2, 3))),
        ("x::4", InputSpec("x", (4,))),
        ("ids:int64:1x8:0:29999", InputSpec("ids", (1, 8), "int64", 0.0, 29999.0)),
        ("t:float32:scalar", InputSpec("t", ())),
        ("mask@mask:bool:2x3", InputSpec("mask", (2, 3), "bool", argument="mask")),
        ("batch.image:float32:2", InputSpec("batch_image", (2,), argument="batch.image")),
        ("images[0]::2", InputSpec("images_0", (2,), argument="images[0]")),
        ("n:=3", InputSpec("n", (), is_value=True, value=3)),
        ("n@n:=true", InputSpec("n", (), is_value=True, value=True, argument="n")),
        ("n:=none", InputSpec("n", (), is_value=True)),
        ("n:='3'", InputSpec("n", (), is_value=True, value="3")),
        ("n:=fast:er", InputSpec("n", (), is_value=True, value="fast:er")),
        ("x=@/a/b.npy", InputSpec("x", (), "", file="/a/b.npy")),
        ("x=/a/b.npz#k.l:int64:2x3", InputSpec("x", (2, 3), "int64", file="/a/b.npz", file_key="k.l")),
        ("x=@/a/b.png:2x1x8x9", InputSpec("x", (2, 1, 8, 9), file="/a/b.png", image=ImageSpec((8, 9), channels=1))),
        ("x=@/a/b.jpg", InputSpec("x", (), file="/a/b.jpg")),
    ],
)
def test_an_example_input_is_read(text: str, spec: InputSpec) -> None:
    assert parse_input(text) == spec


@pytest.mark.parametrize(
    ("text", "dim"),
    [
        ("image:0=batch", DynamicDim("image", 0, "batch")),
        ("image:2=h:32:512", DynamicDim("image", 2, "h", 32, 512)),
        ("image:2=h:32", DynamicDim("image", 2, "h", 32)),
        ("image:2=h::512", DynamicDim("image", 2, "h", None, 512)),
        ("odd:name:1=n", DynamicDim("odd:name", 1, "n")),
    ],
)
def test_a_dynamic_axis_is_read(text: str, dim: DynamicDim) -> None:
    assert parse_dynamic(text) == dim


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_input, "x"),
        (parse_input, ":float32:2"),
        (parse_input, "x:float32:2:0"),
        (parse_input, "x=@"),
        (parse_input, "x=1x3x32x32"),
        (parse_input, "n:=[1]"),
        (parse_input, "@x:float32:2"),
        (parse_input, "x:float32:2:low:high"),
        (parse_dynamic, "image=batch"),
        (parse_dynamic, "image:0="),
        (parse_dynamic, "image:0=b:1:2:3:4"),
        (parse_dynamic, "image:0=b:one"),
        (parse_argument, "=3"),
        (parse_numbers, "1;2"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_form_it_should_have(
    parse: Callable[[str], object], text: str
) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not|has a|is no"):
        parse(text)
