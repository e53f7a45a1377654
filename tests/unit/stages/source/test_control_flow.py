"""Lines that an export may freeze are found by parsing, and harmless ones are left alone."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from modelpack_gui.stages.source.control_flow import find_spots


def kinds_in(folder: Path, body: str, signature: str = "x: Tensor, n: int = 2") -> list[str]:
    code = textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    source = f"class Net:\n    def forward(self, {signature}):\n{code}\n"
    (folder / "net.py").write_text(source)
    return [spot.kind for spot in find_spots(folder / "net.py")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("if x.shape[0] > 2:\n    x = x * 2", "branch-on-size"),
        ("rows = x.size(0)\nreturn x if rows > 2 else -x", "branch-on-size"),
        ("if len(x) > 2:\n    x = x * 2", "branch-on-size"),
        ("if x.sum() > 0:\n    x = x * 2", "branch-on-value"),
        ("hot = (x > 0).any()\nwhile hot:\n    x = x / 2", "loop-on-value"),
        ("for i in range(x.shape[1]):\n    x = x + i", "loop-on-size"),
        ("for row in x:\n    pass", "loop-on-size"),
        ("for i in range(int(x[0])):\n    pass", "loop-on-value"),
        ("rows = int(x.shape[0])", "number-from-size"),
        ("high = x.max().item()", "number-from-value"),
        ("high = float(x.max())", "number-from-value"),
        ("return x.reshape(2, -1)", "fixed-size"),
        ("return x.view([4, 4])", "fixed-size"),
        ("return x * torch.tensor(x.shape[0])", "new-constant"),
        ("x[:, 0] = 0", "in-place"),
        ("y = x * 1\nrow = y[0]\nrow += 1", "in-place"),
        ("x.mul_(2)", "in-place"),
        ("self.calls += 1", "state"),
        ("return x + torch.rand(4)", "random"),
        ("return F.dropout(x, 0.5)", "random"),
    ],
)
def test_line_that_may_be_frozen_is_found(tmp_path: Path, body: str, kind: str) -> None:
    assert kind in kinds_in(tmp_path, body)


@pytest.mark.parametrize(
    "body",
    [
        "if n > 2:\n    x = x * 2",
        "if self.training:\n    x = x * 2",
        "if x is None:\n    return 0",
        "if x.dim() == 2:\n    x = x[None]",
        "if x.shape[1] != 4:\n    raise ValueError('four columns')",
        "for layer in self.layers:\n    x = layer(x)",
        "for i, layer in enumerate(self.layers):\n    x = layer(x)",
        "return x.reshape(x.shape[0], -1)",
        "return F.dropout(x, 0.5, training=self.training)",
        "y = [0]\ny[0] = 1",
        "return x * float(n)",
    ],
)
def test_harmless_line_is_left_alone(tmp_path: Path, body: str) -> None:
    assert kinds_in(tmp_path, body) == []


def test_items_of_a_list_of_tensors_may_be_looped_over(tmp_path: Path) -> None:
    assert kinds_in(tmp_path, "for x in xs:\n    pass", "xs: list[Tensor]") == []


def test_only_classes_that_the_model_uses_are_looked_at(tmp_path: Path) -> None:
    body = "    def forward(self, x):\n        if x.sum() > 0:\n            return x\n        return -x\n"
    parts = f"class Used:\n{body}\nclass Other:\n{body}\n"
    (tmp_path / "net.py").write_text(f"{parts}\nclass Net:\n    def __init__(self):\n        self.part = Used()\n")
    assert [spot.function for spot in find_spots(tmp_path / "net.py", start="Net")] == ["Used.forward"]
    assert [spot.line for spot in find_spots(tmp_path / "net.py", ("branch-on-value",), start="make")] == [3, 9]


def test_file_that_cannot_be_parsed_has_none(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("class Net(:")
    assert find_spots(tmp_path / "net.py") == ()
    assert find_spots(tmp_path / "absent.py") == ()
