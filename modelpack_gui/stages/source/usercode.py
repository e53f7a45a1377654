"""Run the user's code so that whatever it does wrong becomes a UserError with their frames, not ours."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelpack_gui.core.errors import JobCancelled, UserError

_OURS = str(Path(__file__).resolve().parents[2])


@contextmanager
def guarded(code: str, doing: str, hint: str) -> Iterator[None]:
    """Turn what user code raises into a UserError; JobCancelled, UserError and KeyboardInterrupt pass.

    Args:
        code: Of the error, for exceptions that have none of their own.
        doing: What was being done, such as `importing shapes.py`; it follows "… was raised while".
        hint: What to do next.

    Raises:
        UserError: `model-exits`, `import-missing`, or `code`; details hold the traceback from the user's frames on.
    """
    try:
        yield
    except (UserError, JobCancelled):
        raise
    except SystemExit as error:
        raise UserError(
            "model-exits",
            f"The model's code called sys.exit({'' if error.code is None else repr(error.code)}) while {doing}"
            f"{_where(error)}.",
            "Move what runs as a script below `if __name__ == '__main__':`, and do not exit in the model.",
            trimmed_traceback(error),
        ) from error
    except ModuleNotFoundError as error:
        raise missing_import(error, doing) from error
    except Exception as error:
        raise UserError(
            code,
            f"{type(error).__name__} was raised while {doing}{_where(error)}: {_first_line(error)}",
            hint,
            trimmed_traceback(error),
        ) from error


def missing_import(error: ModuleNotFoundError, doing: str) -> UserError:
    """The error for an import that the chosen interpreter lacks, with the command that installs it."""
    name = (error.name or "").partition(".")[0]
    if not name:
        hint = "Install what is missing in this interpreter, or choose the interpreter of the model's project."
    else:
        hint = (
            f"Choose the interpreter that has it, or install it in this one: {pip_command(pip_name(name))}"
            " (the package may have another name than the module)."
        )
    return UserError(
        "import-missing",
        f"The interpreter {sys.executable} has no module {error.name!r}, needed while {doing}{_where(error)}.",
        hint,
        trimmed_traceback(error),
    )


def require_torch() -> None:
    """Import torch, which no stage that runs a model can do without.

    Raises:
        UserError: `import-missing` if this interpreter lacks it, `torch-broken` if it cannot be imported.
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError as error:
        if (error.name or "torch").partition(".")[0] != "torch":
            raise _broken_torch(error) from error
        raise UserError(
            "import-missing",
            f"The interpreter {sys.executable} has no torch, and a PyTorch model cannot be loaded without it.",
            f"Choose the interpreter of the model's project, or install it in this one: {pip_command('torch')}",
        ) from error
    except (ImportError, OSError) as error:  # a shared library is missing or for another machine
        raise _broken_torch(error) from error


def _broken_torch(error: Exception) -> UserError:
    return UserError(
        "torch-broken",
        f"torch is installed for {sys.executable}, and importing it failed: {_first_line(error)}",
        f"Install it again: {pip_command('--force-reinstall', 'torch')}",
        trimmed_traceback(error),
    )


def pip_command(*names: str) -> str:
    """The command that installs packages in this interpreter."""
    return f'"{sys.executable}" -m pip install {" ".join(names)}'


def pip_name(module: str) -> str:
    """The package to install for a module, where the well-known ones have another name."""
    known = {"cv2": "opencv-python-headless", "PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml",
             "skimage": "scikit-image", "attr": "attrs", "lightning_fabric": "lightning"}  # fmt: skip
    return known.get(module, module)


def trimmed_traceback(error: BaseException) -> str:
    """The traceback as text, without our own frames and those of the import machinery."""
    shown = traceback.TracebackException.from_exception(error)
    _trim(shown)
    return "".join(shown.format()).rstrip()


def _trim(shown: traceback.TracebackException) -> None:
    shown.stack = traceback.StackSummary.from_list([frame for frame in shown.stack if _is_user_frame(frame)])
    for chained in (shown.__cause__, shown.__context__):
        if chained is not None:
            _trim(chained)


def _is_user_frame(frame: traceback.FrameSummary) -> bool:
    name = frame.filename
    return not (name.startswith((_OURS, "<frozen importlib")) or name == "<frozen runpy>")


def _where(error: BaseException) -> str:
    """`, at file.py:12`: the last frame that is neither ours nor a library's."""
    frame = last_user_frame(error)
    return f", at {frame.filename}:{frame.lineno}" if frame is not None else ""


def last_user_frame(error: BaseException) -> traceback.FrameSummary | None:
    """The innermost frame of an exception that is neither ours nor a library's; None if there is none."""
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        is_library = "site-packages" in frame.filename or "dist-packages" in frame.filename
        if _is_user_frame(frame) and not is_library and Path(frame.filename).is_file() and not _is_stdlib(frame):
            found = frame
    return found


def _is_stdlib(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(str(Path(traceback.__file__).parent))


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else "(no message)"
