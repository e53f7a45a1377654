"""The scan stage: list what a file offers by parsing it. None of the user's code is run."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import CallableInfo, ScanRequest, SourceScan
from modelpack_gui.stages.source.locate import locate, parse
from modelpack_gui.stages.source.syntax import SourceTree

_ORDER = {"module": 0, "factory": 1, "class": 2}


def run(request: ScanRequest, context: Context) -> SourceScan:
    """List the classes and factories of a file or module, nn.Module classes first, each kind in source order.

    Functions whose annotation says that they return a module come before other functions.

    Raises:
        UserError: `source-syntax`, `source-missing`, `source-encoding`, `import-missing` and the like.
    """
    location = locate(request.file, request.module, context)
    tree = SourceTree(parse(location.path))
    found: list[tuple[tuple[int, int, int], CallableInfo]] = []
    for info in (*tree.classes(), *tree.factories()):
        makes_module = info.kind != "factory" or tree.returns_module(info.name)
        found.append(((_ORDER[info.kind], 0 if makes_module else 1, info.line), info))
    return SourceScan(str(location.path), tuple(info for _, info in sorted(found, key=lambda item: item[0])))
