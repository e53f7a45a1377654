"""The scan stage: list what a file offers by parsing it. None of the user's code is run."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CallableInfo, ModelSource, SavedModel, ScanRequest, SourceScan
from modelpack_gui.core.saved_models import ZIP_DAMAGE, SavedKind
from modelpack_gui.stages.source.assigned import assigned
from modelpack_gui.stages.source.exported_program import describe_program
from modelpack_gui.stages.source.locate import locate, parse
from modelpack_gui.stages.source.objects import with_object_classes
from modelpack_gui.stages.source.onnx_source import describe_onnx
from modelpack_gui.stages.source.pickled_module import describe_pickle
from modelpack_gui.stages.source.saved import locate_saved
from modelpack_gui.stages.source.syntax import SourceTree
from modelpack_gui.stages.source.torchscript_source import describe_script

_ORDER = {"module": 0, "factory": 1, "instance": 2, "class": 3}


def run(request: ScanRequest, context: Context) -> SourceScan:
    """List what could make the model in a file or module, nn.Module classes first, each kind in source order.

    Functions whose annotation says that they return a module come before other functions. A saved model offers none;
    it is described instead.

    Raises:
        UserError: `source-syntax`, `source-missing`, `source-encoding`, `import-missing` and the like.
    """
    source = ModelSource(file=request.file, module=request.module)
    if source.is_saved_model and not request.module:
        path, kind = locate_saved(source, context)
        return SourceScan(str(path), (), _described(path, kind))
    location = locate(request.file, request.module, context)
    tree = SourceTree(parse(location.path))
    found: list[tuple[tuple[int, int, int], CallableInfo]] = []
    for info in (*tree.classes(), *tree.factories(), *assigned(tree)):
        makes_module = info.kind != "factory" or tree.returns_module(info.name) or bool(info.forward)
        order = (_ORDER[info.kind], 0 if makes_module else 1, info.line)
        found.append((order, with_object_classes(info, tree)))
    return SourceScan(str(location.path), tuple(info for _, info in sorted(found, key=lambda item: item[0])))


def _described(path: Path, kind: SavedKind) -> SavedModel:
    describe = {
        SavedKind.TORCHSCRIPT: describe_script,
        SavedKind.EXPORTED_PROGRAM: describe_program,
        SavedKind.PICKLED_MODULE: describe_pickle,
        SavedKind.ONNX: describe_onnx,
    }.get(kind)
    if describe is None:
        return SavedModel(kind.value)
    try:
        return describe(path)
    except (*ZIP_DAMAGE, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            "saved-model-damaged",
            f"{path} is a {kind.label}, and what is in it cannot be read.",
            "It may be cut short, damaged, or of another version of torch: load it, or save it again.",
            f"{type(error).__name__}: {error}",
        ) from error
