"""A run of the checks in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.stages.inspection.checks.checker import Checker


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(tmp_path)
