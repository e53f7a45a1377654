"""The view of the values of an output, and how it is given arrays."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import (
    OutputParity,
    TensorInfo,
    ValueFiles,
    Verdict,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.values.view import ValuesView
from tests.ui import made_reports as made
from tests.ui.values.outputs import Array, Show, case_of


@pytest.fixture
def view(qtbot: QtBot, controller: Controller, settings: Settings) -> ValuesView:
    made_view = ValuesView(controller, settings)
    qtbot.addWidget(made_view)
    made_view.resize(1000, 560)
    made_view.show()
    return made_view


@pytest.fixture
def show(view: ValuesView, qtbot: QtBot, tmp_path: Path) -> Show:
    """Shows arrays as an output of a case, and waits until they were read and counted."""
    names = itertools.count()

    def shown(expected: Array, actual: Array, exact: Array | None = None, **changes: Any) -> OutputParity:
        number = next(names)
        paths = []
        for side, array in (("e", expected), ("a", actual), ("x", exact)):
            path = tmp_path / f"{number}-{side}.npy"
            if array is not None:
                np.save(path, array)
            paths.append("" if array is None else str(path))
        base = made.output("logits", Verdict.FAILED, 2, 1e-3)
        output = dataclasses.replace(
            base,
            expected=TensorInfo("logits", str(expected.dtype), expected.shape),
            actual=TensorInfo("logits", str(actual.dtype), actual.shape),
            elements=expected.size,
            values=ValueFiles(*paths),
            **{"rtol": 0.0, "atol": 0.1, "worst_index": None, **changes},
        )
        view.show_output(None, case_of(output), output)
        if expected.shape == actual.shape:
            qtbot.waitUntil(lambda: view.source.mismatched is not None)
        else:
            qtbot.waitUntil(lambda: view.source.values is not None)
        return output

    return shown
