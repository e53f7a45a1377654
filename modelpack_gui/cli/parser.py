"""The commands, in the order in which a person meets them, and the help of the whole program."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelpack_gui import __version__
from modelpack_gui.cli import commands
from modelpack_gui.cli.gui import run_gui
from modelpack_gui.cli.parser_advice import add_inputs, add_lint, add_matrix, add_probe
from modelpack_gui.cli.parser_artifact import add_check
from modelpack_gui.cli.parser_bench import add_bench
from modelpack_gui.cli.parser_export import add_checkpoint, add_export, add_script
from modelpack_gui.cli.parser_inspect import add_inspect
from modelpack_gui.cli.parser_parity import add_parity
from modelpack_gui.cli.parser_parts import Subparsers, common_options, new_parser, recipe_argument
from modelpack_gui.cli.parser_profile import add_profile
from modelpack_gui.cli.parser_quantize import add_quantize
from modelpack_gui.cli.parser_sweep import add_sweep
from modelpack_gui.cli.recipe_args import parse_words
from modelpack_gui.core.pipeline import Stage

_DESCRIPTION = """\
Take a PyTorch model class and a checkpoint to an ONNX or TorchScript artifact that is proved right and measured
fast. A recipe (TOML) describes a run; the window edits it and these commands run it."""

_EPILOG = """\
examples:
  modelpack gui --demo                        open the demo project in the window
  modelpack run recipe.toml --json out.json   load, export, inspect, check, parity, benchmark
  modelpack export --file net.py --name Net --checkpoint net.pt --input image:float32:2x3x32x32 \\
      --dynamic image:0=batch --output build/net.onnx
  modelpack matrix recipe.toml                try all exporters, and say which one to use
  modelpack inspect build/net.onnx --nodes --filter Conv
  modelpack <command> --help                  options and examples of one command

exit status:
  0  everything passed (warnings are printed, and pass)
  1  a check or the parity failed, or a benchmark did not pass its gate
  2  bad input: a file, an argument, a model that cannot be loaded or exported
  3  a worker process crashed, or ran out of time
  130  cancelled with Ctrl+C; what was measured until then is printed
  141  whoever read the output has closed it

Naming a recipe or a model file runs the Python code in it."""


def make_parser() -> argparse.ArgumentParser:
    """The parser; `command_function` of what it gives is the function to call."""
    parser = argparse.ArgumentParser(
        prog="modelpack",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"modelpack {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="<command>", required=True)
    _add_run(subparsers)
    add_inputs(subparsers)
    add_probe(subparsers)
    add_lint(subparsers)
    add_export(subparsers)
    add_checkpoint(subparsers)
    add_script(subparsers)
    add_inspect(subparsers)
    add_check(subparsers)
    add_parity(subparsers)
    add_quantize(subparsers)
    add_bench(subparsers)
    add_sweep(subparsers)
    add_profile(subparsers)
    add_matrix(subparsers)
    _add_gui(subparsers)
    _add_env(subparsers)
    return parser


def _add_run(subparsers: Subparsers) -> None:
    parser = new_parser(
        subparsers,
        "run",
        "Run the stages of a recipe, one after the other.\nA stage whose input did not come about is skipped.",
        """\
examples:
  modelpack run recipe.toml
  modelpack run recipe.toml --json build/results.json
  modelpack run recipe.toml --stages export,check,parity
  modelpack run recipe.toml --interpreter ../venv/bin/python""",
    )
    recipe_argument(parser)
    stages = ",".join(stage.value for stage in Stage)
    parser.add_argument("--stages", type=_stages, metavar="A,B", help=f"some of {stages}")
    common_options(parser)
    parser.set_defaults(command_function=commands.run)


def _add_gui(subparsers: Subparsers) -> None:
    parser = new_parser(
        subparsers,
        "gui",
        "Open the window.",
        "examples:\n  modelpack gui\n  modelpack gui recipe.toml\n  modelpack gui model.onnx\n  modelpack gui --demo",
    )
    parser.add_argument(
        "file", type=Path, nargs="?", help="recipe (.toml), model file (.py) or artifact (.onnx, .pt)"
    )
    parser.add_argument(
        "--demo", nargs="?", const="demo", metavar="NAME", help="open a demo project: demo, batch_branch"
    )
    parser.set_defaults(command_function=run_gui)


def _add_env(subparsers: Subparsers) -> None:
    parser = new_parser(
        subparsers,
        "env",
        "Show what an interpreter has: versions, exporters, runners, and what is missing.",
        "examples:\n  modelpack env\n  modelpack env --interpreter ../venv/bin/python",
    )
    common_options(parser)
    parser.set_defaults(command_function=commands.env)


def _stages(text: str) -> tuple[Stage, ...]:
    known = {stage.value: stage for stage in Stage}
    words = parse_words(text)
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or text!r} is not among {', '.join(known)}")
    return tuple(known[word] for word in words)
