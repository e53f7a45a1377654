"""The parser of `modelpack inspect`."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelpack_gui.cli.console import Console
from modelpack_gui.cli.input_args import INPUT_FORM, parse_input
from modelpack_gui.cli.parser_parts import Subparsers, common_options, new_parser
from modelpack_gui.core.records import OPTIMIZER_LEVELS


def add_inspect(subparsers: Subparsers) -> None:
    """`modelpack inspect`."""
    parser = new_parser(
        subparsers,
        "inspect",
        "Show what is in a model file, and what it costs.\n"
        "Inputs, outputs, operators, weights, parameters, MACs and FLOPs, and the memory of tensors; of an ONNX,\n"
        "TorchScript or .pt2 file. Further options list its nodes, modules or weights, check it or compare it.",
        """\
examples:
  modelpack inspect model.onnx
  modelpack inspect model.onnx --modules --set batch=8
  modelpack inspect model.pt --modules --input image:float32:1x3x224x224
  modelpack inspect model.onnx --nodes --filter "op:Conv attr:group>1" --sort macs --top 10
  modelpack inspect model.onnx --ops --csv ops.csv
  modelpack inspect model.onnx --checks
  modelpack inspect model.onnx --diff other.onnx
  modelpack inspect model.onnx --node-data macs.json --netron model.attachment.json
  modelpack inspect model.onnx --json graph.json

Sizes that the inputs leave open are taken for usual ones (a batch of 1) where neither --set nor --input gives
them.
With --checks the exit status is 1 if a check finds an error.""",
    )
    parser.add_argument("artifact", type=Path, metavar="model.onnx")
    lists = parser.add_argument_group("lists")
    lists.add_argument("--nodes", action="store_true", help="list the nodes")
    lists.add_argument("--ops", action="store_true", help="list the op types, with what their nodes cost")
    lists.add_argument("--modules", action="store_true", help="list the modules, with what each costs in all")
    lists.add_argument("--stats", action="store_true", help="list the weights: smallest, largest, mean, zeros, NaNs")
    lists.add_argument(
        "--filter",
        default="",
        metavar="TEXT",
        help="only rows with these words; for nodes also fields, as in op:Conv name:head shape:?x3x attr:group>1",
    )
    lists.add_argument("--sort", default="", metavar="COLUMN", help="sort by a column, such as macs; largest first")
    lists.add_argument("--top", type=_positive, metavar="N", help="only the first N rows")
    lists.add_argument(
        "--csv", nargs="?", const="-", metavar="OUT", help="write the one list as CSV; without OUT to stdout"
    )
    more = parser.add_argument_group("more")
    more.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=SIZE",
        help="a size that the inputs leave open, by its name or its place: batch=8, image[0]=8",
    )
    more.add_argument(
        "--input",
        action="append",
        type=parse_input,
        default=[],
        metavar=INPUT_FORM,
        help="example input that gives the open sizes, and the shapes in a TorchScript archive, which keeps none: "
        "image:float32:1x3x224x224 (repeat it)",
    )
    more.add_argument("--checks", action="store_true", help="look for what is wrong with the graph, and where")
    more.add_argument("--diff", type=Path, metavar="other.onnx", help="what is other in a second file, node by node")
    more.add_argument(
        "--optimized",
        nargs="?",
        const="all",
        choices=tuple(OPTIMIZER_LEVELS),
        help="what ONNX Runtime makes of it: which nodes it fuses, folds and leaves out",
    )
    viewers = parser.add_argument_group("for other viewers")
    viewers.add_argument(
        "--node-data", type=Path, metavar="OUT", help="write a value of each node as node data of Model Explorer"
    )
    viewers.add_argument(
        "--value",
        type=_value,
        default="macs",
        metavar="NAME",
        help="which one, such as flops (macs)",
    )
    viewers.add_argument(
        "--netron", type=Path, metavar="OUT", help="write all values as an attachment, to be dropped onto Netron"
    )
    common_options(parser)
    parser.set_defaults(command_function=_inspect)


def _inspect(arguments: argparse.Namespace, console: Console) -> int:
    from modelpack_gui.cli import inspect_command  # only now: the window's start comes through here, too

    return inspect_command.inspect(arguments, console)


def _value(text: str) -> str:
    from modelpack_gui.cli.viewer_files import VALUES  # as above

    if text not in VALUES:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(VALUES)}")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of rows: give 1 or more")
    return int(text)
