"""Which runners take part in a benchmark: a box each, in the colour that is the runner's everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QWidget

from modelpack_gui.core.records import Capabilities, RunnerInfo
from modelpack_gui.ui.colors import RUNNER_COLORS
from modelpack_gui.ui.widgets.flow_layout import FlowLayout


@dataclass(frozen=True)
class RunnerOption:
    """One runner as it is offered.

    Attributes:
        problem: Why it cannot be run here; empty if it can.
        tooltip: The problem with what helps, or what to know.
    """

    runner: str
    title: str
    color: str
    problem: str = ""
    tooltip: str = ""


def runner_options(
    capabilities: Capabilities | None, chosen: tuple[str, ...], *, has_model: bool = True
) -> tuple[RunnerOption, ...]:
    """The registry's runners in its order, then those only the recipe knows; each with its place's colour.

    Args:
        has_model: Whether there is a PyTorch model, and not an ONNX file alone.
    """
    infos = list(capabilities.runners) if capabilities is not None else []
    known = {info.id for info in infos}
    infos += [RunnerInfo(name, name, "", ()) for name in chosen if name not in known]
    options = []
    for place, info in enumerate(infos):
        problem, tooltip = "", info.note
        if info.missing and capabilities is not None:
            problem = f"needs {', '.join(info.missing)}"
            commands = [_pip(capabilities, package) for package in info.missing]
            tooltip = "\n".join([f"{info.title} {problem}, which this interpreter lacks. To install:", *commands])
        elif not has_model and info.id in known and info.needs_artifact != "onnx":
            problem = "needs a PyTorch model"
            tooltip = f"{info.title} runs PyTorch models; the source is an ONNX file."
        elif capabilities is not None and info.id not in known:
            problem = "unknown"
            tooltip = f"This version has no runner {info.id!r}; the recipe names it."
        options.append(RunnerOption(info.id, info.title, color_at(place), problem, tooltip))
    return tuple(options)


def _pip(capabilities: Capabilities, package: str) -> str:
    found = [info.pip for info in capabilities.packages if info.name == package and info.pip]
    return found[0] if found else f"pip install {package}"


def color_at(place: int) -> str:
    """Colour of the runner at a place of the registry."""
    return RUNNER_COLORS[place % len(RUNNER_COLORS)]


def swatch(color: str) -> QIcon:
    """A small square of a colour."""
    picture = QPixmap(24, 24)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(2, 2, 20, 20, 5, 5)
    painter.end()
    picture.setDevicePixelRatio(2.0)
    return QIcon(picture)


class RunnerChoice(QWidget):
    """Boxes that wrap to the width. The last one that is checked cannot be unchecked: nothing would be measured."""

    chosen = Signal(object)  # tuple of runner ids, in the order of the options

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Runners")
        self.boxes: dict[str, QCheckBox] = {}
        self._options: tuple[RunnerOption, ...] = ()
        self._flow = FlowLayout(self)

    def show_options(self, options: tuple[RunnerOption, ...], checked: tuple[str, ...]) -> None:
        """Offer some runners, the ones of the recipe checked."""
        if options != self._options:
            self._options = options
            for box in self.boxes.values():
                self._flow.removeWidget(box)
                box.deleteLater()
            self.boxes = {option.runner: self._make_box(option) for option in options}
        for option in options:
            box = self.boxes[option.runner]
            is_checked = option.runner in checked
            box.blockSignals(True)
            box.setChecked(is_checked)
            box.blockSignals(False)
            is_last = is_checked and len(checked) == 1
            box.setEnabled((is_checked or not option.problem) and not is_last)
            box.setToolTip("At least one runner is needed." if is_last else option.tooltip)

    def _make_box(self, option: RunnerOption) -> QCheckBox:
        suffix = f" ({option.problem})" if option.problem else ""
        box = QCheckBox(f"{option.title}{suffix}")
        box.setObjectName(f"runner-{option.runner}")
        box.setIcon(swatch(option.color))
        box.setIconSize(QSize(12, 12))
        box.toggled.connect(self._on_toggled)
        self._flow.addWidget(box)
        return box

    def _on_toggled(self) -> None:
        self.chosen.emit(tuple(name for name, box in self.boxes.items() if box.isChecked()))
