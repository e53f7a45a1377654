"""The source page: interpreter, class, arguments, checkpoint and example inputs; then the loaded model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from modelpack_gui.client.recipe_file import relative_to_recipe
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.inputs.proposals import proposed_inputs
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.proposals import with_output_path
from modelpack_gui.core.recipe import InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    CallableInfo,
    CapturedWarning,
    CheckpointSpec,
    FactoryDraft,
    FactoryRequest,
    LoadReport,
    ModelSource,
    Result,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.allow_globals import CODE, SAVED_CODE, AllowGlobalsDialog, globals_of
from modelpack_gui.ui.dialogs.write_factory import WriteFactoryDialog
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.models.source_text import load_sentence
from modelpack_gui.ui.pages.base import StagePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import IconButton, separator, wrapped_label
from modelpack_gui.ui.widgets.form_parts import FormSection
from modelpack_gui.ui.widgets.source.argument_form import ArgumentForm
from modelpack_gui.ui.widgets.source.checkpoint_field import CheckpointField
from modelpack_gui.ui.widgets.source.inputs_section import InputsSection
from modelpack_gui.ui.widgets.source.interpreter_field import InterpreterField
from modelpack_gui.ui.widgets.source.key_report import KeyReportView
from modelpack_gui.ui.widgets.source.load_results import LoadResults
from modelpack_gui.ui.widgets.source.model_field import ModelField

FORM_WIDTH = 960
_SETTINGS_TAB, _MODEL_TAB, _KEYS_TAB = range(3)


class SourcePage(StagePage):
    """Edits the recipe's source and shows what loading it gave."""

    stage = Stage.SOURCE
    icon_name = "source"
    always_content = True

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(controller, parent)
        self.interpreter = InterpreterField(controller, settings)
        self.model_field = ModelField(controller, settings)
        self.arguments = ArgumentForm(self.model_field.read_again)
        self.checkpoint = CheckpointField(controller, settings)
        self.inputs_section = InputsSection(controller, settings)
        self.inputs = self.inputs_section.table
        self.results = LoadResults(controller, settings)
        self.keys = KeyReportView(settings)
        self._consent = self._make_consent()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.indexOf(self.error_panel) + 1, self._consent)

        self.tabs = QTabWidget()
        self.tabs.setObjectName("source-tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._make_form(), "Settings")
        self.tabs.addTab(_scrolled(self.results), "Loaded model")
        self.tabs.addTab(self.keys, "Checkpoint keys")
        self.content.addWidget(self.tabs, 1)

        self.interpreter.interpreter_edited.connect(self._on_interpreter_edited)
        self.model_field.location_edited.connect(self._on_location_edited)
        self.model_field.name_edited.connect(self._on_name_edited)
        self.model_field.factory_wanted.connect(self._ask_factory)
        self.model_field.consent_wanted.connect(self._on_consent_clicked)
        self.model_field.allowed_edited.connect(
            lambda names: self._edit_source(
                dataclasses.replace(self.controller.recipe.source, allowed_globals=names), "disallow class"
            )
        )
        self.arguments.argument_edited.connect(self._on_argument_edited)
        self.arguments.argument_removed.connect(self._on_argument_removed)
        self.checkpoint.checkpoint_edited.connect(self._edit_checkpoint)
        self.keys.inspection_made.connect(lambda made: controller.inspect(made, self.stage))
        controller.recipe_changed.connect(self._on_recipe_changed)
        controller.scan_changed.connect(self._on_scan_changed)
        controller.capabilities_changed.connect(self.interpreter.show_capabilities)
        controller.project_changed.connect(self._on_project_changed)
        self._show_signature()
        self._location = controller.recipe.source.location
        self._is_ready = False  # a result that was there before the page does not turn its pages
        self.refresh()
        self._is_ready = True

    # The result

    def refresh(self) -> None:
        """Also the tabs and the offer to consent."""
        super().refresh()
        state = self.controller.state(self.stage)
        if state.status is not Status.RUNNING:
            self.checkpoint.reader.follow()  # the file may be another one since it was read
        has_result = state.result is not None
        for tab in (_MODEL_TAB, _KEYS_TAB):
            self.tabs.setTabEnabled(tab, has_result)
        if not has_result:
            self.tabs.setCurrentIndex(_SETTINGS_TAB)
        self._consent.setVisible(bool(self._wanted_globals()))

    def show_result(self, result: Result) -> None:
        """Draw a loaded model."""
        assert isinstance(result, LoadReport)
        self.results.show_report(result)
        self.keys.show_report(result)
        for tab in (_MODEL_TAB, _KEYS_TAB):
            self.tabs.setTabEnabled(tab, True)
        if self._is_ready:
            self.tabs.setCurrentIndex(_MODEL_TAB)

    def reveal(self, subject: object) -> None:
        """Select a warning."""
        if isinstance(subject, CapturedWarning):
            self.tabs.setCurrentIndex(_MODEL_TAB)
            self.results.warnings.reveal(subject)

    def sentence_for(self, result: Result) -> str:
        """What was loaded and how well the checkpoint fits."""
        assert isinstance(result, LoadReport)
        return load_sentence(result)

    # The form

    def _make_form(self) -> QWidget:
        interpreter = FormSection("Interpreter")
        interpreter.add_row("&Python", self.interpreter, self.interpreter.combo)
        arguments = self._arguments = FormSection("Constructor arguments")
        arguments.add_wide(self.arguments)
        inner = QWidget()
        inner.setMaximumWidth(FORM_WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(GROUP_SPACING)
        sections = (interpreter, self.model_field, arguments, self.checkpoint, self.inputs_section)
        self._lines: dict[QWidget, QWidget] = {}  # above each section but the first
        for i, section in enumerate(sections):
            if i:
                self._lines[section] = separator()
                column.addWidget(self._lines[section])
            column.addWidget(section)
        column.addStretch(1)
        outer = QWidget()
        row = QHBoxLayout(outer)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inner, 1)
        row.addStretch(0)
        scroll = _scrolled(outer)
        scroll.setObjectName("source-form")
        return scroll

    def _show_signature(self) -> None:
        recipe, info = self.controller.recipe, self.model_field.chosen
        is_onnx = self.controller.source.is_onnx
        for section, is_wanted in (
            (self._arguments, not recipe.source.is_saved_model),  # it is made already
            (self.checkpoint, not is_onnx),
        ):
            section.setVisible(is_wanted)
            self._lines[section].setVisible(is_wanted)
        self.arguments.show_form(info, recipe.source.arguments)
        self.inputs_section.show_inputs(info)

    def _on_recipe_changed(self) -> None:
        location = self.controller.recipe.source.location
        if location != self._location:  # what was loaded is another model
            self._location = location
            self.tabs.setCurrentIndex(_SETTINGS_TAB)
        self.interpreter.show_interpreter()
        self.model_field.follow()
        self.checkpoint.follow()
        self._show_signature()
        self._consent.setVisible(bool(self._wanted_globals()))

    def _on_scan_changed(self) -> None:
        controller = self.controller
        self.model_field.show_scan()
        is_being_read = controller.scan is None and controller.scan_error is None and controller.is_trusted
        if not (is_being_read and controller.recipe.source.location):  # the form stays until there is an answer
            self._show_signature()

    def _on_project_changed(self) -> None:
        self.interpreter.look_around()
        self.interpreter.show_capabilities()
        self.model_field.follow()
        self.checkpoint.follow()

    # Edits

    def _edit_source(self, source: ModelSource, text: str, merge_key: str = "") -> None:
        self.controller.edit(dataclasses.replace(self.controller.recipe, source=source), text, merge_key)

    def _on_interpreter_edited(self, path: str) -> None:
        recipe = dataclasses.replace(self.controller.recipe, interpreter=InterpreterSpec(path))
        self.controller.edit(recipe, "change interpreter")

    def _on_location_edited(self, file: str, module: str, name: str) -> None:
        before = self.controller.recipe.source
        source = dataclasses.replace(before, file=file, module=module, name=name or before.name, allowed_globals=())
        self._edit_source(source, "choose model file" if file else "choose module")

    def _on_name_edited(self, name: str) -> None:
        before = self.controller.recipe
        after = dataclasses.replace(before, source=dataclasses.replace(before.source, name=name))
        scan = self.controller.scan
        info = next((item for item in scan.callables if item.name == name), None) if scan is not None else None
        is_saved = self.controller.path is not None
        self.controller.edit(_with_proposals(after, info, is_saved=is_saved), "choose class")

    def _ask_factory(self) -> None:
        source = self.controller.recipe.source
        request = FactoryRequest(source.file, source.module, source.name)
        title = f"Draft a factory for {source.name}"
        self.controller.ask("draft-factory", request, title, FactoryDraft, self._on_factory_drafted)

    def _on_factory_drafted(self, draft: FactoryDraft | None, error: ErrorInfo | None) -> None:
        if draft is None:
            if error is not None:
                self.controller.message_raised.emit(error)
            return
        dialog = WriteFactoryDialog(self.controller.recipe.source.name, draft, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._use_factory(dialog.path, dialog.name))
        dialog.open()

    def _use_factory(self, path: Path, name: str) -> None:
        """One change: another file, the function in it, and of the arguments none."""
        before = self.controller.recipe.source
        file = relative_to_recipe(str(path), self.controller.base)
        source = dataclasses.replace(before, file=file, module="", name=name, arguments={})
        self._edit_source(source, "use the factory")

    def _on_argument_edited(self, name: str, value: Any) -> None:
        source = self.controller.recipe.source
        arguments = {**source.arguments, name: value}
        self._edit_source(
            dataclasses.replace(source, arguments=arguments), f"change argument {name}", f"argument:{name}"
        )

    def _on_argument_removed(self, name: str) -> None:
        source = self.controller.recipe.source
        arguments = {key: value for key, value in source.arguments.items() if key != name}
        self._edit_source(
            dataclasses.replace(source, arguments=arguments), f"change argument {name}", f"argument:{name}"
        )

    def _edit_checkpoint(self, checkpoint: CheckpointSpec | None, text: str) -> None:
        self._edit_source(dataclasses.replace(self.controller.recipe.source, checkpoint=checkpoint), text)

    # Consent to a checkpoint's classes

    def _make_consent(self) -> QWidget:
        box = QWidget()
        box.setObjectName("consent")
        text = wrapped_label("If you know who made the file, you can allow what it asks for by name.", is_muted=True)
        button = IconButton("Review and allow…", "warning")
        button.setObjectName("consent-button")
        button.clicked.connect(self._on_consent_clicked)
        row = QHBoxLayout(box)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(SPACING)
        row.addWidget(text, 1)
        row.addWidget(button)
        return box

    def _wanted_globals(self) -> tuple[str, ...]:
        """What the last load was refused for and is not allowed yet."""
        state, source = self.controller.state(self.stage), self.controller.recipe.source
        error = state.error
        if error is None or error.code not in (CODE, SAVED_CODE) or state.status is Status.RUNNING:
            return ()
        if state.ran_with is not None and state.ran_with.source != source:
            return ()  # another file by now, or consent given since
        return tuple(name for name in globals_of(error.details) if name not in self._allowed(error.code))

    def _allowed(self, code: str) -> tuple[str, ...]:
        source = self.controller.recipe.source
        if code == SAVED_CODE:
            return source.allowed_globals
        return source.checkpoint.allowed_globals if source.checkpoint is not None else ()

    def _on_consent_clicked(self) -> None:
        """Ask for what the last load was refused for; before any load, for what the saved model says it wants."""
        source, scan = self.controller.recipe.source, self.controller.scan
        names, error = self._wanted_globals(), self.controller.state(self.stage).error
        code = error.code if error is not None and names else SAVED_CODE
        if not names and scan is not None and scan.saved is not None:
            names = tuple(name for name in scan.saved.globals if name not in source.allowed_globals)
        if not names:
            return
        is_saved = code == SAVED_CODE
        path = source.file if is_saved or source.checkpoint is None else source.checkpoint.path
        dialog = AllowGlobalsDialog(path, names, self, what="saved model" if is_saved else "checkpoint")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._allow(names, code))
        dialog.open()

    def _allow(self, names: tuple[str, ...], code: str) -> None:
        source = self.controller.recipe.source
        allowed = tuple(dict.fromkeys((*self._allowed(code), *names)))
        if code == SAVED_CODE:
            source = dataclasses.replace(source, allowed_globals=allowed)
            self._edit_source(source, "allow classes in saved model")
        elif source.checkpoint is not None:
            checkpoint = dataclasses.replace(source.checkpoint, allowed_globals=allowed)
            self._edit_checkpoint(checkpoint, "allow classes in checkpoint")
        self.controller.run(Stage.SOURCE)


def _scrolled(widget: QWidget) -> QScrollArea:
    """As large as the tab, and scrolled where a small screen has no room for it."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the focus and scrolls it
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(widget)
    return scroll


def _with_proposals(recipe: Recipe, info: CallableInfo | None, *, is_saved: bool) -> Recipe:
    """Fill in example inputs and an output path where there are none: one edit with the choice of the class.

    The output goes below the recipe's folder; as long as there is none (not `is_saved`), below the model file's.
    """
    if info is None:
        return recipe
    if not recipe.inputs:
        recipe = dataclasses.replace(recipe, inputs=proposed_inputs(info.forward))
    return with_output_path(recipe, is_saved=is_saved)
