"""One output of one case, as a row of the outputs table and in the inspector."""

from __future__ import annotations

from modelpack_gui.core.figures import count, full, significant
from modelpack_gui.core.records import OutputParity, ParityCase
from modelpack_gui.ui.inspection import Histogram, Inspection, Property, Section
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.theme import status_icon, status_of, theme
from modelpack_gui.ui.widgets.parity_matrix import case_title


def shape_text(output: OutputParity) -> str:
    """The shape; both when they differ."""
    expected, actual = output.expected.shape_text, output.actual.shape_text
    return expected if expected == actual else f"{expected} → {actual}"


def dtype_text(output: OutputParity) -> str:
    """The dtype; both when they differ."""
    expected, actual = output.expected.dtype, output.actual.dtype
    return expected if expected == actual else f"{expected} → {actual}"


def index_text(output: OutputParity) -> str:
    """Where the worst element is: `[2, 4]`."""
    return "–" if output.worst_index is None else f"[{', '.join(str(i) for i in output.worst_index)}]"


def _number(title: str, name: str, tooltip: str) -> Column[OutputParity]:
    def value(output: OutputParity) -> float | None:
        found: float | None = getattr(output, name)
        return found

    return Column(
        title,
        value=value,
        text=lambda output: significant(value(output)),
        full=lambda output: full(value(output)),
        is_number=True,
        tooltip=tooltip,
    )


COLUMNS: tuple[Column[OutputParity], ...] = (
    Column("Output", value=lambda output: output.name, is_mono=True),
    Column(
        "Verdict",
        value=lambda output: output.verdict.value,
        full=lambda output: output.reason or output.verdict.value,
        icon=lambda output: status_icon(status_of(output.verdict)),
        color=lambda output: theme().status_color(status_of(output.verdict)),
    ),
    Column("Shape", value=shape_text, is_mono=True),
    Column("dtype", value=dtype_text, is_mono=True),
    _number("max_abs_diff", "max_abs_diff", "Largest |actual − expected|"),
    _number("Budget used", "max_budget", "Largest |actual − expected| / (atol + rtol · |expected|): 1 is the limit"),
    Column(
        "Mismatched",
        value=lambda output: output.mismatched,
        text=lambda output: f"{count(output.mismatched)} of {count(output.elements)}",
        full=lambda output: f"{output.mismatched} of {output.elements}",
        is_number=True,
        tooltip="Elements beyond the tolerance, of all",
    ),
    _number("max_rel_diff", "max_rel_diff", "Largest |actual − expected| / |expected|, where expected is not zero"),
    _number("Mean", "mean_abs_diff", "Mean of |actual − expected|"),
    _number("RMSE", "rmse", "Root of the mean squared difference"),
    Column(
        "Cosine",
        value=lambda output: output.cosine,
        text=lambda output: "–" if output.cosine is None else f"{output.cosine:.6f}",
        full=lambda output: full(output.cosine),
        is_number=True,
        tooltip="Cosine similarity of the flattened outputs",
    ),
    Column("Worst at", value=index_text, is_mono=True, tooltip="Index of the element that uses most of the budget"),
    _number("Expected there", "worst_expected", "Eager PyTorch's value at the worst element"),
    _number("Actual there", "worst_actual", "The artifact's value at the worst element"),
    Column(
        "NaN",
        value=lambda output: output.expected_nans + output.actual_nans,
        text=lambda output: f"{count(output.expected_nans)} / {count(output.actual_nans)}",
        is_number=True,
        tooltip="Not-a-numbers: expected / actual",
    ),
    Column(
        "Inf",
        value=lambda output: output.expected_infs + output.actual_infs,
        text=lambda output: f"{count(output.expected_infs)} / {count(output.actual_infs)}",
        is_number=True,
        tooltip="Infinities: expected / actual",
    ),
    _number("Noise floor", "noise_floor", "Largest |eager − eager in float64|: what rounding alone does"),
)


def inspect_output(case: ParityCase, output: OutputParity) -> Inspection:
    """Everything about one output, for the inspector."""

    def number(name: str, value: float | None) -> Property:
        return Property(name, significant(value), full(value), is_mono=True)

    verdict = (
        Property("verdict", output.verdict.value),
        number("budget used", output.max_budget),
        Property("mismatched", f"{count(output.mismatched)} of {count(output.elements)}"),
    )
    errors = (
        number("max_abs_diff", output.max_abs_diff),
        number("max_rel_diff", output.max_rel_diff),
        number("mean", output.mean_abs_diff),
        number("RMSE", output.rmse),
        number("cosine", output.cosine),
        number("noise floor", output.noise_floor),
    )
    worst = (
        Property("index", index_text(output), is_mono=True),
        number("expected", output.worst_expected),
        number("actual", output.worst_actual),
    )
    tensors = (
        Property("shape", shape_text(output), is_mono=True),
        Property("dtype", dtype_text(output), is_mono=True),
        Property("NaN expected / actual", f"{output.expected_nans:,} / {output.actual_nans:,}"),
        Property("Inf expected / actual", f"{output.expected_infs:,} / {output.actual_infs:,}"),
    )
    return Inspection(
        output.name,
        f"Output · {case_title(case)}, seed {case.seed}",
        (
            Section("Verdict", verdict, output.reason, is_prose=True),
            Section("Errors", errors),
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
    sections = [Section("Case", tuple(facts))]
    if case.error is not None:
        told = (Property("what", case.error.message), Property("next", case.error.hint))
        sections.append(Section("Error", told, case.error.details))
    else:
        rows = tuple(
            Property(one.name, f"{one.verdict.value}, {significant(one.max_budget)}") for one in case.outputs
        )
        sections.append(Section("Outputs: verdict, budget used", rows))
    return Inspection(f"{case_title(case)}, seed {case.seed}", "Case of the parity check", tuple(sections))


def _histogram_section(output: OutputParity) -> tuple[Section, ...]:
    data = output.histogram
    if data is None or not any(data.counts):
        return ()
    edges = tuple(data.log10_low + i * data.log10_step for i in range(len(data.counts) + 1))
    return (Section("log10 of |actual − expected|", histogram=Histogram(data.counts, edges)),)
