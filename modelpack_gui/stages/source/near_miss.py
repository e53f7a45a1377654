"""Which unexpected key of a checkpoint is probably which missing one of the model: a layer that was renamed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from modelpack_gui.core.records import KeySuggestion

Shape = tuple[int, ...]

_PAIRS = 20_000  # compared letter by letter at most, over all groups
_ALIKE = 0.6


def suggestions(missing: Mapping[str, Shape], unexpected: Mapping[str, Shape]) -> tuple[KeySuggestion, ...]:
    """Pairs of one shape, each key at most once, in the order of the missing keys.

    Keys are compared within ever wider groups: first those with the same last name and the same numbers in them
    (`layers.3.attn.weight`, `blocks.3.attention.weight`), then those with the same last name, then all of a shape.
    So 5,000 keys against 5,000 take a fraction of a second.
    """
    left, right = dict(missing), dict(unexpected)
    found: dict[str, KeySuggestion] = {}
    for group_of, what in ((_place, "last name and numbers"), (_leaf, "last name"), (lambda _key: "", "")):
        groups: dict[tuple[Shape, object], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for key, shape in left.items():
            groups[shape, group_of(key)][0].append(key)
        for key, shape in right.items():
            groups[shape, group_of(key)][1].append(key)
        both = {place: sides for place, sides in groups.items() if all(sides)}
        for (shape, _), (ours, theirs) in both.items():
            for mine, other, why in _pairs(ours, theirs, what, _PAIRS // len(both)):
                found[mine] = KeySuggestion(mine, other, f"same shape {list(shape)}, {why}")
                del left[mine], right[other]
    return tuple(found[key] for key in missing if key in found)


def _leaf(key: str) -> str:
    return key.rpartition(".")[2]


def _place(key: str) -> tuple[str, tuple[str, ...]]:
    return _leaf(key), tuple(re.findall(r"\d+", key))


def _pairs(ours: list[str], theirs: list[str], what: str, most: int) -> Iterable[tuple[str, str, str]]:
    """Pairs within a group, with the reason.

    Args:
        what: They have in common besides the shape; empty if nothing.
        most: Pairs that may be compared letter by letter.
    """
    if len(ours) == len(theirs) == 1:
        if what:
            yield ours[0], theirs[0], f"same {what}"
        elif _likeness(ours[0], theirs[0]) >= _ALIKE:
            yield ours[0], theirs[0], "similar name"
        return
    if len(ours) * len(theirs) <= most:
        scored = [
            (score, mine, other) for mine in ours for other in theirs if (score := _likeness(mine, other)) >= _ALIKE
        ]
        scored.sort(key=lambda item: -item[0])
        taken: set[str] = set()
        for _, mine, other in scored:
            if mine not in taken and other not in taken:
                taken |= {mine, other}
                yield mine, other, "similar name"
        ours = [key for key in ours if key not in taken]
        theirs = [key for key in theirs if key not in taken]
    if what and len(ours) == len(theirs):
        for mine, other in zip(ours, theirs, strict=True):
            yield mine, other, f"same {what}, same place in the order"


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    is_likely = matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE
    return matcher.ratio() if is_likely else 0.0
