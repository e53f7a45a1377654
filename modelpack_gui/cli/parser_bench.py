"""The parser of `modelpack bench`."""

from __future__ import annotations

import argparse

from modelpack_gui.cli import bench_command
from modelpack_gui.cli.bench_args import parse_rates, parse_runners, parse_share
from modelpack_gui.cli.parser_parts import Subparsers, artifact_option, common_options, new_parser, recipe_argument
from modelpack_gui.cli.recipe_args import parse_numbers


def add_bench(subparsers: Subparsers) -> None:
    """`modelpack bench`."""
    parser = new_parser(
        subparsers,
        "bench",
        "Time the runners, each in a process of its own, in interleaved rounds.\n"
        "Close what else keeps the machine busy. Ctrl+C prints what was measured. A whole run is kept beside the\n"
        "artifact, to be compared with later ones; the window shows the same runs.",
        """\
examples:
  modelpack bench recipe.toml
  modelpack bench recipe.toml --runners eager,onnxruntime --iterations 2000 --threads 1
  modelpack bench recipe.toml --runners "onnxruntime,onnxruntime[io_binding=true],build/net.int8.onnx"
  modelpack bench recipe.toml --precision 1% --time-budget 120
  modelpack bench recipe.toml --callers 1,2,4 --rates 100,200
  modelpack bench recipe.toml --mark-baseline
  modelpack bench recipe.toml --fail-if-slower 5%        status 1 if p50 has surely grown by more
  modelpack bench recipe.toml --list-runs

A runner is spelled as its name, with options in brackets, or as the file that it runs; `modelpack env` lists those
there are. The gate looks at the 95 % interval of each runner's p50 against the baseline's: it fails only where the
whole interval is beyond the limit, and says so where it only may be.""",
    )
    recipe_argument(parser)
    artifact_option(parser)
    _add_measuring(parser.add_argument_group("what is measured"))
    _add_load(parser.add_argument_group("under load"))
    _add_runs(parser.add_argument_group("kept runs"))
    common_options(parser)
    parser.set_defaults(command_function=bench_command.bench)


def _add_measuring(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--runners",
        type=parse_runners,
        action="append",
        metavar="A,B[option=value]",
        help="what to time; may be given several times",
    )
    group.add_argument("--baseline-runner", metavar="RUNNER", help="that the others are compared with (eager)")
    group.add_argument("--iterations", type=int, metavar="N", help="timed runs of each runner (500)")
    group.add_argument("--warmup", type=int, metavar="N", help="runs before them, not counted (50)")
    group.add_argument("--block-runs", type=int, metavar="N", help="timed runs in one turn of a runner (25)")
    group.add_argument("--threads", type=int, metavar="N", help="intra-op threads, the same for every runner")
    group.add_argument("--batch-size", type=int, metavar="N", help="size of the batch axis")
    group.add_argument(
        "--precision", type=parse_share, metavar="1%", help="go on until every p50 is known this well (95 %%)"
    )
    group.add_argument("--time-budget", type=float, metavar="S", help="seconds after which the timed runs end")
    group.add_argument("--fresh-inputs", action="store_const", const=True, help="new inputs for every run")
    group.add_argument(
        "--pin-cpus", type=parse_numbers, metavar="0,1", help="logical processors that the runners keep to"
    )
    group.add_argument("--seed", type=int, metavar="N", help="of the order of turns, and of fresh inputs")
    group.add_argument(
        "--no-noise-run",
        dest="noise_run",
        action="store_const",
        const=False,
        help="do not measure the baseline twice; then nothing says what noise alone makes",
    )


def _add_load(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--callers", type=parse_numbers, metavar="1,2,4", help="numbers of callers at once")
    group.add_argument("--rates", type=parse_rates, metavar="50,100", help="calls a second that arrive evenly")
    group.add_argument("--load-seconds", type=float, metavar="S", help="how long each of those lasts (3)")


def _add_runs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--fail-if-slower", type=parse_share, metavar="5%", help="gate: status 1 where p50 has surely grown by more"
    )
    group.add_argument(
        "--against",
        metavar="RUN",
        help="what to compare with: baseline (the default of the gate), last, a kept run, or a file of results",
    )
    group.add_argument("--mark-baseline", action="store_true", help="make this run the baseline")
    group.add_argument("--label", default="", metavar="TEXT", help="name for this run")
    group.add_argument("--no-keep", action="store_true", help="do not keep this run")
    group.add_argument("--list-runs", action="store_true", help="measure nothing; list the kept runs")
    group.add_argument("--show-run", metavar="RUN", help="measure nothing; show a kept run")
    group.add_argument("--set-baseline", metavar="RUN", help="measure nothing; make a kept run the baseline")
    group.add_argument("--delete-run", metavar="RUN", help="measure nothing; delete a kept run")
