"""The commands that look ahead of an export: inputs, probe, lint, and the matrix of all exporters."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.cli import advice
from modelpack_gui.cli import matrix as matrix_command
from modelpack_gui.cli.parser_parts import Subparsers, common_options, new_parser, recipe_argument
from modelpack_gui.cli.recipe_args import parse_numbers, parse_words


def add_inputs(subparsers: Subparsers) -> None:
    """`modelpack inputs`."""
    parser = new_parser(
        subparsers,
        "inputs",
        "Find example inputs that the model takes, by its signature, its first layers and its errors.\n"
        "Those of the recipe are kept as far as the model takes them.",
        """\
examples:
  modelpack inputs recipe.toml
  modelpack inputs recipe.toml --save-recipe found.toml
  modelpack inputs recipe.toml --json -

The exit status is 1 if the model refuses all that was tried.""",
    )
    recipe_argument(parser)
    parser.add_argument("--save-recipe", type=Path, metavar="PATH", help="write the recipe with these inputs")
    common_options(parser)
    parser.set_defaults(command_function=advice.inputs)


def add_probe(subparsers: Subparsers) -> None:
    """`modelpack probe`."""
    parser = new_parser(
        subparsers,
        "probe",
        "Find which sizes the model itself takes on each axis of its inputs.\n"
        "Runs it in eager PyTorch at other sizes; proposes what to ask for as dynamic.",
        """\
examples:
  modelpack probe recipe.toml
  modelpack probe recipe.toml --save-recipe probed.toml
  modelpack probe recipe.toml --json - --budget 120""",
    )
    recipe_argument(parser)
    parser.add_argument("--budget", type=float, default=30.0, metavar="SECONDS", help="for all runs (default 30)")
    parser.add_argument(
        "--save-recipe", type=Path, metavar="PATH", help="write the recipe with all that is proposed as dynamic"
    )
    common_options(parser)
    parser.set_defaults(command_function=advice.probe)


def add_lint(subparsers: Subparsers) -> None:
    """`modelpack lint`."""
    parser = new_parser(
        subparsers,
        "lint",
        "Look ahead of an export for what will fail or be silently wrong.\n"
        "Reads the code that forward reaches, and runs the model at most three times; nothing is exported.",
        """\
examples:
  modelpack lint recipe.toml
  modelpack lint recipe.toml --exporter trace
  modelpack lint recipe.toml --json -

Errors make the exit status 1; warnings and remarks do not.""",
    )
    recipe_argument(parser)
    parser.add_argument("--format", choices=("onnx", "torchscript", "pt2"), help="instead of the recipe's")
    parser.add_argument("--exporter", choices=("dynamo", "trace", "script", "export"), help="instead of the recipe's")
    parser.add_argument("--opset", type=int, metavar="N", help="instead of the recipe's")
    common_options(parser)
    parser.set_defaults(command_function=advice.lint)


def add_matrix(subparsers: Subparsers) -> None:
    """`modelpack matrix`."""
    parser = new_parser(
        subparsers,
        "matrix",
        "Try every exporter at several opsets, and say which one to use.\n"
        "Each cell runs in a worker of its own: export, checks, loading, parity at every size, and a quick latency.\n"
        "Finished cells are kept beside the artifact: after a Ctrl+C the next run does only the rest.",
        """\
examples:
  modelpack matrix recipe.toml
  modelpack matrix recipe.toml --exporters dynamo,onnx/trace --opsets 17,18,20
  modelpack matrix recipe.toml --fresh --workers 1 --json matrix.json

The exit status is 0 if a cell can be recommended, and 1 if none can.""",
    )
    recipe_argument(parser)
    parser.add_argument(
        "--exporters", type=parse_words, default=(), metavar="A,B", help="such as trace or onnx/trace; else all"
    )
    parser.add_argument(
        "--opsets",
        type=parse_numbers,
        default=(),
        metavar="17,20",
        help="else the default of each exporter, its newest, and 17 where it has it",
    )
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="cells at a time; else all cores")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run has kept")
    common_options(parser)
    parser.set_defaults(command_function=matrix_command.run)
