"""What an artifact says of how it was made, as rows to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelpack_gui.core import serde

_PREFIX = "modelpack."


def provenance_rows(metadata: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Names and values: those that this app wrote first and in words, then those of others as they are."""
    own = {key.removeprefix(_PREFIX): value for key, value in metadata.items() if key.startswith(_PREFIX)}
    rows = [
        ("Source", own.get("source", "")),
        ("Arguments", _pairs(own.get("arguments", ""))),
        ("Checkpoint", _checkpoint(own)),
        ("Exporter", own.get("exporter", "")),
        ("Options", _options(own.get("options", ""))),
        ("Made with", _made_with(own)),
    ]
    others = [(key, value) for key, value in metadata.items() if not key.startswith(_PREFIX)]
    return tuple((name, value) for name, value in (*rows, *others) if value)


def _checkpoint(own: Mapping[str, str]) -> str:
    name = own.get("checkpoint", "")
    if own.get("checkpoint_sha256"):
        return f"{name}, SHA-256 {own['checkpoint_sha256']}"
    return f"{name}, {own['checkpoint_bytes']} bytes" if own.get("checkpoint_bytes") else name


def _options(text: str) -> str:
    """Without what the exporter's row says; dynamic axes as `image[0] = batch`."""
    found = _read(text)
    dims = found.pop("dynamic", None) or []
    words = [f"{dim['input']}[{dim['axis']}] = {dim['name']}" for dim in dims]
    words += [f"{key} {_shown(value)}" for key, value in found.items() if key not in ("format", "exporter")]
    return ", ".join(words)


def _made_with(own: Mapping[str, str]) -> str:
    versions = _pairs(own.get("versions", ""))
    app = f"modelpack-gui {own['version']}" if own.get("version") else ""
    return ", ".join(filter(None, (app, versions)))


def _pairs(text: str) -> str:
    return ", ".join(f"{key} {_shown(value)}" for key, value in _read(text).items())


def _read(text: str) -> dict[str, Any]:
    """A JSON object; empty for anything else, for a file may say what it likes."""
    try:
        found = serde.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
