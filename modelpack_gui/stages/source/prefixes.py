"""What wrappers put before the keys of a state dict, such as `module.` of DataParallel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from modelpack_gui.core.records import KeyPrefix

USUAL = ("module", "_orig_mod", "model", "net", "network")
"""DataParallel, torch.compile, Lightning and the like; one may be within another."""


def shared_prefixes(keys: Iterable[str]) -> tuple[KeyPrefix, ...]:
    """What all keys start with, and the usual prefixes that most start with; each of them longer than the one before.

    The last part of a key is never a prefix: two tensors `conv.weight` and `conv.bias` are a layer, not a wrapper.
    """
    paths = [key.split(".")[:-1] for key in keys]
    found: list[KeyPrefix] = []
    inside, prefix = paths, ""
    while inside:
        counts = Counter(path[0] for path in inside if path)
        part, number = counts.most_common(1)[0] if counts else ("", 0)
        is_shared = number == len(paths) or (part in USUAL and number * 2 > len(paths))
        if not is_shared:
            break
        prefix += f"{part}."
        found.append(KeyPrefix(prefix, number))
        inside = [path[1:] for path in inside if path and path[0] == part]
    return tuple(found)


def usual_prefix(keys: Iterable[str]) -> str:
    """The longest prefix of usual parts that all keys have; empty if there is none."""
    names = list(keys)
    all_have = [item.prefix for item in shared_prefixes(names) if item.keys == len(names)]
    usual = [prefix for prefix in all_have if set(prefix.rstrip(".").split(".")) <= set(USUAL)]
    return usual[-1] if usual else ""


def without_prefix(state: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The state with the prefix taken off every key that has it; a key that would be there twice keeps its own."""
    stripped = {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix) and key != prefix}
    return stripped | {key: value for key, value in state.items() if not key.startswith(prefix) or key == prefix}


def best_prefix(keys: Iterable[str], wanted: Iterable[str]) -> tuple[str, int]:
    """The prefix with which the most keys are among the wanted ones when it is taken off, and how many those are.

    Empty if the keys as they are match as well as with any.
    """
    names, known = list(keys), set(wanted)
    counts: Counter[str] = Counter()
    for key in names:
        position = 0
        while position >= 0:
            if key[position:] in known:
                counts[key[:position]] += 1
            dot = key.find(".", position)
            position = dot + 1 if dot >= 0 else -1
    best = max(counts, key=lambda prefix: (counts[prefix], -len(prefix)), default="")
    return (best, counts[best]) if counts[best] > counts[""] else ("", counts[""])
