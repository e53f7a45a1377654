"""The commands that look at an artifact: inspect, check."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.parser_parts import Subparsers, common_options, new_parser


def add_inspect(subparsers: Subparsers) -> None:
    """`modelpack inspect`."""
    parser = new_parser(
        subparsers,
        "inspect",
        "Show what is in an ONNX file.\nInputs, outputs, operators and initializers; with --nodes every node.",
        """\
examples:
  modelpack inspect model.onnx
  modelpack inspect model.onnx --nodes --filter conv
  modelpack inspect model.onnx --json graph.json""",
    )
    parser.add_argument("artifact", type=Path, metavar="model.onnx")
    parser.add_argument("--nodes", action="store_true", help="list the nodes")
    parser.add_argument(
        "--filter", default="", metavar="TEXT", help="only nodes with this text in them; case is ignored"
    )
    common_options(parser)
    parser.set_defaults(command_function=commands.inspect)


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
