"""The question before a checkpoint's pickle may use classes that weights_only=True refuses."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from modelpack_gui.ui.theme import GROUP_SPACING, SPACING, heading_font, mono_font
from modelpack_gui.ui.widgets.basics import IconButton, IconLabel, wrapped_label

CODE = "checkpoint-unsafe-global"
"""Code of the error that this dialog is the answer to; its details have one full name on each line."""

_ARRAY = "Rebuilds NumPy arrays and numbers. Holds data only; a common need of older checkpoints."
_CONTAINER = "A container of the standard library."
_PATH = "A path, kept as text. Reads and writes nothing by itself."
_TIME = "A date or time."
# By full name: another function of the same package may do anything (numpy.load unpickles files).
_KNOWN = {
    "numpy.dtype": _ARRAY,
    "numpy.ndarray": _ARRAY,
    "numpy.core.multiarray._reconstruct": _ARRAY,
    "numpy._core.multiarray._reconstruct": _ARRAY,
    "numpy.core.multiarray.scalar": _ARRAY,
    "numpy._core.multiarray.scalar": _ARRAY,
    "argparse.Namespace": "A plain container of options, usually the arguments of the training run.",
    "collections.OrderedDict": _CONTAINER,
    "collections.Counter": _CONTAINER,
    "collections.deque": _CONTAINER,
    "pathlib.PosixPath": _PATH,
    "pathlib.WindowsPath": _PATH,
    "datetime.datetime": _TIME,
    "datetime.date": _TIME,
    "datetime.timedelta": _TIME,
}


def globals_of(details: str) -> tuple[str, ...]:
    """The full names in an error's details."""
    return tuple(dict.fromkeys(line.strip() for line in details.splitlines() if line.strip()))


def meaning(name: str) -> str:
    """What it means to allow a global, one or two sentences."""
    package = name.partition(".")[0]
    if name in _KNOWN:
        return _KNOWN[name]
    if package == "__main__":
        return (
            "A class of the script that saved the checkpoint; it is looked up in your model file, and its code runs."
        )
    return f"Code of the package {package}. The file decides what it is called with."


class AllowGlobalsDialog(QDialog):
    """Names each class. Accepted means the user agrees to these and no others."""

    def __init__(self, checkpoint: str, names: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allow-globals-dialog")
        self.setWindowTitle("Allow classes in the checkpoint?")
        self.resize(600, 420)
        self.names = names
        what = "this class" if len(names) == 1 else f"these {len(names)} classes"
        question = QLabel(f"Let the checkpoint use {what}?")
        question.setFont(heading_font())
        explanation = wrapped_label(
            f"{checkpoint} asks for more than tensors. Reading it would call what is named below, with arguments "
            "from the file. Agree only if you know who made it. Loading stays restricted (weights_only=True): "
            "anything that is not on the list is still refused. The consent is kept in the recipe and can be undone.",
            is_muted=True,
        )
        card = QFrame()
        card.setProperty("role", "card")
        rows = QVBoxLayout(card)
        rows.setContentsMargins(12, 12, 12, 12)
        rows.setSpacing(SPACING)
        for name in names:
            title = wrapped_label(name, is_selectable=True)
            title.setFont(mono_font())
            rows.addWidget(title)
            rows.addWidget(wrapped_label(meaning(name), is_muted=True))
        rows.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(card)
        allow = IconButton("Allow and load again", "run")
        allow.setObjectName("allow-globals-accept")
        allow.clicked.connect(self.accept)
        keep = IconButton("Do not allow", role="primary")
        keep.setObjectName("allow-globals-reject")
        keep.setDefault(True)
        allow.setAutoDefault(False)
        keep.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(allow)
        buttons.addWidget(keep)
        head = QHBoxLayout()
        head.setSpacing(SPACING + 4)
        head.addWidget(IconLabel("warning", 32), alignment=Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.addWidget(question)
        texts.addWidget(explanation)
        head.addLayout(texts, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(GROUP_SPACING)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        column.addLayout(buttons)
        keep.setFocus()  # else the first button has it, and Return or Space would agree
