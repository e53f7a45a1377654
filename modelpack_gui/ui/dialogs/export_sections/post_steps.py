"""What is done with the artifact after the export, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from modelpack_gui.core.records import ExporterInfo, ExportSpec, PostStepInfo
from modelpack_gui.ui.dialogs.export_sections.base import ExportSection
from modelpack_gui.ui.models import exporter_choices as choices
from modelpack_gui.ui.widgets.basics import wrapped_label
from modelpack_gui.ui.widgets.export.post_step_choice import PostStepChoice

_INTRODUCTION = "Each is followed by a parity check of its own; what fails, or disagrees with the model, is left out."


class PostStepsSection(ExportSection):
    """The steps for the format, in the order they are run; hidden where there are none."""

    def __init__(self, steps: Sequence[PostStepInfo], executable: str, parent: QWidget | None = None) -> None:
        super().__init__("After the export", parent)
        self._steps = steps
        self.choice = PostStepChoice(executable)
        self.choice.steps_chosen.connect(lambda names: self.change(post_steps=names))
        self.add_wide(wrapped_label(_INTRODUCTION, is_muted=True))
        self.add_wide(self.choice)

    def show_spec(self, spec: ExportSpec, info: ExporterInfo | None) -> None:
        """See ExportSection."""
        super().show_spec(spec, info)
        fitting = choices.steps_for(self._steps, spec.format)
        self.setVisible(bool(fitting))
        self.choice.show_steps(fitting, spec.post_steps)

    @property
    def problem(self) -> str:
        """See ExportSection."""
        return choices.steps_problem(choices.steps_for(self._steps, self.spec.format), self.spec.post_steps)
