"""What is remembered of the canvas between sessions: how it draws, and what was open in each file."""

from __future__ import annotations

import json

from modelpack_gui.core import serde
from modelpack_gui.ui.graph.scenes import DETAILS, HIDDEN, GraphScenes
from modelpack_gui.ui.settings import Settings

_KEY = "graph/canvas"
_MOST_FILES = 40


class CanvasMemory:
    """The settings of the canvas by name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def number(self, name: str, default: int) -> int:
        """A small whole number."""
        text = self._settings.text(f"{_KEY}/{name}")
        return int(text) if text.isdecimal() else default

    def is_on(self, name: str, *, default: bool) -> bool:
        """A switch."""
        return self._settings.text(f"{_KEY}/{name}", "on" if default else "off") == "on"

    def put(self, name: str, value: int | bool | str) -> None:
        """Remember a number, a switch or a word."""
        text = ("on" if value else "off") if isinstance(value, bool) else str(value)
        self._settings.set_text(f"{_KEY}/{name}", text)

    def apply_to(self, scenes: GraphScenes) -> None:
        """Take up how the last session drew, before anything is laid out."""
        hidden = self._settings.text(f"{_KEY}/hidden").split()
        details = self._settings.text(f"{_KEY}/details").split()
        scenes.set_hidden(frozenset(one for one in HIDDEN if one in hidden))
        scenes.set_details(frozenset(one for one in DETAILS if one in details))
        scenes.set_direction("right" if self._settings.text(f"{_KEY}/direction") == "right" else "down")
        try:
            views = serde.loads(self._settings.text(f"{_KEY}/views", "{}"))
        except ValueError:
            views = {}
        if isinstance(views, dict):
            scenes.recall({str(path): view for path, view in views.items() if isinstance(view, str)})

    def keep(self, scenes: GraphScenes) -> None:
        """Remember how this one draws."""
        self.put("hidden", " ".join(sorted(scenes.hidden)))
        self.put("details", " ".join(sorted(scenes.details)))
        self.put("direction", scenes.direction)
        views = dict(list(scenes.remembered_views().items())[-_MOST_FILES:])
        self._settings.set_text(f"{_KEY}/views", json.dumps(views))
