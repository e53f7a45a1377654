"""The arguments of every command, and the help that explains them."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelpack_gui import __version__
from modelpack_gui.cli import advice, commands
from modelpack_gui.cli import matrix as matrix_command
from modelpack_gui.cli.checkpoint import scan_checkpoint
from modelpack_gui.cli.checkpoint_args import add_checkpoint_options
from modelpack_gui.cli.export_args import add_export_options
from modelpack_gui.cli.gui import run_gui
from modelpack_gui.cli.input_args import INPUT_FORM, INPUT_HELP, parse_input
from modelpack_gui.cli.recipe_args import parse_argument, parse_dynamic, parse_numbers, parse_words
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
  1  a check or the parity failed
  2  bad input: a file, an argument, a model that cannot be loaded or exported
  3  a worker process crashed, or ran out of time
  130  cancelled with Ctrl+C; what was measured until then is printed
  141  whoever read the output has closed it

Naming a recipe or a model file runs the Python code in it."""


def make_parser() -> argparse.ArgumentParser:
    """The parser; `command_function` of what it gives is the function to call."""
    parser = _new_parser(None, "modelpack", _DESCRIPTION, _EPILOG)
    parser.add_argument("--version", action="version", version=f"modelpack {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="<command>", required=True)
    _add_run(subparsers)
    _add_inputs(subparsers)
    _add_probe(subparsers)
    _add_lint(subparsers)
    _add_export(subparsers)
    _add_checkpoint(subparsers)
    _add_script(subparsers)
    _add_inspect(subparsers)
    _add_check(subparsers)
    _add_parity(subparsers)
    _add_bench(subparsers)
    _add_matrix(subparsers)
    _add_gui(subparsers)
    _add_env(subparsers)
    return parser


def _new_parser(subparsers: object, name: str, description: str, epilog: str) -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    if isinstance(subparsers, argparse._SubParsersAction):
        summary = description.splitlines()[0].rstrip(".")
        added: argparse.ArgumentParser = subparsers.add_parser(
            name,
            help=summary[0].lower() + summary[1:],
            description=description,
            epilog=epilog,
            formatter_class=layout,
        )
        return added
    return argparse.ArgumentParser(prog=name, description=description, epilog=epilog, formatter_class=layout)


def _add_run(subparsers: object) -> None:
    parser = _new_parser(
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
    _recipe_argument(parser)
    stages = ",".join(stage.value for stage in Stage)
    parser.add_argument("--stages", type=_stages, default=tuple(Stage), metavar="A,B", help=f"some of {stages}")
    _common_options(parser)
    parser.set_defaults(command_function=commands.run)


def _add_inputs(subparsers: object) -> None:
    parser = _new_parser(
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
    _recipe_argument(parser)
    parser.add_argument("--save-recipe", type=Path, metavar="PATH", help="write the recipe with these inputs")
    _common_options(parser)
    parser.set_defaults(command_function=advice.inputs)


def _add_probe(subparsers: object) -> None:
    parser = _new_parser(
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
    _recipe_argument(parser)
    parser.add_argument("--budget", type=float, default=30.0, metavar="SECONDS", help="for all runs (default 30)")
    parser.add_argument(
        "--save-recipe", type=Path, metavar="PATH", help="write the recipe with all that is proposed as dynamic"
    )
    _common_options(parser)
    parser.set_defaults(command_function=advice.probe)


def _add_lint(subparsers: object) -> None:
    parser = _new_parser(
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
    _recipe_argument(parser)
    parser.add_argument("--format", choices=("onnx", "torchscript", "pt2"), help="instead of the recipe's")
    parser.add_argument("--exporter", choices=("dynamo", "trace", "script", "export"), help="instead of the recipe's")
    parser.add_argument("--opset", type=int, metavar="N", help="instead of the recipe's")
    _common_options(parser)
    parser.set_defaults(command_function=advice.lint)


def _add_export(subparsers: object) -> None:
    parser = _new_parser(
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
    _common_options(parser)
    parser.set_defaults(command_function=commands.export)


def _add_checkpoint(subparsers: object) -> None:
    parser = _new_parser(
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
    _common_options(parser)
    parser.set_defaults(command_function=scan_checkpoint)


def _add_script(subparsers: object) -> None:
    parser = _new_parser(
        subparsers,
        "script",
        "Write a recipe as a Python script that needs nothing of this program.\n"
        "It exports, checks the artifact and compares it with PyTorch; no code of the model is run now.",
        """\
examples:
  modelpack script recipe.toml > export_net.py
  modelpack script recipe.toml --output export_net.py && python export_net.py""",
    )
    _recipe_argument(parser)
    parser.add_argument(
        "--output",
        type=Path,
        dest="script_path",
        metavar="PATH",
        help="file to write; the terminal if it is left out",
    )
    parser.set_defaults(command_function=commands.script)


def _add_inspect(subparsers: object) -> None:
    parser = _new_parser(
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
    _common_options(parser)
    parser.set_defaults(command_function=commands.inspect)


def _add_check(subparsers: object) -> None:
    parser = _new_parser(
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
    _common_options(parser)
    parser.set_defaults(command_function=commands.check)


def _add_parity(subparsers: object) -> None:
    parser = _new_parser(
        subparsers,
        "parity",
        "Compare the artifact with the model in eager PyTorch.\n"
        "At the example inputs, and over other seeds and other sizes of every dynamic axis.",
        """\
examples:
  modelpack parity recipe.toml
  modelpack parity model.onnx                 ONNX Runtime against onnx.reference
  modelpack parity recipe.toml --artifact build/other.onnx --rtol 1e-4 --atol 1e-6
  modelpack parity recipe.toml --sizes 1,2,3,7,64 --seeds 0,1,2

An element passes if |actual - expected| <= atol + rtol * |expected|.""",
    )
    _recipe_argument(parser)
    _artifact_option(parser)
    parser.add_argument("--rtol", type=float)
    parser.add_argument("--atol", type=float)
    parser.add_argument("--sizes", type=parse_numbers, metavar="1,2,3", help="sizes tried on each dynamic axis")
    parser.add_argument("--seeds", type=parse_numbers, metavar="0,1", help="added to the seed of each example input")
    _common_options(parser)
    parser.set_defaults(command_function=commands.parity)


def _add_bench(subparsers: object) -> None:
    parser = _new_parser(
        subparsers,
        "bench",
        "Time the runners, each in a process of its own, in interleaved rounds.\n"
        "Close what else keeps the machine busy. Ctrl+C keeps what was measured.",
        """\
examples:
  modelpack bench recipe.toml
  modelpack bench recipe.toml --runners eager,onnxruntime --iterations 2000 --threads 1""",
    )
    _recipe_argument(parser)
    _artifact_option(parser)
    parser.add_argument("--runners", type=parse_words, metavar="A,B", help="see `modelpack env` for those there are")
    parser.add_argument("--iterations", type=int, metavar="N", help="timed runs of each runner")
    parser.add_argument("--warmup", type=int, metavar="N", help="runs before them, not counted")
    parser.add_argument("--threads", type=int, metavar="N", help="intra-op threads, the same for every runner")
    _common_options(parser)
    parser.set_defaults(command_function=commands.bench)


def _add_matrix(subparsers: object) -> None:
    parser = _new_parser(
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
    _recipe_argument(parser)
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
    _common_options(parser)
    parser.set_defaults(command_function=matrix_command.run)


def _add_gui(subparsers: object) -> None:
    parser = _new_parser(
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


def _add_env(subparsers: object) -> None:
    parser = _new_parser(
        subparsers,
        "env",
        "Show what an interpreter has: versions, exporters, runners, and what is missing.",
        "examples:\n  modelpack env\n  modelpack env --interpreter ../venv/bin/python",
    )
    _common_options(parser)
    parser.set_defaults(command_function=commands.env)


def _recipe_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recipe",
        type=Path,
        help="recipe file (TOML); paths in it start from its folder; or a saved model (.onnx, TorchScript, .pt2)",
    )


def _artifact_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--artifact", type=Path, metavar="PATH", help="another artifact than the recipe's output_path"
    )


def _common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--interpreter", metavar="PYTHON", help="Python that runs the model; else the recipe's, or ours"
    )
    parser.add_argument(
        "--json",
        nargs="?",
        const="-",
        metavar="OUT",
        help="write the results as JSON; without OUT, or with -, to stdout",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.add_argument("-v", "--verbose", action="store_true", help="show all log lines, and details of errors")


def _stages(text: str) -> tuple[Stage, ...]:
    known = {stage.value: stage for stage in Stage}
    words = parse_words(text)
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or text!r} is not among {', '.join(known)}")
    return tuple(known[word] for word in words)
