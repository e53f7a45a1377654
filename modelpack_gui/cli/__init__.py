"""The command line: the same stages as the window, with no Qt import."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from modelpack_gui.cli.console import Console
from modelpack_gui.cli.parser import make_parser
from modelpack_gui.cli.status import BAD_INPUT, CANCELLED, CRASHED, READER_GONE
from modelpack_gui.core.errors import UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `modelpack`; `argv` without the program's name. Gives the exit status."""
    console = Console(sys.stdout, sys.stderr)
    try:
        arguments = make_parser().parse_args(argv)
    except SystemExit as exit_:  # argparse has printed the help or what is wrong
        return exit_.code if isinstance(exit_.code, int) else BAD_INPUT
    try:
        status: int = arguments.command_function(arguments, console)
    except UserError as error:
        console.error(error.info, is_verbose=getattr(arguments, "verbose", False))
        return BAD_INPUT
    except KeyboardInterrupt:
        console.note("Cancelled.")
        return CANCELLED
    except BrokenPipeError:  # `modelpack ... | head`: whoever read it has seen enough
        console.abandon()
        return READER_GONE
    except Exception:  # noqa: BLE001 (a fault of ours: Python's own status 1 would say that a check failed)
        console.note(traceback.format_exc() + "This is a fault of modelpack-gui; report it with the traceback.")
        return CRASHED
    return status


def main_gui(argv: Sequence[str] | None = None) -> int:
    """Start the window: `modelpack-gui [file]` is `modelpack gui [file]`."""
    return main(["gui", *(sys.argv[1:] if argv is None else argv)])
