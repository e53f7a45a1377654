"""The commands that look at an artifact: inspect, check, bench."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.parser_parts import Subparsers, artifact_option, common_options, new_parser, recipe_argument
from modelpack_gui.cli.recipe_args import parse_words


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


def add_bench(subparsers: Subparsers) -> None:
    """`modelpack bench`."""
    parser = new_parser(
        subparsers,
        "bench",
        "Time the runners, each in a process of its own, in interleaved rounds.\n"
        "Close what else keeps the machine busy. Ctrl+C keeps what was measured.",
        """\
examples:
  modelpack bench recipe.toml
  modelpack bench recipe.toml --runners eager,onnxruntime --iterations 2000 --threads 1""",
    )
    recipe_argument(parser)
    artifact_option(parser)
    parser.add_argument("--runners", type=parse_words, metavar="A,B", help="see `modelpack env` for those there are")
    parser.add_argument("--iterations", type=int, metavar="N", help="timed runs of each runner")
    parser.add_argument("--warmup", type=int, metavar="N", help="runs before them, not counted")
    parser.add_argument("--threads", type=int, metavar="N", help="intra-op threads, the same for every runner")
    common_options(parser)
    parser.set_defaults(command_function=commands.bench)
