"""One undoable change of the recipe."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from modelpack_gui.core.recipe import Recipe


class EditCommand(QUndoCommand):
    """Swaps one frozen recipe for another; commands in a row with the same merge key become one."""

    def __init__(
        self, apply: Callable[[Recipe], None], before: Recipe, after: Recipe, text: str, merge_key: str
    ) -> None:
        super().__init__(text)
        self._apply = apply
        self.before = before
        self.after = after
        self._merge_key = merge_key

    def redo(self) -> None:
        """Qt calls this when the command is pushed, too."""
        self._apply(self.after)

    def undo(self) -> None:
        """Go back."""
        self._apply(self.before)

    def id(self) -> int:
        """Equal for commands that may merge; -1 never merges."""
        return zlib.crc32(self._merge_key.encode()) & 0x7FFFFFFF if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the later command's end."""
        if not isinstance(other, EditCommand) or other._merge_key != self._merge_key:
            return False
        self.after = other.after
        self.setObsolete(self.before == self.after)
        return True
