"""What the user's new recipes start with, in place of what the app comes with."""

from __future__ import annotations

import json
from collections.abc import Mapping

from modelpack_gui.core import serde
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import LOW_PRECISION, ParitySpec
from modelpack_gui.ui.settings import Settings

_KEY = "parity/low-precision"


def my_low_precision(settings: Settings) -> dict[str, tuple[float, float]]:
    """(rtol, atol) by dtype, as saved; those the app comes with where nothing, or nothing readable, is."""
    try:
        saved = serde.loads(settings.text(_KEY))
        return {str(dtype): (float(pair[0]), float(pair[1])) for dtype, pair in saved.items()}
    except (ValueError, TypeError, AttributeError, LookupError):
        return dict(LOW_PRECISION)


def save_low_precision(settings: Settings, table: Mapping[str, tuple[float, float]]) -> None:
    """Let new recipes start with these."""
    settings.set_text(_KEY, json.dumps({dtype: list(pair) for dtype, pair in table.items()}))


def new_recipe(settings: Settings) -> Recipe:
    """What a new project starts from."""
    return Recipe(parity=ParitySpec(low_precision=my_low_precision(settings)))
