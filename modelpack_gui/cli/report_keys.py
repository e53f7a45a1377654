"""A checkpoint and its keys as plain text."""

from __future__ import annotations

from modelpack_gui.cli.console import mark, table, wrapped
from modelpack_gui.core.figures import listed, plural, size
from modelpack_gui.core.records import CheckpointScan, KeyReport, StateDictInfo, Verdict

_SUGGESTED = 12
_FORMATS = {"torch": "archive of torch.save", "torch_old": "torch.save before 1.6", "safetensors": "safetensors"}


def keys_lines(path: str, keys: KeyReport) -> list[str]:
    """How the keys of a checkpoint fit the model."""
    found = (
        f"from {keys.key!r}" if keys.key else "",
        f"without the prefix {keys.prefix!r}" if keys.prefix else "",
        f"cast to {keys.dtype}" if keys.dtype else "",
        f"{plural(len(keys.tied), 'tied key')} filled with it" if keys.tied else "",
    )
    lines = ["; ".join((f"checkpoint {path}: {plural(keys.matched, 'key')} matched", *filter(None, found)))]
    mismatched = tuple(item.key for item in keys.mismatched)
    doubts = (("missing", keys.missing), ("unexpected", keys.unexpected), ("of another shape", mismatched))
    lines += [f"{mark(Verdict.WARNING)} {len(names)} {label}: {listed(names)}" for label, names in doubts if names]
    for item in keys.suggestions[:_SUGGESTED]:
        lines.append(f"• missing {item.missing} is probably {item.unexpected} ({item.reason})")
    more = len(keys.suggestions) - _SUGGESTED
    return [*lines, f"• and {more} more of these"] if more > 0 else lines


def scan_text(scan: CheckpointScan) -> str:
    """What `modelpack checkpoint` prints."""
    shards = f", {plural(len(scan.shards), 'shard')}" if scan.shards else ""
    lines = [scan.path, f"{_FORMATS[scan.format]}, {size(scan.size_bytes)}{shards}"]
    if scan.state_dicts:
        header = ("key", "tensors", "size", "dtypes", "prefix", "")
        has_choice = len(scan.state_dicts) > 1
        rows = [_row(info, is_default=has_choice and info.key == scan.default_key) for info in scan.state_dicts]
        lines += ["", table(header, rows, numbers=(1, 2))]
    else:
        what = "a whole pickled model" if scan.is_whole_module else "no state dict"
        lines += ["", f"{mark(Verdict.WARNING)} There is {what} in it."]
    for info in scan.state_dicts:
        preview = [(item.name, item.dtype, item.shape_text) for item in info.preview]
        more = info.tensors - len(preview)
        rest = f"\nand {more:,} more" if more > 0 else ""
        lines += ["", f"{info.key or 'the whole file'}:", table(("name", "dtype", "shape"), preview) + rest]
    if scan.others:
        lines += ["", wrapped("also: " + ", ".join(f"{item.key} ({item.what})" for item in scan.others), indent="")]
    consent = [name for name in scan.refused if name not in scan.forbidden]
    if consent:
        lines += ["", wrapped(f"{mark(Verdict.WARNING)} needs your consent to load: {', '.join(consent)}", "")]
    if scan.forbidden:
        what = f"asks for what could run any command: {', '.join(scan.forbidden)}"
        lines += ["", wrapped(f"{mark(Verdict.FAILED)} {what}", "")]
    return "\n".join(lines)


def _row(info: StateDictInfo, *, is_default: bool) -> tuple[str, ...]:
    prefix = info.prefixes[-1].prefix if info.prefixes else "–"
    note = "taken when none is chosen" if is_default else ""
    return info.key or "(the file)", f"{info.tensors:,}", size(info.size_bytes), ", ".join(info.dtypes), prefix, note
