"""The parser of `modelpack profile`."""

from __future__ import annotations

from modelpack_gui.cli import profile_command
from modelpack_gui.cli.parser_parts import Subparsers, artifact_option, common_options, new_parser, recipe_argument


def add_profile(subparsers: Subparsers) -> None:
    """`modelpack profile`."""
    parser = new_parser(
        subparsers,
        "profile",
        "Show where a runner's time goes, node by node.\n"
        "Fused nodes of ONNX Runtime are put back to those of the file, operators of PyTorch to their modules.\n"
        "With --against, the parts of the difference to another runner, largest first, and what is known of why.",
        """\
examples:
  modelpack profile recipe.toml
  modelpack profile recipe.toml --runner eager --top 20
  modelpack profile recipe.toml --runner build/int8.onnx --against onnxruntime
  modelpack profile recipe.toml --runner "onnxruntime[optimization=off]" --against onnxruntime --json profile.json

A runner is spelled as its name with options in brackets, as the file that it runs, or as its label in the recipe.""",
    )
    recipe_argument(parser)
    artifact_option(parser)
    parser.add_argument("--runner", default="onnxruntime", metavar="RUNNER", help="what to profile (onnxruntime)")
    parser.add_argument("--against", default="", metavar="RUNNER", help="what to compare it with")
    parser.add_argument("--runs", type=int, default=50, metavar="N", help="profiled runs (50)")
    parser.add_argument("--threads", type=int, metavar="N", help="intra-op threads; else the recipe's")
    parser.add_argument("--top", type=int, default=10, metavar="N", help="rows of each table (10)")
    common_options(parser)
    parser.set_defaults(command_function=profile_command.profile)
