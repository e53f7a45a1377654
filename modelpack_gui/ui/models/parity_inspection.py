"""A case of a proof and one of its outputs for the inspector: every figure, and what it means in plain words."""

from __future__ import annotations

from modelpack_gui.core.figures import count, full, significant
from modelpack_gui.core.records import NoiseFigures, OutputParity, ParityCase, Regime
from modelpack_gui.ui.inspection import Histogram, Inspection, Property, Section
from modelpack_gui.ui.models.parity_text import allclose_word, case_heading, noise_text
from modelpack_gui.ui.models.value_text import index_text

_MEANINGS = {
    "budget used": "largest |actual − expected| / (atol + rtol · |expected|): 1 is the limit",
    "mismatched": "elements beyond the tolerance, of all",
    "about mismatched": "elements beyond the tolerance, estimated: they were judged anew without the arrays",
    "assert_allclose": "what numpy.testing.assert_allclose says of the same values and tolerances",
    "max_abs_diff": "largest |actual − expected|",
    "max_rel_diff": "largest |actual − expected| / |expected|, where expected is not zero",
    "mean": "mean of |actual − expected|",
    "RMSE": "root of the mean squared difference",
    "cosine": "similarity of the flattened outputs: 1 is the same direction",
    "SQNR in dB": "signal to noise, 10 · log10(sum(expected²) / sum(d²)): more is better",
    "max ULP": "largest distance in representable numbers of the dtype: 0 is bit for bit the same",
    "top-1": "share of rows whose largest element is the same one on both sides",
    "top-5": "share of rows whose five largest elements are the same ones on both sides",
    "noise ratio": "error against float64 in units of the noise floor: about 1 is rounding",
    "without optimisation": "the same for the artifact with the runtime's optimisations off",
    "noise floor": "the unit: what rounding alone does to eager PyTorch in this dtype",
    "eager": "largest |eager − eager in float64|",
    "artifact": "largest |artifact − eager in float64|",
    "artifact, optimisation off": "the same with the runtime's optimisations off",
    "eager, RMS": "root of the mean squared eager − eager in float64: a few odd elements weigh little in it",
    "artifact, RMS": "root of the mean squared artifact − eager in float64",
    "artifact, optimisation off, RMS": "the same with the runtime's optimisations off",
}


def shape_text(output: OutputParity) -> str:
    """The shape; both when they differ."""
    expected, actual = output.expected.shape_text, output.actual.shape_text
    return expected if expected == actual else f"{expected} → {actual}"


def dtype_text(output: OutputParity) -> str:
    """The dtype; both when they differ."""
    expected, actual = output.expected.dtype, output.actual.dtype
    return expected if expected == actual else f"{expected} → {actual}"


def worst_index_text(output: OutputParity) -> str:
    """Where the worst element is: `[2, 4]`."""
    return "–" if output.worst_index is None else index_text(output.worst_index)


def mismatched_text(output: OutputParity) -> str:
    """How many elements are beyond the tolerance; `about` where that was estimated."""
    about = "" if output.counted else "about "
    return f"{about}{count(output.mismatched)} of {count(output.elements)}"


def inspect_output(case: ParityCase, output: OutputParity) -> Inspection:
    """Everything about one output, for the inspector."""
    verdict = [
        Property("verdict", output.verdict.value),
        _number("budget used", output.max_budget),
        _told("mismatched" if output.counted else "about mismatched", mismatched_text(output)),
    ]
    if output.allclose is not None:
        verdict.append(_told("assert_allclose", allclose_word(output)))
    verdict.append(Property("rtol, atol", f"{output.rtol:g}, {output.atol:g}", is_mono=True))
    errors = (
        _number("max_abs_diff", output.max_abs_diff),
        _number("max_rel_diff", output.max_rel_diff),
        _number("mean", output.mean_abs_diff),
        _number("RMSE", output.rmse),
        _number("cosine", output.cosine),
        *_where_known(
            ("SQNR in dB", output.sqnr_db),
            ("max ULP", output.max_ulp),
            ("top-1", output.top1),
            ("top-5", output.top5),
        ),
        *(() if output.noise is not None else _where_known(("noise floor", output.noise_floor))),
    )
    worst = (
        Property("index", worst_index_text(output), is_mono=True),
        _number("expected", output.worst_expected),
        _number("actual", output.worst_actual),
    )
    tensors = (
        Property("shape", shape_text(output), is_mono=True),
        Property("dtype", dtype_text(output), is_mono=True),
        Property("NaN expected / actual", f"{output.expected_nans:,} / {output.actual_nans:,}"),
        Property("Inf expected / actual", f"{output.expected_infs:,} / {output.actual_infs:,}"),
    )
    return Inspection(
        output.name,
        f"Output · {case_heading(case)}",
        (
            Section("Verdict", tuple(verdict), output.reason, is_prose=True),
            *(
                (Section("Against float64", _noise(output.noise), noise_text(output.noise.ratio), is_prose=True),)
                if output.noise is not None
                else ()
            ),
            Section("Errors", errors, output.ties, is_prose=True),
            Section("Worst element", worst),
            Section("Tensor", tensors),
            *_histogram_section(output),
        ),
    )


def inspect_case(case: ParityCase) -> Inspection:
    """A case as a whole, for the inspector."""
    facts = [
        Property("verdict", case.verdict.value),
        Property("seed", str(case.seed), is_mono=True),
        *(Property(name, str(size), is_mono=True) for name, size in case.sizes.items()),
    ]
    if case.regime is not Regime.NORMAL:
        facts.append(Property("values", case.regime.value))
    sections = [Section("Case", tuple(facts))]
    if case.error is not None:
        told = (Property("what", case.error.message), Property("next", case.error.hint))
        sections.append(Section("Error", told, case.error.details))
    else:
        rows = tuple(
            Property(one.name, f"{one.verdict.value}, {significant(one.max_budget)}") for one in case.outputs
        )
        sections.append(Section("Outputs: verdict, budget used", rows))
    return Inspection(case_heading(case), "Case of the parity check", tuple(sections))


def _number(name: str, value: float | None) -> Property:
    return Property(name, significant(value), full(value), is_mono=True, meaning=_MEANINGS.get(name, ""))


def _told(name: str, text: str) -> Property:
    return Property(name.removeprefix("about "), text, meaning=_MEANINGS[name])


def _where_known(*figures: tuple[str, float | None]) -> tuple[Property, ...]:
    return tuple(_number(name, value) for name, value in figures if value is not None)


def _noise(noise: NoiseFigures) -> tuple[Property, ...]:
    return _where_known(
        ("noise ratio", noise.ratio),
        ("without optimisation", noise.plain_ratio),
        ("noise floor", noise.floor),
        ("eager", noise.eager),
        ("artifact", noise.actual),
        ("artifact, optimisation off", noise.plain),
        ("eager, RMS", noise.eager_rms),
        ("artifact, RMS", noise.actual_rms),
        ("artifact, optimisation off, RMS", noise.plain_rms),
    )


def _histogram_section(output: OutputParity) -> tuple[Section, ...]:
    data = output.histogram
    if data is None or not any(data.counts):
        return ()
    edges = tuple(data.log10_low + i * data.log10_step for i in range(len(data.counts) + 1))
    return (Section("log10 of |actual − expected|", histogram=Histogram(data.counts, edges)),)
