"""What a session of ONNX Runtime is told so that it profiles itself, and where it then writes what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_OPTIMISED = "optimised.onnx"
_WEIGHTS = "optimised.weights"
_ERRORS_ONLY = 3  # it warns that what it writes is for this machine alone, which is just what is wanted


def profile_session(options: Any, folder: str) -> None:
    """Have a session write a trace of every node that it runs, and the graph as it really runs it.

    The weights go to a file of their own: nobody reads them, and with them a graph of 2 GB could not be written.

    Args:
        options: The `SessionOptions` it will be made with; everything else about them stays.
        folder: Absolute; it exists.
    """
    options.enable_profiling = True
    options.profile_file_prefix = str(Path(folder) / "trace")
    options.optimized_model_filepath = str(optimised_path(folder))
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", _WEIGHTS)
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    options.log_severity_level = max(options.log_severity_level, _ERRORS_ONLY)


def optimised_path(folder: str) -> Path:
    """Where the session writes the graph as it runs it."""
    return Path(folder) / _OPTIMISED
