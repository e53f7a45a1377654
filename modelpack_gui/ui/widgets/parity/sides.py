"""The two sides that parity compares: the model or an artifact, against the exported artifact or another one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.parity.runtimes import RUNTIMES, RuntimeKind, runtimes_of
from modelpack_gui.core.records import Capabilities, ParitySpec, RuntimeChoice
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.project.spec_edits import edit_parity
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.form_parts import CalmCombo
from modelpack_gui.ui.widgets.path_field import PathField

_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_SUFFIXES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
_FILTER = f"Artifacts ({' '.join(f'*{suffix}' for suffix in _SUFFIXES)});;All files (*)"
_LEVELS = {
    "all": ("All", "As it will run: every optimisation of the runtime"),
    "extended": ("Extended", "Also fusions of operators; no change of layout"),
    "basic": ("Basic", "Only what changes no operator's meaning, such as folding constants"),
    "off": ("Off", "The graph as it is in the file"),
}


@dataclasses.dataclass(frozen=True)
class _Names:
    """Of one side: its fields in ParitySpec, and what it is called."""

    title: str
    artifact: str
    runtime: str
    default: str


_EXPECTED = _Names("Expected", "expected_artifact", "expected_runtime", "Model in eager PyTorch")
_ACTUAL = _Names("Actual", "actual_artifact", "runtime", "Exported artifact")


class SideRow:
    """The fields of one side."""

    def __init__(self, names: _Names, controller: Controller, settings: Settings) -> None:
        self.names = names
        self._controller = controller
        key = names.title.lower()
        self.path = PathField(
            f"{names.title} artifact",
            f"parity-{key}",
            _FILTER,
            lambda: controller.base,
            settings,
            suffixes=_SUFFIXES,
        )
        self.path.line.setPlaceholderText(names.default)
        self.path.line.setToolTip(f"{names.default}, unless an artifact is named or dropped here")
        self.path.path_edited.connect(self._on_path_edited)
        self.path.browse.setText("")  # its icon says it, and the path needs the room
        self.path.browse.setToolTip("Browse…")
        self.path.line.setMinimumWidth(100)
        self.clear = IconToolButton(f"{names.default} again", "close")
        self.clear.setObjectName(f"parity-{key}-clear")
        self.clear.clicked.connect(lambda: self._on_path_edited(""))
        self.path.row.addWidget(self.clear)
        self.runtime = CalmCombo(f"{names.title}: runtime")
        self.runtime.setObjectName(f"parity-{key}-runtime")
        self.runtime.setMinimumContentsLength(9)
        self.runtime.activated.connect(lambda _: self._on_choice())
        self.level = CalmCombo(f"{names.title}: optimisation")
        self.level.setObjectName(f"parity-{key}-level")
        self.level.setMinimumContentsLength(5)
        for value, (title, tip) in _LEVELS.items():
            self.level.addItem(title, value)
            self.level.setItemData(self.level.count() - 1, tip, _TOOLTIP)
        self.level.setToolTip("The runtime's graph optimisations")
        self.level.activated.connect(lambda _: self._on_choice())

    def show_spec(self, spec: ParitySpec, kinds: tuple[RuntimeKind, ...], found: Capabilities | None) -> None:
        """Show what is chosen; `kinds` are the runtimes that fit, none where the model itself runs."""
        path: str = getattr(spec, self.names.artifact)
        choice: RuntimeChoice = getattr(spec, self.names.runtime)
        self.path.set_path(path)
        self.clear.setEnabled(bool(path))
        ids = [kind.id for kind in kinds]
        self.runtime.clear()
        for kind in kinds:
            lacking = [name for name in kind.packages if found is not None and not found.version_of(name)]
            missing = f"The interpreter lacks {' and '.join(lacking)}." if lacking else ""
            self.runtime.addItem(f"{kind.title} (missing)" if missing else kind.title, kind.id)
            self.runtime.setItemData(self.runtime.count() - 1, missing or kind.note, _TOOLTIP)
        if not kinds:
            self.runtime.addItem("PyTorch", "")
        elif choice.id and choice.id not in ids:  # as a recipe may say; the stage tells what is wrong with it
            self.runtime.addItem(choice.id, choice.id)
        self.runtime.setCurrentIndex(max(self.runtime.findData(choice.id), 0))
        self.runtime.setEnabled(len(kinds) > 1)
        chosen = next((kind for kind in kinds if kind.id == self.runtime.currentData()), None)
        self.level.setEnabled(chosen is not None and bool(chosen.levels))
        self.level.setCurrentIndex(max(self.level.findData(choice.optimization), 0))

    def _on_path_edited(self, path: str) -> None:
        text = f"compare with {Path(path).name}" if path else f"compare with the {self.names.default.lower()}"
        if self.names is _ACTUAL:
            text = f"compare {Path(path).name}" if path else f"compare the {self.names.default.lower()}"
        edit_parity(self._controller, text, **{self.names.artifact: path})

    def _on_choice(self) -> None:
        known = self.runtime.currentData()
        is_usual = self.runtime.currentIndex() == 0  # an empty id fits whatever artifact comes next
        choice = RuntimeChoice("" if is_usual else known, self.level.currentData())
        text = f"change how {self.names.title.lower()} is run"
        edit_parity(self._controller, text, "", **{self.names.runtime: choice})


class SidesPanel(QWidget):
    """Expected above actual: each an artifact and how it is run, or what the recipe gives."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.expected = SideRow(_EXPECTED, controller, settings)
        self.actual = SideRow(_ACTUAL, controller, settings)
        self.swap = IconButton("Swap", "swap")
        self.swap.setObjectName("parity-swap")
        self.swap.clicked.connect(self._on_swap)
        note = wrapped_label(
            "Any two artifacts can be compared: before and after a simplification, float32 and INT8, two opsets, two "
            "runtimes. Drop a file on a side.",
            is_muted=True,
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACING)
        grid.setVerticalSpacing(SPACING)
        for row, side in enumerate((self.expected, self.actual)):
            label = QLabel(side.names.title)
            label.setBuddy(side.path.line)
            for column, widget in enumerate((label, side.path, side.runtime, side.level)):
                grid.addWidget(widget, row, column)
        last = QHBoxLayout()
        last.setSpacing(SPACING)
        last.addWidget(self.swap)
        last.addWidget(note, 1)
        grid.addLayout(last, 2, 0, 1, 4)
        grid.setColumnStretch(1, 1)
        self.setFocusProxy(self.expected.path)

    def show_spec(self, spec: ParitySpec) -> None:
        """Bring the fields in line with a recipe."""
        found = self._controller.capabilities
        self.expected.show_spec(spec, _kinds_of(spec.expected_artifact), found)
        actual = spec.actual_artifact or self._exported()
        self.actual.show_spec(spec, _kinds_of(actual) or runtimes_of(self._controller.recipe.export.format), found)
        self.swap.setEnabled(bool(spec.expected_artifact))
        self.swap.setToolTip(
            "Expected becomes actual, and actual expected"
            if spec.expected_artifact
            else "The model can only be what is expected: name an artifact there first"
        )

    def _exported(self) -> str:
        return self._controller.artifact_path or self._controller.recipe.export.output_path

    def _on_swap(self) -> None:
        spec = self._controller.recipe.parity
        edit_parity(
            self._controller,
            "swap the sides",
            expected_artifact=spec.actual_artifact or self._controller.recipe.export.output_path,
            expected_runtime=spec.runtime,
            actual_artifact=spec.expected_artifact,
            runtime=spec.expected_runtime,
        )


def sides_summary(spec: ParitySpec) -> str:
    """What is compared with what, in a few words."""
    expected = _told(spec.expected_artifact, spec.expected_runtime, "model")
    return f"{expected} / {_told(spec.actual_artifact, spec.runtime, 'exported artifact')}"


def _told(path: str, choice: RuntimeChoice, default: str) -> str:
    title = next((kind.title for kind in RUNTIMES if kind.id == choice.id), choice.id)
    ways = [title] if choice.id else []
    if choice.optimization != "all":
        ways.append(f"optimisation {choice.optimization}")
    return f"{Path(path).name or default} ({', '.join(ways)})" if ways else Path(path).name or default


def _kinds_of(path: str) -> tuple[RuntimeKind, ...]:
    """The runtimes that fit a file, by its name; none for no file."""
    suffix = Path(path).suffix.lower()
    return next((runtimes_of(name) for name, suffixes in SUFFIXES.items() if suffix in suffixes), ())
