"""The question before a checkpoint's pickle may use classes that weights_only=True refuses."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from modelpack_gui.ui.dialogs.consent import ConsentDialog
from modelpack_gui.ui.look.theme import SPACING, mono_font
from modelpack_gui.ui.widgets.basics import wrapped_label

CODE = "checkpoint-unsafe-global"
SAVED_CODE = "saved-model-unsafe-global"
"""Codes of the errors that this dialog is the answer to; their details have one full name on each line."""

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
    if name.startswith("torch.nn.modules."):
        return "A layer of PyTorch. The file says what is in it."
    if name.startswith("torch.nn.functional."):
        return "A function of PyTorch that computes on tensors."
    if package == "__main__":
        return (
            "A class of the script that saved the file; it is looked up in your model file or beside the saved model,"
            " and its code runs."
        )
    return f"Code of the package {package}. The file decides what it is called with."


class AllowGlobalsDialog(ConsentDialog):
    """Names each class. Accepted means the user agrees to these and no others."""

    def __init__(
        self, checkpoint: str, names: tuple[str, ...], parent: QWidget | None = None, *, what: str = "checkpoint"
    ) -> None:
        """`what` the file is: a checkpoint, or a saved model."""
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
        classes = "this class" if len(names) == 1 else f"these {len(names)} classes"
        super().__init__(
            "allow-globals",
            f"Let the {what} use {classes}?",
            f"{checkpoint} asks for more than tensors. Reading it would call what is named below, with arguments "
            "from the file. Agree only if you know who made it. Loading stays restricted (weights_only=True): "
            "anything that is not on the list is still refused. The consent is kept in the recipe and can be undone.",
            scroll,
            "Allow and load again",
            "Do not allow",
            parent,
        )
        self.names = names
        self.setWindowTitle(f"Allow classes in the {what}?")
        self.resize(600, 420)
