"""Below the verdict: where the difference comes from and how that was told, and what numpy would have said."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from modelpack_gui.core.records import Attribution, Origin, ParityReport, SideResult
from modelpack_gui.ui.look.theme import SPACING, status_icon, status_of, theme
from modelpack_gui.ui.models.parity_text import (
    allclose_text,
    attribution_details,
    largest_noise_ratio,
    noise_text,
    side_title,
)
from modelpack_gui.ui.models.record_table import Column, RecordTableModel, figure_column
from modelpack_gui.ui.widgets.basics import ElidedButton, wrapped_label
from modelpack_gui.ui.widgets.fitted_table import FittedTable
from modelpack_gui.ui.widgets.flow_layout import FlowLayout
from modelpack_gui.ui.widgets.parity.judging import RULE

SIDE_COLUMNS: tuple[Column[SideResult], ...] = (
    Column("Run as", value=lambda side: side_title(side.side), width=190),
    Column(
        "Verdict",
        value=lambda side: "did not run" if side.error else side.verdict.value,
        full=lambda side: side.error or side.verdict.value,
        icon=lambda side: status_icon(status_of(side.verdict)),
        color=lambda side: theme().status_color(status_of(side.verdict)),
        width=120,
    ),
    figure_column("max_abs_diff", lambda side: side.max_abs_diff, width=110),
    figure_column("Budget used", lambda side: side.max_budget, width=100),
    figure_column(
        "Noise ratio",
        lambda side: side.noise_ratio,
        "Error against float64 in units of eager PyTorch's own: about 1 is rounding",
        width=100,
    ),
)


class VerdictDetails(QWidget):
    """Says nothing, and takes no room, while there is no report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.origin = wrapped_label("", is_selectable=True)
        self.origin.setObjectName("parity-origin")
        self.allclose = QLabel()
        self.allclose.setObjectName("parity-allclose")
        self.allclose.setToolTip(
            "What numpy.testing.assert_allclose(actual, expected, rtol, atol) says of the same values.\n"
            "It takes dtypes and shapes that can be broadcast for equal, and passes what proves nothing."
        )
        self.noise = QLabel()
        self.noise.setObjectName("parity-noise")
        for label in (self.allclose, self.noise):
            label.setProperty("role", "muted")
        self._rows: RecordTableModel[SideResult] = RecordTableModel(SIDE_COLUMNS, None, self)
        self.sides = FittedTable(self._rows, "parity-sides", "The artifact, run in other ways")
        self._where = wrapped_label("", is_muted=True)
        self._inside = QWidget()
        below = QVBoxLayout(self._inside)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(SPACING // 2)
        below.addWidget(self._where)
        below.addWidget(self.sides)
        self._inside.hide()
        self.how = ElidedButton("How that was told", "chevron-right", "link")
        self.how.setObjectName("parity-how")
        self.how.clicked.connect(lambda: self.open(is_open=self._inside.isHidden()))
        line = FlowLayout()
        for widget in (self.allclose, self.noise, self.how):
            line.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self.origin)
        column.addLayout(line)
        column.addWidget(self._inside)
        self.hide()

    def open(self, *, is_open: bool) -> None:
        """Show or hide how the origin was told."""
        self._inside.setVisible(is_open)
        self.how.set_icon_name("chevron-down" if is_open else "chevron-right")

    def show_report(self, report: ParityReport | None) -> None:
        """Show what is known of a report; None hides it all."""
        self.setVisible(report is not None)
        if report is None:
            return
        found = report.attribution
        self.origin.setText(_sentence(_located(report, found)) if found is not None else "")
        self.origin.setToolTip(RULE)
        self.origin.setVisible(found is not None and found.origin is not Origin.NONE)  # the sentence above says it
        answer = allclose_text(report)
        self.allclose.setText(f"numpy.testing.assert_allclose: {answer}" if answer else "")
        self.allclose.setVisible(bool(answer))
        noise = noise_text(largest_noise_ratio(report)) if found is None or found.origin is Origin.UNKNOWN else ""
        self.noise.setText(f"Largest error: {noise}" if noise else "")
        self.noise.setVisible(bool(noise))
        is_told = found is not None and bool(found.sides)
        self.how.setVisible(is_told)
        if not is_told:
            self.open(is_open=False)
        if found is not None:
            self._rows.set_records(found.sides)
            self._where.setText(attribution_details(found))


def _located(report: ParityReport, found: Attribution) -> str:
    """With its case, for its figures are of that one: another, with less noise, may be farther off."""
    is_one_of_many = found.origin is not Origin.NONE and len(report.cases) > 1 and found.case
    return f"at {found.case}: {found.sentence}" if is_one_of_many else found.sentence


def _sentence(text: str) -> str:
    """As a sentence of its own."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
