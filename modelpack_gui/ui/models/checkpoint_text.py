"""What a checkpoint holds, in words."""

from __future__ import annotations

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import CheckpointScan, KeyReport, StateDictInfo

_FORMATS = {"torch": "torch.save", "torch_old": "torch.save before 1.6", "safetensors": "safetensors"}
_OTHERS = 6


def file_line(scan: CheckpointScan) -> str:
    """One line: format, size, shards, and what else is in it."""
    parts = [_FORMATS[scan.format], fmt.size(scan.size_bytes)]
    if scan.shards:
        parts.append(fmt.plural(len(scan.shards), "shard"))
    if scan.others:
        named = fmt.listed([f"{item.key} ({item.what})" for item in scan.others], _OTHERS)
        parts.append(f"also holds {named}")
    return " · ".join(parts)


def scan_problem(scan: CheckpointScan) -> tuple[str, bool]:
    """What stands in the way of loading it, in a sentence, and whether it always will; empty if nothing does."""
    if scan.is_whole_module:
        return "It is a whole pickled model, not a checkpoint: open it as the model's file.", True
    if scan.forbidden:
        what = fmt.listed(scan.forbidden)
        return f"It asks for {what}, with which a file can run any command. It will not be loaded.", True
    if not scan.state_dicts:
        return "There is no state dict in it.", True
    if scan.refused:
        return f"It asks for {fmt.listed(scan.refused)}: loading it needs your consent.", False
    return "", False


def state_dict_title(info: StateDictInfo) -> str:
    """One of several, in a list."""
    return f"{info.key or 'The whole file'}: {fmt.plural(info.tensors, 'tensor')}, {fmt.size(info.size_bytes)}"


def state_dict_line(info: StateDictInfo) -> str:
    """What a state dict is made of; its size only where no list of several says it."""
    parts = [] if info.key else [fmt.plural(info.tensors, "tensor"), fmt.size(info.size_bytes)]
    parts.append(", ".join(info.dtypes))
    if info.prefixes:
        longest = info.prefixes[-1]
        share = "all" if longest.keys == info.tensors else fmt.count(longest.keys)
        parts.append(f"{share} start with {longest.prefix}")
    return " · ".join(parts)


def preview_text(info: StateDictInfo) -> str:
    """The first keys in columns."""
    name_width = max((len(item.name) for item in info.preview), default=0)
    dtype_width = max((len(item.dtype) for item in info.preview), default=0)
    lines = [f"{item.name:<{name_width}}  {item.dtype:<{dtype_width}}  {item.shape_text}" for item in info.preview]
    more = info.tensors - len(info.preview)
    return "\n".join([*lines, f"and {fmt.count(more)} more"] if more > 0 else lines)


def chosen_state_dict(scan: CheckpointScan | None, key: str) -> StateDictInfo | None:
    """The state dict that a key means; the one taken by itself where the key is empty, else the first one."""
    if scan is None or not scan.state_dicts:
        return None
    wanted = key or scan.default_key
    return next((info for info in scan.state_dicts if info.key == wanted), scan.state_dicts[0] if not key else None)


def how_loaded(keys: KeyReport) -> str:
    """What was done to load these keys; empty if nothing special was."""
    parts = [
        f"from {keys.key}" if keys.key else "",
        f"prefix {keys.prefix} taken off" if keys.prefix else "",
        f"cast to {keys.dtype}" if keys.dtype else "",
        f"{fmt.plural(len(keys.tied), 'key')} filled by a tied one" if keys.tied else "",
    ]
    text = ", ".join(filter(None, parts))
    return text[:1].upper() + text[1:] + "." if text else ""
