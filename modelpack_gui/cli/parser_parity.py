"""The parser of `modelpack parity`."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelpack_gui.cli import parity
from modelpack_gui.cli.parity_args import parse_regimes, parse_runtime
from modelpack_gui.cli.parser_parts import Subparsers, artifact_option, common_options, new_parser, recipe_argument
from modelpack_gui.cli.recipe_args import parse_numbers
from modelpack_gui.core.parity.runtimes import LEVELS, RUNTIMES
from modelpack_gui.core.records import Regime

_EPILOG = """\
examples:
  modelpack parity recipe.toml
  modelpack parity model.onnx                 ONNX Runtime against onnx.reference
  modelpack parity recipe.toml --artifact build/other.onnx --rtol 1e-4 --atol 1e-6
  modelpack parity recipe.toml --sizes 1,2,3,7,64 --seeds 0,1,2
  modelpack parity recipe.toml --sweep --time-budget 60 --max-noise-ratio 10 --json parity.json -q
  modelpack parity recipe.toml --layers --repro fault.zip
  modelpack parity recipe.toml --expected-artifact build/before.onnx --artifact build/after.onnx
  modelpack parity recipe.toml --runtime onnxruntime:off

An element passes if |actual - expected| <= atol + rtol * |expected|; integers, booleans and texts must be equal.
The noise ratio is the error against float64 in units of eager's own: about 1 is rounding.

exit status:
  0  every case passed, or with warnings: an output that proves nothing is one, and is printed
  1  a case failed: beyond the tolerance or --max-noise-ratio, another shape or dtype, NaN or Inf elsewhere, a size
     that the artifact does not take; or nothing at all could be compared
  2  bad input: a file, an argument, a model or an artifact that cannot be loaded; or no repro could be made
  3  a worker process crashed, or ran out of time
  130  cancelled with Ctrl+C
What --layers and --repro find does not change whether the parity passed. The JSON holds it under their names."""


def add_parity(subparsers: Subparsers) -> None:
    """`modelpack parity`."""
    parser = new_parser(
        subparsers,
        "parity",
        "Compare the artifact with the model in eager PyTorch.\n"
        "At the example inputs, and over other seeds and other sizes of every dynamic axis.",
        _EPILOG,
    )
    recipe_argument(parser)
    artifact_option(parser)
    _add_judging(parser.add_argument_group("what passes"))
    _add_cases(parser.add_argument_group("what is tried"))
    _add_sides(parser.add_argument_group("what is compared"))
    where = parser.add_argument_group("where it goes wrong")
    where.add_argument(
        "--layers",
        action="store_true",
        help="also compare layer by layer, at the worst case, and name the first node at fault",
    )
    where.add_argument(
        "--repro",
        type=Path,
        metavar="OUT.zip",
        help="if it fails, write the smallest part of the artifact that still does, with a script to run it",
    )
    common_options(parser)
    parser.set_defaults(command_function=parity.parity)


def _add_judging(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--rtol", type=float, help="relative tolerance")
    group.add_argument("--atol", type=float, help="absolute tolerance")
    group.add_argument(
        "--max-noise-ratio", type=float, metavar="N", help="an error of more noise floors fails too; 0 for no limit"
    )
    group.add_argument(
        "--nan-differs",
        dest="nan_equal",
        action="store_const",
        const=False,
        help="NaN on both sides is a failure; else it agrees",
    )


def _add_cases(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--sizes", type=parse_numbers, metavar="1,2,3", help="sizes tried on each dynamic axis")
    group.add_argument("--seeds", type=parse_numbers, metavar="0,1", help="added to the seed of each example input")
    group.add_argument(
        "--sweep",
        action="store_true",
        default=None,
        help="try primes, large sizes and both ends of each range too, pairs of axes, and other kinds of values",
    )
    regimes = ",".join(regime.value for regime in Regime)
    group.add_argument(
        "--regimes", type=parse_regimes, metavar="A,B", help=f"kinds of values that a sweep tries: some of {regimes}"
    )
    group.add_argument(
        "--time-budget", type=float, metavar="S", help="seconds after which a sweep starts no more case; 0: no limit"
    )


def _add_sides(group: argparse._ArgumentGroup) -> None:
    kinds = ", ".join(kind.id for kind in RUNTIMES)
    group.add_argument(
        "--expected-artifact", type=Path, metavar="PATH", help="compare with this artifact and not with the model"
    )
    group.add_argument(
        "--expected-runtime", type=parse_runtime, metavar="ID[:LEVEL]", help=f"what runs that: {kinds}"
    )
    group.add_argument("--runtime", type=parse_runtime, metavar="ID[:LEVEL]", help="what runs the artifact, as above")
    group.add_argument("--optimization", choices=LEVELS, help="level of the runtime's graph optimisations")
