"""The commands that make an artifact, or show what one is made from."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.cli import commands
from modelpack_gui.cli.checkpoint import scan_checkpoint
from modelpack_gui.cli.checkpoint_args import add_checkpoint_options
from modelpack_gui.cli.export_args import add_export_options
from modelpack_gui.cli.input_args import INPUT_FORM, INPUT_HELP, parse_input
from modelpack_gui.cli.parser_parts import Subparsers, common_options, new_parser, recipe_argument
from modelpack_gui.cli.recipe_args import parse_argument, parse_dynamic, parse_words


def add_export(subparsers: Subparsers) -> None:
    """`modelpack export`."""
    parser = new_parser(
        subparsers,
        "export",
        "Export a model to ONNX, TorchScript or an ExportedProgram (.pt2).\n"
        "What to export comes from a recipe, from options, or from a recipe with options that override it.",
        """\
examples:
  modelpack export recipe.toml
  modelpack export recipe.toml --exporter trace --opset 17 --output build/traced.onnx
  modelpack export --file net.py --name Net --arg width=32 --arg kind=small --checkpoint net.pt \\
      --input image:float32:2x3x32x32 --input mask:bool:2x32 --dynamic image:0=batch --dynamic mask:0=batch:1:64
  modelpack export recipe.toml --format torchscript --exporter script --freeze
  modelpack export recipe.toml --format pt2 --strict --draft-report
  modelpack export recipe.toml --post onnxslim,float16 --output build/half.onnx
  modelpack export --file scripted.pt --exporter trace --input x:float32:2x3
  modelpack export --file net.py --name Net --input image=@photo.png:2x3x224x224 --input ids=@batch.npz#ids \
      --input batch.mask:bool:2x16 --input times:=3
  modelpack export --module pkg.nets:Net --input x:float32:2x3 --save-recipe net.toml
  modelpack export recipe.toml --checkpoint run7.ckpt --checkpoint-key ema.module --no-strict

Axes with the same name have the same size.""",
    )
    parser.add_argument("recipe", type=Path, nargs="?", help="recipe file (TOML); not needed with --file or --module")
    model = parser.add_argument_group("the model")
    place = model.add_mutually_exclusive_group()
    place.add_argument(
        "--file",
        type=Path,
        metavar="MODEL",
        help="Python file with the model's class, or a saved model: TorchScript, .pt2, a whole pickled module",
    )
    place.add_argument("--module", metavar="PACKAGE.MODULE[:CLASS]", help="importable module with the model's class")
    model.add_argument("--name", metavar="CLASS", help="class or factory in it; a saved model needs none")
    model.add_argument(
        "--arg", type=parse_argument, action="append", metavar="KEY=VALUE", help="constructor argument (repeat it)"
    )
    add_checkpoint_options(model)
    model.add_argument(
        "--input",
        type=parse_input,
        action="append",
        metavar=INPUT_FORM,
        help=INPUT_HELP,
    )
    options = parser.add_argument_group("the export")
    add_export_options(options, parse_dynamic, parse_words)
    options.add_argument("--save-recipe", type=Path, metavar="PATH", help="write all this to a recipe file first")
    common_options(parser)
    parser.set_defaults(command_function=commands.export)


def add_checkpoint(subparsers: Subparsers) -> None:
    """`modelpack checkpoint`."""
    parser = new_parser(
        subparsers,
        "checkpoint",
        "Show what is in a checkpoint.\n"
        "State dicts with sizes, prefixes and first keys, and what reading it would call. Nothing in it is run.",
        """\
examples:
  modelpack checkpoint net.pt
  modelpack checkpoint model.safetensors.index.json
  modelpack export --file net.py --name Net --checkpoint net.pt --checkpoint-key ema --checkpoint-prefix module. \\
      --input image:float32:2x3x32x32""",
    )
    parser.add_argument(
        "checkpoint", type=Path, metavar="net.pt", help="checkpoint, or a folder or *.index.json of shards"
    )
    common_options(parser)
    parser.set_defaults(command_function=scan_checkpoint)


def add_script(subparsers: Subparsers) -> None:
    """`modelpack script`."""
    parser = new_parser(
        subparsers,
        "script",
        "Write a recipe as a Python script that needs nothing of this program.\n"
        "It exports, checks the artifact and compares it with PyTorch; no code of the model is run now.",
        """\
examples:
  modelpack script recipe.toml > export_net.py
  modelpack script recipe.toml --output export_net.py && python export_net.py""",
    )
    recipe_argument(parser)
    parser.add_argument(
        "--output",
        type=Path,
        dest="script_path",
        metavar="PATH",
        help="file to write; the terminal if it is left out",
    )
    parser.set_defaults(command_function=commands.script)
