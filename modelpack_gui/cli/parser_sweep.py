"""The parser of `modelpack sweep`."""

from __future__ import annotations

from modelpack_gui.cli import sweep_command
from modelpack_gui.cli.bench_args import parse_runners
from modelpack_gui.cli.parser_parts import Subparsers, artifact_option, common_options, new_parser, recipe_argument
from modelpack_gui.cli.recipe_args import parse_numbers


def add_sweep(subparsers: Subparsers) -> None:
    """`modelpack sweep`."""
    parser = new_parser(
        subparsers,
        "sweep",
        "Measure every combination of runners, files, threads and batch sizes, each in a process of its own.\n"
        "Finished cells are kept beside the artifact: after a Ctrl+C or a crash the next run does only the rest.",
        """\
examples:
  modelpack sweep recipe.toml
  modelpack sweep recipe.toml --runners eager,onnxruntime --threads 1,2,4 --batch-sizes 1,8,32
  modelpack sweep recipe.toml --runners onnxruntime --files build/net.int8.onnx,build/net.fp16.onnx
  modelpack sweep recipe.toml --iterations 500 --fresh --json sweep.json

A sweep is a first look; measure the best ones with `modelpack bench`. The exit status is 0 if every cell gave a
figure with right outputs, and 1 if one did not.""",
    )
    recipe_argument(parser)
    artifact_option(parser)
    parser.add_argument(
        "--runners", type=parse_runners, action="append", metavar="A,B[option=value]", help="else the recipe's"
    )
    parser.add_argument(
        "--files", metavar="A,B", help="files beside the artifact; runners that take such files run each"
    )
    parser.add_argument("--threads", type=parse_numbers, metavar="1,2,4", help="else 1 and the physical cores")
    parser.add_argument("--batch-sizes", type=parse_numbers, metavar="1,8", help="else as the example inputs")
    parser.add_argument("--iterations", type=int, metavar="N", help="timed runs of a cell (200)")
    parser.add_argument("--warmup", type=int, metavar="N", help="runs before them, not counted (20)")
    parser.add_argument("--cell-budget", type=float, metavar="S", help="seconds for the timed runs of a cell (20)")
    parser.add_argument("--cell-limit", type=float, metavar="S", help="a cell that takes longer has hung (600)")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run has kept")
    common_options(parser)
    parser.set_defaults(command_function=sweep_command.run)
