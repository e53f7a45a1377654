"""What an artifact says of how it was made, written into the file itself.

There is no date among it, so that it makes no difference between two exports of the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from modelpack_gui import __version__
from modelpack_gui.core import serde
from modelpack_gui.core.context import Context
from modelpack_gui.core.records import CheckpointSpec, ExportRequest, ExportSpec, InputSpec, tensor_inputs
from modelpack_gui.stages.common import paths

PREFIX = "modelpack."
EXTRA_FILE = "modelpack.json"
"""Name of the file with the metadata inside TorchScript and pt2 archives."""

INPUTS = PREFIX + "inputs"
"""Key of the names of the example inputs, in order, as a JSON list: the options refer to them."""

EXAMPLE = PREFIX + "example"
"""Key of the example inputs of a TorchScript archive, which keeps no shapes: name, dtype and shape of each."""

HASHED_BYTES = 16 << 20
"""Checkpoints and artifacts up to this size are hashed by an export, which takes about a hundredth of a second each.

Larger ones take longer than many a trace, and nothing of the file rests on it: checkpoints go by their size.
"""


def metadata_of(request: ExportRequest, versions: Mapping[str, str], context: Context) -> dict[str, str]:
    """Where an artifact comes from: source, checkpoint, versions, exporter and options that are not the default."""
    source, spec = request.source, request.export
    found = {
        "version": __version__,
        "source": f"{source.module or _shown(source.file)}:{source.name}",
        "arguments": _json(serde.encode(dict(source.arguments))) if source.arguments else "",
        **_checkpoint(source.checkpoint, context),
        "exporter": f"{spec.format} by {spec.exporter}",
        "options": _json(_options(spec)),
        "inputs": _json([item.name for item in tensor_inputs(request.inputs)]),
        "versions": _json(versions),
    }
    if spec.format == "torchscript":
        found["example"] = _json([[item.name, item.dtype, item.shape] for item in tensor_inputs(request.inputs)])
    return {PREFIX + key: value for key, value in found.items() if value}


def examples_in(metadata: Mapping[str, str]) -> tuple[InputSpec, ...]:
    """The example inputs that a TorchScript archive was exported with; none if it does not say."""
    try:
        found = json.loads(metadata[EXAMPLE])
        return tuple(InputSpec(str(name), tuple(map(int, shape)), str(dtype)) for name, dtype, shape in found)
    except (KeyError, ValueError, TypeError):
        return ()


def as_extra_file(metadata: Mapping[str, str]) -> str:
    """The metadata as the content of a file inside an archive."""
    return _json(metadata)


def of_extra_file(content: str | bytes) -> dict[str, str]:
    """The metadata in the content of such a file; none if it is not one of ours."""
    try:
        found = serde.loads(content)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def append_to_onnx(path: Path, metadata: Mapping[str, str]) -> None:
    """Write metadata into an ONNX file at the price of a few bytes, whatever its size.

    Two protobuf messages, one after the other, are one message with the repeated fields of both: a ModelProto that
    holds nothing but metadata can be put behind the one that is there.

    Raises:
        OSError: The file could not be written.
    """
    import onnx

    entries = [onnx.StringStringEntryProto(key=key, value=value) for key, value in metadata.items()]
    with path.open("ab") as stream:
        stream.write(onnx.ModelProto(metadata_props=entries).SerializeToString())


def options_in(metadata: Mapping[str, str]) -> ExportSpec | None:
    """The options that an artifact was exported with; None if it does not say, or says so in other words."""
    try:
        return serde.decode(ExportSpec, serde.loads(metadata[PREFIX + "options"]))
    except (KeyError, ValueError):
        return None


def _shown(file: str) -> str:
    """A path as the recipe spells it; of an absolute one the name only, for folders are nobody else's business."""
    return Path(file).name if Path(file).is_absolute() or file.startswith("~") else Path(file).as_posix()


def _checkpoint(spec: CheckpointSpec | None, context: Context) -> dict[str, str]:
    if spec is None or not spec.path:
        return {}
    found = {"checkpoint": _shown(spec.path)}
    try:
        path = paths.resolve(context, spec.path)
        size_bytes = path.stat().st_size
        if size_bytes > HASHED_BYTES:
            return {**found, "checkpoint_bytes": str(size_bytes)}
        return {**found, "checkpoint_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    except OSError:  # it was read a moment ago; what it was called is still worth saying
        return found


def _options(spec: ExportSpec) -> dict[str, object]:
    """Format, exporter, and the options that are not as they are by default; the path says nothing elsewhere."""
    plain = serde.encode(ExportSpec())
    return {
        key: value
        for key, value in serde.encode(spec).items()
        if key != "output_path" and (value != plain[key] or key in ("format", "exporter"))
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
