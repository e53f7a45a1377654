"""Start of a worker process: `<interpreter> -u bootstrap.py <protocol> <base folder> <scratch folder>`.

It is run by path, in any Python, which may lack our package and everything it depends on. Before anything else is
imported it takes the current folder from the front of the path, so that a user's `json.py` or `onnx.py` shadows
nothing. Then it reserves a private channel, so that nothing that prints can corrupt it, and loads our package by
file location, so that none of our own site-packages come along.

Only old syntax is used here, and no `from __future__ import annotations`: a Python that is too old must get as far
as saying so.
"""

import os
import sys

OLDEST = (3, 10)


def _clean_path() -> None:
    """Drop this script's folder from `sys.path`, and move the current folder, if it is there, to the end.

    Someone who put it there (PYTHONPATH, an editable install) still gets the modules in it, but whatever is
    installed comes first. The stages find the user's modules by finders of their own.
    """
    here = os.path.realpath(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 (pathlib is not imported before the path is clean)
    current = os.path.realpath(os.getcwd())  # noqa: PTH109
    real = [os.path.realpath(entry) if entry else here for entry in sys.path]
    kept = [entry for entry, path in zip(sys.path, real) if path not in (here, current)]  # noqa: B905 (3.10)
    sys.path[:] = [*kept, current] if current in real else kept


def _refuse_old_python() -> None:
    """End with a message that the client shows, if this Python is too old for the code of the stages."""
    if sys.version_info >= OLDEST:
        return
    import json

    found = "{}.{}".format(*sys.version_info[:2])
    oldest = "{}.{}".format(*OLDEST)
    error = {
        "code": "interpreter-too-old",
        "message": f"{sys.executable} is Python {found}; the stages need Python {oldest} or newer.",
        "hint": f"Choose an interpreter with Python {oldest} or newer, or make a new virtual environment with one.",
    }
    os.write(1, ("\n" + json.dumps({"refused": error}) + "\n").encode())
    sys.exit(3)


def _reserve_channel() -> tuple:  # type: ignore[type-arg] # tuple[int, int] cannot be written for an old Python
    """Keep private duplicates of stdin and stdout; point fd 1 at stderr and fd 0 at nothing.

    Duplicates are not inherited by children, so stdout reaches its end exactly when this process ends.
    """
    commands, events = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return commands, events


def _die_first() -> None:
    """Offer this process to Linux's out-of-memory killer before any other, the window above all."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("1000")
    except OSError:
        return  # another system, or no leave to do so: then the kernel chooses


def _load_package() -> None:
    """Import `modelpack_gui` from the folder above this file, whatever else goes by that name."""
    import importlib.util

    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    init = os.path.join(folder, "__init__.py")  # noqa: PTH118
    spec = importlib.util.spec_from_file_location("modelpack_gui", init, submodule_search_locations=[folder])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["modelpack_gui"] = module
    spec.loader.exec_module(module)


def main() -> None:
    """Make the process safe for user code, then serve jobs until told to end."""
    _clean_path()
    _refuse_old_python()
    commands, events = _reserve_channel()
    _die_first()
    protocol, base, scratch = sys.argv[1:4]
    sys.argv[1:] = []  # a model file that parses its arguments on import must not see ours
    import faulthandler

    faulthandler.enable(file=2)
    _load_package()
    from modelpack_gui.worker.dispatch import serve

    serve(commands, events, protocol=int(protocol), base=base, scratch=scratch)


if __name__ == "__main__":
    main()
