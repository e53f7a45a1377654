"""What quantising is called, and what it costs, in words."""

from __future__ import annotations

import dataclasses
from typing import Any

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.quantize.presets import usual_specs
from modelpack_gui.core.quantize.speed import bench_spec, with_speeds
from modelpack_gui.core.quantize.text import (
    best_of,
    error_text,
    file_name,
    label_of,
    labels_of,
    price_sentence,
    verdict_sentence,
)
from modelpack_gui.core.records import (
    BenchReport,
    BenchSpec,
    CalibrationSpec,
    Estimate,
    LatencySummary,
    OutputError,
    QuantizedVariant,
    QuantizeError,
    QuantizeReport,
    QuantizeSpec,
    RunnerResult,
    Verdict,
)
from modelpack_gui.core.stats.latencies import summarise


def error(sqnr_db: float | None = 34.0, top1: float | None = 1.0, **others: Any) -> QuantizeError:
    return QuantizeError(16, (OutputError("logits", 0.1, 0.01, sqnr_db, 0.999),), top1, top1, **others)


def variant(label: str = "INT8 static", size: int = 1_000_000, **others: Any) -> QuantizedVariant:
    made = QuantizedVariant(QuantizeSpec(), label, f"/{label}.onnx", size, on_held_out=error())
    return dataclasses.replace(made, **others)


def test_a_label_names_what_is_not_as_usual_and_only_what_the_method_looks_at() -> None:
    assert label_of(QuantizeSpec()) == "INT8 static"
    assert label_of(QuantizeSpec(format="qoperator", per_channel=False)) == "INT8 static, QOperator, per tensor"
    assert label_of(QuantizeSpec(calibration_method="percentile", percentile=99.9)) == "INT8 static, percentile 99.9"
    assert label_of(QuantizeSpec(method="float16", format="qoperator", per_channel=False)) == "float16"
    assert label_of(QuantizeSpec(method="dynamic", per_channel=False, exclude_nodes=("a",))) == (
        "INT8 dynamic, 1 node in float32"
    )
    assert label_of(QuantizeSpec(label="mine")) == "mine"


def test_labels_of_equal_ways_are_told_apart() -> None:
    assert labels_of((QuantizeSpec(), QuantizeSpec())) == ("INT8 static", "INT8 static (2)")


def test_the_usual_ways_have_names_and_files_of_their_own_and_take_the_data_that_was_chosen() -> None:
    data = CalibrationSpec("folder", "pictures")
    specs = usual_specs(QuantizeSpec(calibration=data, exclude_nodes=("head",), label="mine"))
    assert len({label_of(spec) for spec in specs}) == len(specs) == 6
    assert len({file_name(spec, "net") for spec in specs}) == 6
    assert all(spec.calibration == data and spec.exclude_nodes == ("head",) for spec in specs)


def test_a_file_name_says_how_it_was_made() -> None:
    assert file_name(QuantizeSpec(), "net") == "net.int8-static.onnx"
    assert file_name(QuantizeSpec(per_channel=False), "net") == "net.int8-static-per-tensor.onnx"
    excluded = [file_name(QuantizeSpec(exclude_nodes=(name,)), "net") for name in ("a", "b", "a")]
    assert excluded[0] == excluded[2] != excluded[1]


def test_a_price_is_one_sentence() -> None:
    held = error(top1=0.996)
    faster = variant(on_held_out=held, speedup=Estimate(1.9, 1.8, 2.0))
    assert price_sentence(faster, 3_800_000) == (
        "INT8 static is 1.9x faster, 3.8x smaller, and changes the top class of 0.40 % of held-out samples"
    )
    assert (
        price_sentence(variant(), 3_800_000)
        == "INT8 static is 3.8x smaller, and keeps the top class of all held-out samples"
    )
    one_class = variant(on_held_out=error(rows=16, top_classes=1))
    assert price_sentence(one_class, 1_000_000).endswith("has an error of 2.0 % of the signal on held-out samples")
    slower = variant(speedup=Estimate(0.5, 0.4, 0.6), on_held_out=error(top1=None))
    assert price_sentence(slower, 1_000_000) == (
        "INT8 static is 2.0x slower, about as large, and has an error of 2.0 % of the signal on held-out samples"
    )
    assert "as fast" in price_sentence(variant(speedup=Estimate(1.01, 0.98, 1.04)), 3_800_000)
    broken = variant(on_held_out=error(is_finite=False))
    assert price_sentence(broken, 1_000_000).endswith("gives NaN or infinity where float32 does not")


def test_the_one_to_take_is_the_fastest_of_the_good_ones_once_speeds_are_known() -> None:
    small, fast = variant("small", 500_000), variant("fast")
    assert best_of((small, fast)) is small
    fast = dataclasses.replace(fast, speedup=Estimate(2.0, 1.9, 2.1))
    assert best_of((small, fast)) is fast
    doubtful = dataclasses.replace(fast, verdict=Verdict.WARNING)
    assert best_of((small, doubtful)) is small
    assert best_of((dataclasses.replace(fast, verdict=Verdict.FAILED),)) is None


def test_the_sentence_for_all_says_what_could_not_be_made_and_what_is_no_use() -> None:
    failed = variant("bad", verdict=Verdict.FAILED)
    not_made = variant("none", error=ErrorInfo("quantize-failed", "It failed."))
    text = verdict_sentence((variant(), failed, not_made), 2_000_000)
    assert text.startswith("INT8 static is 2.0x smaller, and keeps")
    assert "2 of 3 could be made." in text
    assert "1 way of 2 lost what the model says." in text
    assert verdict_sentence((not_made,), 1) == "none could not be made: It failed."
    assert verdict_sentence((not_made, not_made), 1) == "None could be made."
    assert verdict_sentence((failed,), 2_000_000).startswith("None keeps what the model says.")


def test_that_nothing_is_faster_is_said() -> None:
    slow = variant(speedup=Estimate(0.9, 0.8, 1.01))
    assert "None is faster than float32 here." in verdict_sentence((slow, slow), 2_000_000)


def test_files_whose_speed_is_not_known_are_told_of() -> None:
    fast = variant("fast", on_held_out=error(), speedup=Estimate(2.0, 1.9, 2.1))
    unknown = variant("unknown", on_held_out=error())
    useless = variant("useless", on_held_out=error(), verdict=Verdict.FAILED)
    text = verdict_sentence((fast, unknown, useless), 2_000_000)
    assert "The speed of 1 other was not measured." in text
    assert "was not measured" not in verdict_sentence((unknown, unknown), 2_000_000)  # of none: nothing to compare


def test_errors_have_a_short_form() -> None:
    assert error_text(error()) == "error 2.0 % of the signal (34.0 dB)"
    assert error_text(error(is_finite=False)) == "gives NaN or infinity"
    assert error_text(None) == ""
    assert error_text(QuantizeError(1, (OutputError("y", 0.0, 0.0, None, 1.0),))) == "no error"


def test_of_equally_fast_ways_the_most_exact_is_taken() -> None:
    exact = variant("exact", speedup=Estimate(1.57, 1.5, 1.6), on_held_out=error(46.0))
    lucky = variant("lucky", speedup=Estimate(1.58, 1.2, 2.0), on_held_out=error(30.0))
    slower = variant("slower", speedup=Estimate(1.1, 1.0, 1.2), on_held_out=error(70.0))
    assert best_of((lucky, slower, exact)) is exact
    unsure = variant("unsure", speedup=Estimate(1.62, 1.06, 2.45), on_held_out=error(70.0))
    assert best_of((unsure, exact)) is exact


def test_what_is_not_known_is_not_said() -> None:
    assert price_sentence(variant(size=0), 0) == "INT8 static keeps the top class of all held-out samples"
    assert price_sentence(variant(size=0, on_held_out=None), 0) == "INT8 static was not compared"


def test_speeds_come_from_the_benchmark_of_the_same_files() -> None:
    made = [variant("a"), variant("b"), variant("bad", error=ErrorInfo("x", "It failed."))]
    spec = bench_spec(made, BenchSpec(iterations=7, callers=(1, 2)), lambda path: path.removeprefix("/"))
    assert [one.label for one in spec.runners] == ["float32", "a", "b"]
    assert [one.artifact for one in spec.runners] == ["", "a.onnx", "b.onnx"]
    assert (spec.baseline, spec.iterations, spec.callers) == ("onnxruntime", 7, ())
    report = QuantizeReport("/net.onnx", 2_000_000, tuple(made), "", "", Verdict.PASSED, {}, 1.0)
    results = tuple(
        RunnerResult(
            one.key, one.label, None, (), (2.0,), summary(2.0 / (index + 1)), Estimate(index + 1.0, 0.9, 9), spec=one
        )
        for index, one in enumerate(spec.runners)
    )
    bench = BenchReport(spec, "/net.onnx", spec.baseline, "", results, 1, {}, True, 1.0)
    found = with_speeds(report, bench, lambda path: path.removeprefix("/"))
    assert found.float_p50_ms == Estimate(2.0, 2.0, 2.0)
    assert [one.speedup.value if one.speedup else None for one in found.variants] == [2.0, 3.0, None]
    assert found.variants[0].p50_ms == Estimate(1.0, 1.0, 1.0)
    assert "1 of 3" not in found.summary
    assert "2 of 3 could be made" in found.summary


def summary(p50_ms: float) -> LatencySummary:
    return summarise([p50_ms] * 3)
