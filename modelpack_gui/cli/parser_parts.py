"""What the parsers of several commands have in common."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def new_parser(subparsers: Subparsers, name: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """The parser of a command; the first line of its description says what it is in the list of all."""
    summary = description.splitlines()[0].rstrip(".")
    return subparsers.add_parser(
        name,
        help=summary[0].lower() + summary[1:],
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def recipe_argument(parser: argparse.ArgumentParser) -> None:
    """What most commands start from."""
    parser.add_argument(
        "recipe",
        type=Path,
        help="recipe file (TOML); paths in it start from its folder; or a saved model (.onnx, TorchScript, .pt2)",
    )


def artifact_option(parser: argparse.ArgumentParser) -> None:
    """For commands that look at what the recipe exported."""
    parser.add_argument(
        "--artifact", type=Path, metavar="PATH", help="another artifact than the recipe's output_path"
    )


def common_options(parser: argparse.ArgumentParser) -> None:
    """Those of every command that runs a worker."""
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
