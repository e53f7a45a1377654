"""How inputs and outputs are called in the artifact."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import ExporterInfo, ExportSpec, InputSpec
from modelpack_gui.ui.dialogs.export_sections.base import ExportSection
from modelpack_gui.ui.look.theme import mono_font
from modelpack_gui.ui.models import exporter_choices as choices
from modelpack_gui.ui.widgets.marked_line import MarkedLine


class NamesSection(ExportSection):
    """Names of inputs and of outputs, with commas between; hidden where the exporter has no use for them."""

    def __init__(self, inputs: tuple[InputSpec, ...], parent: QWidget | None = None) -> None:
        super().__init__("Names", parent)
        self._examples = tuple(item.name for item in inputs)
        self._is_heeded = True
        self._inputs = _make_line("Input names", "input-names", ", ".join(self._examples))
        self._inputs.textEdited.connect(lambda text: self.change(input_names=_split_names(text)))
        self._outputs = _make_line(
            "Output names", "output-names", "Left to the exporter; several with commas between"
        )
        self._outputs.textEdited.connect(lambda text: self.change(output_names=_split_names(text)))
        self.add_row("&Input names", self._inputs)
        self.add_row("Output &names", self._outputs)

    def show_spec(self, spec: ExportSpec, info: ExporterInfo | None) -> None:
        """See ExportSection."""
        super().show_spec(spec, info)
        self._is_heeded = info is None or "input_names" in info.options
        self.setVisible(self._is_heeded)
        for line, names in ((self._inputs, spec.input_names), (self._outputs, spec.output_names)):
            if _split_names(line.text()) != names:
                line.follow(", ".join(names))
        self._inputs.set_problem(self._input_problem() if self._is_heeded else "")
        self._outputs.set_problem(self._output_problem() if self._is_heeded else "")

    @property
    def problem(self) -> str:
        """See ExportSection."""
        return (self._input_problem() or self._output_problem()) if self._is_heeded else ""

    def _input_problem(self) -> str:
        names = self.spec.input_names
        if names and len(names) != len(self._examples):
            given, wanted = plural(len(names), "input name"), plural(len(self._examples), "example input")
            return choices.names_problem(names, "input") or f"{given} for {wanted}: name all of them or none."
        return choices.names_problem(names, "input")

    def _output_problem(self) -> str:
        names = self.spec.output_names
        both = set(self.spec.input_names or self._examples) & set(names)
        shared = f"{sorted(both)[0]} is the name of an input and of an output." if both else ""
        return choices.names_problem(names, "output") or shared


def _make_line(label: str, name: str, placeholder: str) -> MarkedLine:
    line = MarkedLine(label)
    line.setObjectName(name)
    line.setFont(mono_font())
    line.setPlaceholderText(placeholder)
    return line


def _split_names(text: str) -> tuple[str, ...]:
    """Names with commas between; an empty text is no names."""
    return tuple(part.strip() for part in text.split(",")) if text.strip() else ()
