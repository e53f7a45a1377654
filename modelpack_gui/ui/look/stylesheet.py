"""The style sheet of the application, and the little pictures that it names."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.client.resources import resource_path
from modelpack_gui.ui.look.colors import Colors

IMAGES = ("check", "up", "down", "close", "float")


def write_images(colors: Colors, folder: Path) -> None:
    """Write the pictures that the style sheet names: a style sheet takes files only, and cannot tint them."""
    for name, icon, color in (
        ("check", "passed", colors.on_accent),
        ("up", "chevron-up", colors.muted),
        ("down", "chevron-down", colors.muted),
        ("close", "close", colors.muted),
        ("float", "float", colors.muted),
    ):
        svg = resource_path("icons", f"{icon}.svg").read_text(encoding="utf-8")
        svg = svg.replace("currentColor", color).replace('stroke-width="1.5"', 'stroke-width="2.5"')
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


def stylesheet(colors: Colors, images: Path) -> str:
    """Only what a palette cannot say.

    Args:
        images: Folder with an SVG for each of `IMAGES`, tinted for this palette.
    """
    check, up, down, close, float_ = ((images / f"{name}.svg").as_posix() for name in IMAGES)
    return f"""
    QToolTip {{ color: {colors.text}; background: {colors.raised}; border: 1px solid {colors.border}; padding: 4px; }}
    QLabel[role="muted"] {{ color: {colors.muted}; }}
    QFrame[role="card"] {{ background: {colors.raised}; border: 1px solid {colors.border}; border-radius: 6px; }}
    QFrame[role="line"] {{ background: {colors.border}; border: none; max-height: 1px; min-height: 1px; }}
    QPushButton {{ padding: 5px 12px; border: 1px solid {colors.border}; border-radius: 5px;
                   background: {colors.raised}; }}
    QPushButton:hover {{ border-color: {colors.accent}; }}
    QPushButton:pressed {{ background: {colors.selection}; }}
    QPushButton:focus {{ border: 2px solid {colors.accent}; padding: 4px 11px; }}
    QPushButton:disabled {{ color: {colors.muted}; background: {colors.window}; }}
    QPushButton[role="primary"] {{ background: {colors.accent}; color: {colors.on_accent};
                                   border-color: {colors.accent}; font-weight: 600; }}
    QPushButton[role="primary"]:focus {{ border: 2px solid {colors.text}; }}
    QPushButton[role="primary"]:disabled {{ background: {colors.border}; color: {colors.muted};
                                            border-color: {colors.border}; }}
    QPushButton[role="link"] {{ border: none; background: transparent; color: {colors.accent}; padding: 2px;
                                text-align: left; }}
    QPushButton[role="link"]:hover, QPushButton[role="link"]:focus {{ text-decoration: underline; }}
    QTableView, QTreeView, QListView, QPlainTextEdit, QTextEdit {{ border: 1px solid {colors.border};
        border-radius: 4px; gridline-color: {colors.border}; background: {colors.base}; }}
    QTableView:focus, QTreeView:focus, QListView:focus, QPlainTextEdit:focus {{ border-color: {colors.accent}; }}
    QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-origin: margin; subcontrol-position: top center;
                                                     position: relative; top: -3px; width: 14px; height: 14px; }}
    QHeaderView::up-arrow {{ image: url({up}); }}
    QHeaderView::down-arrow {{ image: url({down}); }}
    QHeaderView::section {{ background: {colors.window}; border: none; border-bottom: 1px solid {colors.border};
        border-right: 1px solid {colors.border}; padding: 4px 8px; }}
    QLineEdit, QComboBox, QAbstractSpinBox {{ min-height: 22px; border: 1px solid {colors.field_border};
        border-radius: 4px; padding: 1px 6px; background: {colors.base}; selection-background-color: {colors.accent};
        selection-color: {colors.on_accent}; }}
    QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border: 1px solid {colors.accent}; }}
    QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{ background: {colors.window};
        border-color: {colors.border}; color: {colors.muted}; }}
    QComboBox QLineEdit, QAbstractSpinBox QLineEdit, QAbstractItemView QLineEdit {{ border: none; padding: 0px;
        min-height: 0px; background: transparent; }}
    QAbstractItemView QLineEdit {{ background: {colors.base}; }}
    QComboBox QAbstractItemView::item {{ min-height: 22px; padding: 0 4px; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow {{ image: url({down}); width: 14px; height: 14px; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 18px;
        background: transparent; }}
    QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {colors.selection}; }}
    QAbstractSpinBox::up-arrow {{ image: url({up}); width: 10px; height: 10px; }}
    QAbstractSpinBox::down-arrow {{ image: url({down}); width: 10px; height: 10px; }}
    QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {{ width: 14px; height: 14px;
        border: 1px solid {colors.field_border}; border-radius: 3px; background: {colors.base}; }}
    QRadioButton::indicator {{ border-radius: 8px; }}
    QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {colors.accent}; }}
    QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{ background: {colors.accent};
        border-color: {colors.accent}; image: url({check}); }}
    QRadioButton::indicator:checked {{ border-color: {colors.accent}; background: qradialgradient(cx: 0.5, cy: 0.5,
        fx: 0.5, fy: 0.5, radius: 0.5, stop: 0 {colors.accent}, stop: 0.55 {colors.accent}, stop: 0.65 {colors.base},
        stop: 1 {colors.base}); }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ background: {colors.window};
        border-color: {colors.border}; }}
    QCheckBox:focus, QRadioButton:focus {{ color: {colors.accent}; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {colors.border}; }}
    QTabBar {{ qproperty-drawBase: 0; }}
    QTabBar::tab {{ padding: 6px 12px; border: none; border-bottom: 2px solid transparent; color: {colors.muted};
        background: transparent; }}
    QTabBar::tab:hover {{ color: {colors.text}; }}
    QTabBar::tab:selected {{ color: {colors.text}; border-bottom-color: {colors.accent}; }}
    QTabBar::tab:selected:focus {{ background: {colors.selection}; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QSplitter::handle {{ background: transparent; }}
    QDockWidget {{ titlebar-close-icon: url({close}); titlebar-normal-icon: url({float_}); }}
    QDockWidget::close-button, QDockWidget::float-button {{ border: none; border-radius: 3px; padding: 0; }}
    QDockWidget::close-button:hover, QDockWidget::float-button:hover {{ background: {colors.selection}; }}
    QDockWidget::title {{ background: {colors.window}; padding: 6px 8px; border-bottom: 1px solid {colors.border}; }}
    QProgressBar {{ border: none; border-radius: 2px; background: {colors.border}; max-height: 4px; }}
    QProgressBar::chunk {{ background: {colors.accent}; border-radius: 2px; }}
    """
