"""The parser of `modelpack check`."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.parser_parts import Subparsers, common_options, new_parser


def add_check(subparsers: Subparsers) -> None:
    """`modelpack check`."""
    parser = new_parser(
        subparsers,
        "check",
        "Judge an artifact: is it valid, does it load, is it what was asked for.\n"
        "With a recipe, what it asks for is compared with what the file has.",
        """\
examples:
  modelpack check model.onnx
  modelpack check build/net.onnx --recipe recipe.toml""",
    )
    parser.add_argument("artifact", type=Path, metavar="model.onnx")
    parser.add_argument("--recipe", type=Path, metavar="RECIPE.toml", help="what was asked for")
    common_options(parser)
    parser.set_defaults(command_function=commands.check)
