"""The parser of `modelpack quantize`."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelpack_gui.cli import quantize_command
from modelpack_gui.cli.parser_parts import Subparsers, artifact_option, common_options, new_parser, recipe_argument
from modelpack_gui.cli.quantize_args import parse_data
from modelpack_gui.cli.recipe_args import parse_words

_EPILOG = """\
examples:
  modelpack quantize recipe.toml                         as the recipe says, else INT8 static
  modelpack quantize recipe.toml --usual                 the usual handful of ways, one beside the other
  modelpack quantize recipe.toml --method dynamic --no-bench
  modelpack quantize recipe.toml --data photos --samples 200
  modelpack quantize recipe.toml --data samples.py:batches
  modelpack quantize recipe.toml --sensitivity --exclude node_conv2d_3,node_linear
  modelpack quantize model.onnx --usual --json out.json

The error is that of the worst output on held-out samples, against float32: 20 dB is a tenth of the signal. Speed is
measured afterwards, as by `modelpack bench`, and set against float32 in ONNX Runtime.

exit status:
  0  made, and as good as low precision is, or worth a look (printed)
  1  made, and of no use: it tells something else than float32
  2  bad input: no artifact, no data, or nothing could be made
  3  a worker process crashed, or ran out of time
  130  cancelled with Ctrl+C; files that were ready stay"""


def add_quantize(subparsers: Subparsers) -> None:
    """`modelpack quantize`."""
    parser = new_parser(
        subparsers,
        "quantize",
        "Quantise the ONNX artifact to INT8 or float16, and say what that costs.\n"
        "Size, speed, error and agreement of the top class, on data kept apart from calibration.",
        _EPILOG,
    )
    recipe_argument(parser)
    artifact_option(parser)
    _add_way(parser.add_argument_group("how"))
    _add_data(parser.add_argument_group("calibration data"))
    _add_rest(parser.add_argument_group("what else"))
    common_options(parser)
    parser.set_defaults(command_function=quantize_command.quantize)


def _add_way(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--usual", action="store_true", help="try the usual ways instead of one")
    group.add_argument("--method", choices=("static", "dynamic", "float16"), help="static if the recipe says nothing")
    group.add_argument(
        "--format",
        dest="quantize_format",  # the export has a format too
        choices=("qdq", "qoperator"),
        help="of static; qdq is what onnxruntime advises",
    )
    channel = group.add_mutually_exclusive_group()
    channel.add_argument("--per-channel", dest="per_channel", action="store_const", const=True)
    channel.add_argument("--per-tensor", dest="per_channel", action="store_const", const=False)
    group.add_argument("--calibration", choices=("minmax", "entropy", "percentile"), help="how ranges are found")
    group.add_argument("--percentile", type=float, metavar="P", help="for that calibration, such as 99.9")
    group.add_argument("--weights", choices=("int8", "uint8"))
    group.add_argument("--activations", choices=("int8", "uint8"))
    group.add_argument("--asymmetric-weights", dest="symmetric_weights", action="store_const", const=False)
    group.add_argument("--symmetric-activations", dest="symmetric_activations", action="store_const", const=True)
    bits = group.add_mutually_exclusive_group()
    bits.add_argument(
        "--reduce-range",
        dest="reduce_range",
        action="store_const",
        const=True,
        help="weights in 7 bits; else so where the processor lacks VNNI",
    )
    bits.add_argument("--full-range", dest="reduce_range", action="store_const", const=False)
    group.add_argument("--op-types", type=parse_words, metavar="A,B", help="quantise only these")
    group.add_argument("--exclude", type=parse_words, metavar="A,B", help="nodes that stay in float32")
    group.add_argument("--no-preprocess", dest="preprocess", action="store_const", const=False)
    group.add_argument(
        "--float16-io",
        dest="keep_io_types",
        action="store_const",
        const=False,
        help="float16 for inputs and outputs too",
    )
    group.add_argument(
        "--output",
        dest="quantize_output",
        type=Path,
        metavar="PATH",
        help="else beside the artifact, named by the settings",
    )


def _add_data(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--data",
        type=parse_data,
        metavar="inputs|FOLDER|FILE.py:NAME",
        help="example inputs and draws like them; a folder of .npy, .npz or pictures; an iterable in a Python file",
    )
    group.add_argument("--samples", type=int, metavar="N", help="at most, those held out included")
    group.add_argument("--held-out", type=float, metavar="SHARE", help="kept apart to judge by, such as 0.25")
    group.add_argument("--data-seed", type=int, metavar="N", help="of the choice, and of what is drawn")


def _add_rest(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--sensitivity", action="store_true", help="also find which nodes cost most accuracy")
    group.add_argument(
        "--budget", type=float, default=120.0, metavar="S", help="seconds for that; nodes left are estimated only"
    )
    group.add_argument("--no-bench", dest="bench", action="store_false", help="measure no speed")
    group.add_argument("--iterations", type=int, metavar="N", help="timed runs of each (500)")
    group.add_argument("--warmup", type=int, metavar="N", help="runs before them, not counted (50)")
    group.add_argument("--threads", type=int, metavar="N", help="intra-op threads, the same for all")
