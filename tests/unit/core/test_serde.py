from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pytest

from modelpack_gui.core import serde
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import Artifact, InputSpec, KeyReport, ModelSource, ShapeMismatch, TensorInfo, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
else:
    from collections.abc import Mapping  # the decoder looks annotations up in this module


@dataclass(frozen=True)
class Part:
    size: int
    share: float = 0.5


@dataclass(frozen=True)
class Whole:
    name: str
    parts: tuple[Part, ...] = ()
    pair: tuple[int, str] = (0, "")
    by_name: Mapping[str, Part] = field(default_factory=dict)
    mode: Literal["a", "b"] = "a"
    verdict: Verdict = Verdict.PASSED
    best: Part | None = None
    dim: int | str | None = None
    free: Any = None
    flag: bool = False


def through_json(value: Any) -> Any:
    return json.loads(serde.dumps(serde.encode(value)))


def test_a_record_with_every_kind_of_field_survives_json() -> None:
    record = Whole(
        "x",
        (Part(1, math.inf), Part(2, 1e-300)),
        (3, "three"),
        {"a": Part(4)},
        "b",
        Verdict.WARNING,
        Part(5),
        "batch",
        {"list": [1, 2.5, None, "s", True]},
        True,
    )
    assert serde.decode(Whole, through_json(record)) == record


@pytest.mark.parametrize(("value", "spelled"), [(math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN")])
def test_numbers_that_json_lacks_are_spelled_out_and_read_back(value: float, spelled: str) -> None:
    assert serde.encode(Part(1, value))["share"] == spelled
    read = serde.decode(Part, through_json(Part(1, value))).share
    assert read == value or (math.isnan(read) and math.isnan(value))


def test_a_constructor_argument_of_infinity_arrives_as_a_number_and_the_word_stays_a_word() -> None:
    source = ModelSource(file="a.py", name="A", arguments={"limit": math.inf, "low": [-math.inf], "word": "Infinity"})
    assert serde.decode(ModelSource, through_json(source)) == source


def test_dumps_refuses_a_literal_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        serde.dumps(math.nan)


def test_text_beyond_ascii_is_kept() -> None:
    assert serde.decode(Whole, through_json(Whole("Größe × 尺"))).name == "Größe × 尺"


def test_an_integer_is_taken_where_a_number_is_expected() -> None:
    share = serde.decode(Part, {"size": 1, "share": 2}).share
    assert (share, type(share)) == (2.0, float)


@pytest.mark.parametrize(
    ("data", "path", "problem"),
    [
        ({"size": 1, "sise": 2}, "sise", "is not a known key; did you mean 'size'?"),
        ({"size": 1, "zzz": 2}, "zzz", "is not a known key; known: size, share"),
        ({}, "size", "is missing"),
        ({"size": "1"}, "size", "expected a whole number, got '1'"),
        ({"size": 1.0}, "size", "expected a whole number, got 1.0"),
        ({"size": True}, "size", "expected a whole number, got True"),
        ({"size": 1, "share": "much"}, "share", "expected a number, got 'much'"),
        ({"size": 1, "share": False}, "share", "expected a number, got False"),
        ([1], "", "expected a table, got [1]"),
        (None, "", "expected a table, got None"),
    ],
)
def test_data_that_does_not_fit_is_refused_with_its_place(data: Any, path: str, problem: str) -> None:
    with pytest.raises(serde.DecodeError) as caught:
        serde.decode(Part, data)
    assert (caught.value.path, caught.value.problem) == (path, problem)


@pytest.mark.parametrize(
    ("change", "path", "problem"),
    [
        ({"parts": [{"size": 1}, {"size": "x"}]}, "parts[1].size", "expected a whole number"),
        ({"parts": {"size": 1}}, "parts", "expected a list"),
        ({"pair": [1]}, "pair", "expected 2 items, got 1"),
        ({"pair": [1, 2]}, "pair[1]", "expected a string"),
        ({"by_name": {"a": {"size": None}}}, "by_name.a.size", "expected a whole number, got None"),
        ({"by_name": []}, "by_name", "expected a table"),
        ({"mode": "c"}, "mode", "'c' is not one of 'a', 'b'"),
        ({"mode": ["a"]}, "mode", "['a'] is not one of"),
        ({"verdict": "fine"}, "verdict", "'fine' is not one of 'passed', 'warning', 'failed', 'skipped'"),
        ({"verdict": {}}, "verdict", "{} is not one of"),
        ({"best": {"size": "x"}}, "best.size", "expected a whole number"),
        ({"dim": 1.5}, "dim", "expected a whole number or a string, got 1.5"),
        ({"flag": 1}, "flag", "expected true or false, got 1"),
        ({"name": "x" * 100, "flag": "y" * 100}, "flag", "got 'yyy"),
    ],
)
def test_a_fault_deep_inside_is_named_by_its_path(change: dict[str, Any], path: str, problem: str) -> None:
    with pytest.raises(serde.DecodeError) as caught:
        serde.decode(Whole, {"name": "x", **change})
    assert caught.value.path == path
    assert problem in caught.value.problem
    assert len(caught.value.problem) < 120


def test_tagged_records_come_back_as_their_own_kind() -> None:
    kinds = serde.kinds_of(InputSpec | KeyReport)
    for record in (InputSpec("x", (2, 3)), KeyReport(3, mismatched=(ShapeMismatch("w", (1,), (2,)),))):
        assert serde.decode_tagged(kinds, json.loads(serde.dumps(serde.encode_tagged(record)))) == record


@pytest.mark.parametrize("data", [None, [], {}, {"kind": 3}, {"kind": "Artifact"}, {"kind": ["InputSpec"]}])
def test_a_kind_that_is_missing_or_not_known_is_refused(data: Any) -> None:
    with pytest.raises(serde.DecodeError):
        serde.decode_tagged(serde.kinds_of(InputSpec | KeyReport), data)


def test_an_object_that_is_no_record_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="object cannot be written"):
        serde.encode({"a": object()})


def test_shapes_keep_symbols_unknown_sizes_and_unknown_rank() -> None:
    infos = (TensorInfo("x", "float32", (2, "batch", None)), TensorInfo("y", "", None), TensorInfo("z", "int64", ()))
    artifact = Artifact("/a", "onnx", 1, "", infos, ())
    assert serde.decode(Artifact, through_json(artifact)).inputs == infos
    assert [info.shape_text for info in infos] == ["2 × batch × ?", "unknown", "scalar"]


def test_errors_are_records_too() -> None:
    info = ErrorInfo("a-code", "message", details="line\nline")
    assert serde.decode(ErrorInfo, through_json(info)) == info


@pytest.mark.parametrize("text", ["[" * 100_000, "{", b"\xff\xfe\xfd", "9" * 5000])
def test_what_is_wrong_with_text_of_any_origin_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        serde.loads(text)


def test_data_of_any_type_is_read_no_deeper_than_it_can_be_written_again() -> None:
    nested: Any = 0
    for _ in range(100):
        nested = [nested]
    assert serde.decode(Whole, {"name": "a", "free": nested}).free == nested
    with pytest.raises(serde.DecodeError) as caught:
        serde.decode(Whole, {"name": "a", "free": [nested]})
    assert (caught.value.path, caught.value.problem) == ("free", "is nested more than 100 deep")


def test_a_number_that_no_float_holds_is_a_fault_with_its_place() -> None:
    with pytest.raises(serde.DecodeError) as caught:
        serde.decode(Whole, {"name": "a", "best": {"size": 1, "share": 10**400}})
    assert caught.value.path == "best.share"


def test_a_table_that_only_looks_like_a_spelled_number_stays_a_table() -> None:
    data = {"name": "a", "free": {"$float": [1]}}
    assert serde.decode(Whole, data).free == {"$float": [1]}


def test_json_can_always_be_written_as_utf_8() -> None:
    text = serde.dumps({"größe": "mod\udce8l"})
    assert text == '{"größe": "mod\\udce8l"}'
    assert serde.loads(text.encode()) == {"größe": "mod\udce8l"}
