"""Look for damage in an archive of torch's before torch reads it.

torch skips the check sums of a zip archive, and some damage to its pickles ends the process: while it spells an
error, it looks for the line of source in debug information that is damaged as well.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from modelpack_gui.core.saved_models import ZIP_DAMAGE

_TENSORS = ("data", "constants")
_BLOCK_BYTES = 1 << 20


def damage_of_archive(path: Path | str) -> str:
    """What is wrong with a zip archive or with a member of it, empty if nothing is.

    The elements of tensors are not read: they are large, and a damaged one is a wrong number, never a crash.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                folder, _, rest = member.filename.partition("/")
                if folder in _TENSORS or rest.partition("/")[0] in _TENSORS:
                    continue
                with archive.open(member) as stream:
                    while stream.read(_BLOCK_BYTES):
                        pass
    except ZIP_DAMAGE as error:
        return str(error) or type(error).__name__
    return ""
