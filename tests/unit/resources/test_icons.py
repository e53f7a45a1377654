from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.places import ICONS

SVG = "{http://www.w3.org/2000/svg}"
VERDICTS = {"passed", "warning", "failed", "running", "not-run", "stale"}
STAGES = {"source", "export", "graph", "check", "parity", "benchmark"}
TINTED = sorted(path for path in ICONS.glob("*.svg") if path.stem != "app")


def _root(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def test_every_stage_and_verdict_has_an_icon() -> None:
    assert {path.stem for path in TINTED} >= VERDICTS | STAGES


@pytest.mark.parametrize("path", [*TINTED, ICONS / "app.svg"], ids=lambda path: path.stem)
def test_icon_is_drawn_on_a_24_unit_square(path: Path) -> None:
    root = _root(path)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 24 24"
    assert len(root) > 0


@pytest.mark.parametrize("path", TINTED, ids=lambda path: path.stem)
def test_icon_is_stroked_in_the_colour_of_the_palette(path: Path) -> None:
    root = _root(path)
    pen = {name: root.get(name) for name in ("stroke", "fill", "stroke-width", "stroke-linecap", "stroke-linejoin")}
    assert pen == {
        "stroke": "currentColor",
        "fill": "none",
        "stroke-width": "1.5",
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }


@pytest.mark.parametrize("path", TINTED, ids=lambda path: path.stem)
def test_no_part_of_an_icon_has_a_colour_or_a_pen_of_its_own(path: Path) -> None:
    for part in _root(path):
        assert part.get("fill", "currentColor") == "currentColor", part.attrib
        assert part.get("stroke", "none") == "none", part.attrib
        assert part.get("style") is None
        assert part.get("stroke-width") is None


def test_only_the_running_verdict_is_a_filled_dot() -> None:
    filled = {
        path.stem
        for path in TINTED
        if path.stem in VERDICTS and all(part.get("fill") == "currentColor" for part in _root(path))
    }
    assert filled == {"running"}
