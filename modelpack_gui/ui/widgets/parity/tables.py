"""One output of one case, as a row of the outputs table."""

from __future__ import annotations

from modelpack_gui.core.figures import count, full, significant
from modelpack_gui.core.records import OutputParity
from modelpack_gui.ui.look.theme import status_icon, status_of, theme
from modelpack_gui.ui.models.parity_inspection import dtype_text, mismatched_text, shape_text, worst_index_text
from modelpack_gui.ui.models.parity_text import allclose_word, noise_floor
from modelpack_gui.ui.models.record_table import Column, figure_column


def _number(title: str, name: str, tooltip: str) -> Column[OutputParity]:
    def value(output: OutputParity) -> float | None:
        found: float | None = getattr(output, name)
        return found

    return figure_column(title, value, tooltip)


def _share(title: str, name: str, tooltip: str) -> Column[OutputParity]:
    def value(output: OutputParity) -> float | None:
        found: float | None = getattr(output, name)
        return found

    def text(output: OutputParity) -> str:
        share = value(output)
        return "–" if share is None else f"{100 * share:.4g} %"

    return Column(
        title, value=value, text=text, full=lambda output: full(value(output)), is_number=True, tooltip=tooltip
    )


def _noise_ratio(output: OutputParity) -> float | None:
    return output.noise.ratio if output.noise is not None else None


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
        text=mismatched_text,
        full=lambda output: f"{output.mismatched} of {output.elements}",
        is_number=True,
        tooltip="Elements beyond the tolerance, of all; `about` where that was judged anew without the arrays",
    ),
    figure_column(
        "Noise ratio", _noise_ratio, "Error against float64 in units of eager PyTorch's own: about 1 is rounding"
    ),
    Column(
        "allclose",
        value=allclose_word,
        tooltip="What numpy.testing.assert_allclose says of the same values and tolerances",
    ),
    _number("ULP", "max_ulp", "Largest distance in representable numbers of the dtype: 0 is bit for bit the same"),
    _number("SQNR (dB)", "sqnr_db", "Signal to noise, 10 · log10(sum(expected²) / sum(d²)): more is better"),
    _share("Top-1", "top1", "Share of rows whose largest element is the same one on both sides"),
    _share("Top-5", "top5", "Share of rows whose five largest elements are the same ones on both sides"),
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
    Column("Worst at", value=worst_index_text, is_mono=True, tooltip="Index of the element with the largest budget"),
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
    Column(
        "Noise floor",
        value=noise_floor,
        text=lambda output: significant(noise_floor(output)),
        full=lambda output: full(noise_floor(output)),
        is_number=True,
        tooltip="What rounding alone does: the error of eager PyTorch, or of the lower precision of the artifact",
    ),
)
