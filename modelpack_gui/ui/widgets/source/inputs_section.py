"""The example inputs on the source page: sets, table, what the selected one is made from, and suggestions."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.figures import plural
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    CallableInfo,
    InputFileInfo,
    InputFileRequest,
    InputSpec,
    SuggestedInputs,
    SuggestInputsRequest,
    source_problem,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models import input_sets
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.form_parts import FormSection, NoteLabel
from modelpack_gui.ui.widgets.source.input_details import InputDetails
from modelpack_gui.ui.widgets.source.input_set_bar import InputSetBar
from modelpack_gui.ui.widgets.source.inputs_table import InputsTable


class InputsSection(FormSection):
    """Edits the inputs and input sets of the recipe."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("Example inputs", parent)
        self._controller = controller
        self._info: CallableInfo | None = None
        self._found_for: tuple[InputSpec, ...] | None = None
        self.sets = InputSetBar()
        self.table = InputsTable()
        self.details = InputDetails(lambda: controller.base, settings)
        self.found = NoteLabel()
        self.found.setObjectName("inputs-found")
        for widget in (self.sets, self.table, self.found, self.details):
            self.add_wide(widget)
        self.table.inputs_edited.connect(self._on_inputs_edited)
        self.table.row_changed.connect(self._show_details)
        self.table.suggestion_wanted.connect(self._on_suggestion_wanted)
        self.sets.set_chosen.connect(lambda _index: self.show_inputs(self._info))
        self.sets.recipe_edited.connect(self._on_sets_edited)
        self.sets.message_raised.connect(lambda text: self._tell(text, Status.FAILED))
        self.details.spec_edited.connect(self._on_spec_edited)

    def show_inputs(self, info: CallableInfo | None) -> None:
        """Show the recipe's inputs; `info` is the class, whose `forward` names new rows."""
        self._info = info
        recipe = self._controller.recipe
        self.sets.show_recipe(recipe)
        self.sets.setVisible(bool(recipe.inputs))
        self.table.show_inputs(input_sets.inputs_of(recipe, self.sets.index), info)
        self.table.set_suggestion_problem(source_problem(recipe.source, self._controller.base))
        if self._found_for is not None and self._found_for != self.table.model.inputs:
            self._tell("", Status.PASSED)  # what was said is of other inputs
        self._show_details()

    def _tell(self, text: str, status: Status, about: tuple[InputSpec, ...] | None = None) -> None:
        self._found_for = about
        self.found.set_text(text, status)

    def _show_details(self) -> None:
        self.details.show_spec(self.table.current)

    # Edits

    def _edit(self, inputs: tuple[InputSpec, ...], text: str, merge_key: str = "") -> None:
        recipe = input_sets.with_inputs(self._controller.recipe, self.sets.index, inputs)
        self._controller.edit(recipe, text, merge_key)

    def _on_inputs_edited(self, inputs: tuple[InputSpec, ...], text: str) -> None:
        self._edit(inputs, text)

    def _on_sets_edited(self, recipe: Recipe, text: str) -> None:
        self._controller.edit(recipe, text)
        self.show_inputs(self._info)

    def _on_spec_edited(self, spec: InputSpec, text: str, reads: bool) -> None:
        self._replace(spec, text)
        if reads and spec.file:
            self._read_file(spec, text)

    def _replace(self, spec: InputSpec, text: str) -> None:
        inputs = self.table.model.inputs
        self._edit(
            tuple(spec if item.name == spec.name else item for item in inputs), text, f"{text}:{self.sets.index}"
        )

    def _read_file(self, spec: InputSpec, text: str) -> None:
        """Give the row the shape and dtype of its file: one edit with the choice of the file."""
        index = self.sets.index

        def answered(answer: InputFileInfo | None, error: ErrorInfo | None) -> None:
            now = input_sets.inputs_of(self._controller.recipe, index)
            if index != self.sets.index or spec not in now:
                return  # another file by now
            self.details.show_problem(f"{error.message} {error.hint}" if error is not None else "")
            if answer is not None:
                self._replace(answer.spec, text)

        if self._controller.is_trusted:
            self._controller.ask(
                "describe-input", InputFileRequest(spec), f"Read {spec.file}", InputFileInfo, answered
            )

    # Suggestions

    def _on_suggestion_wanted(self) -> None:
        controller = self._controller
        if not controller.is_trusted:
            controller.trust_wanted.emit()
            return
        asked, index = controller.recipe, self.sets.index
        self.table.set_suggesting(is_busy=True)
        self._tell("Trying what the model takes…", Status.RUNNING)

        def answered(answer: SuggestedInputs | None, error: ErrorInfo | None) -> None:
            self.table.set_suggesting(is_busy=False)
            if controller.recipe.source != asked.source:
                self._tell("", Status.PASSED)
            elif answer is None:
                assert error is not None
                self._tell(f"{error.message} {error.hint}", Status.FAILED)
            else:
                self._take(answer, index)

        request = SuggestInputsRequest(asked.source, input_sets.inputs_of(asked, index))
        controller.ask("suggest-inputs", request, "Suggest inputs", SuggestedInputs, answered)

    def _take(self, answer: SuggestedInputs, index: int) -> None:
        before = input_sets.inputs_of(self._controller.recipe, index)
        recipe = input_sets.with_inputs(self._controller.recipe, index, answer.inputs)
        self._controller.edit(recipe, "suggest example inputs")
        why = " ".join(answer.reasons)
        if answer.error is not None:
            tried = (
                f"After {plural(answer.tries, 'try', 'tries')} the model refuses them still: {answer.error.message}"
            )
            self._tell(f"{why} {tried}".strip(), Status.WARNING, answer.inputs)
        elif answer.inputs == before:
            self._tell("The model takes these inputs as they are.", Status.PASSED, answer.inputs)
        else:
            self._tell(f"{why} Tried: the model takes them.".strip(), Status.PASSED, answer.inputs)
