from __future__ import annotations

from PySide6.QtGui import Qt

from modelpack_gui.ui.plain_text import plain_tooltip


def test_a_paragraph_is_cut_into_lines_at_spaces() -> None:
    text = "A scale for each output channel of a weight, " * 6
    lines = plain_tooltip(text).split("\n")
    assert max(map(len, lines)) <= 100
    assert " ".join(lines) == text.rstrip()


def test_short_lines_and_what_has_no_spaces_stay_as_they_are() -> None:
    for text in ("short\n  and indented", "/home/" + "x" * 300, "x " * 20_000):
        assert plain_tooltip(text) == text


def test_what_looks_like_html_is_shown_as_it_is() -> None:
    shown = plain_tooltip("token <s>")
    assert Qt.mightBeRichText(shown)
    assert "&lt;s&gt;" in shown
