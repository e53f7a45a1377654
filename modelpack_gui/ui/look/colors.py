"""The two palettes, the colours of runners, and those of magnitudes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colors:
    """One theme. Text on `window` and `base` has a contrast of at least 4.5 : 1 (WCAG 2.1, 1.4.3)."""

    is_dark: bool
    window: str
    base: str
    raised: str
    text: str
    muted: str
    border: str
    field_border: str
    accent: str
    on_accent: str
    selection: str
    passed: str
    warning: str
    failed: str
    stale: str


LIGHT = Colors(
    is_dark=False,
    window="#f4f5f7",
    base="#ffffff",
    raised="#ffffff",
    text="#1b1f24",
    muted="#57606a",
    border="#d0d7de",
    field_border="#9aa4af",
    accent="#1f5fbf",
    on_accent="#ffffff",
    selection="#d6e4fa",
    passed="#1a7342",
    warning="#8a5a00",
    failed="#b42318",
    stale="#6b4fa3",
)
DARK = Colors(
    is_dark=True,
    window="#1c1f24",
    base="#15181c",
    raised="#23272e",
    text="#e4e7eb",
    muted="#a0a9b4",
    border="#383f48",
    field_border="#69727e",
    accent="#78aaff",
    on_accent="#0d1a30",
    selection="#2b4368",
    passed="#56c48d",
    warning="#e3b04b",
    failed="#ff8378",
    stale="#b79cf0",
)

# Okabe & Ito 2008, "Color Universal Design"; black and yellow left out: one is the text, the other is unreadable.
RUNNER_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")

# Smith & van der Walt 2015: perceptually even, and told apart by the colour-blind and in grey.
VIRIDIS = (
    "#440154",
    "#482475",
    "#414487",
    "#355f8d",
    "#2a788e",
    "#21918c",
    "#22a884",
    "#44bf70",
    "#7ad151",
    "#bddf26",
    "#fde725",
)
