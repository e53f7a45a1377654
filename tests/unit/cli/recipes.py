"""The recipe that tests of the command line start from."""

from __future__ import annotations


def recipe_text(shape: str = "[2, 3]", output_path: str = "net.onnx") -> str:
    """Of `Net` in net.py; sections can be put behind it."""
    return f"""\
schema_version = 1
[source]
file = "net.py"
name = "Net"
[[inputs]]
name = "x"
shape = {shape}
[export]
output_path = "{output_path}"
"""
