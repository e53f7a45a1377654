"""Where the files are that ship with the app: icons and the demo project."""

from __future__ import annotations

from pathlib import Path

import modelpack_gui
from modelpack_gui.core.errors import UserError


def resource_path(*parts: str) -> Path:
    """Path of a shipped file or folder, such as `resource_path("icons", "run.svg")`.

    An installed package carries the files as `_resources`; in a checkout they are beside the package.

    Raises:
        UserError: `resource-missing`.
    """
    package = Path(modelpack_gui.__file__).resolve().parent
    for root in (package / "_resources", package.parent / "resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise UserError(
        "resource-missing",
        f"The file {'/'.join(parts)} that ships with modelpack-gui is not there.",
        "The installation is not complete; install modelpack-gui again.",
    )
