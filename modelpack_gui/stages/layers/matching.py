"""Match two sequences in order: the operations of a scope in the artifact and in the eager run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_TABLE_CELLS = 1_000_000


def match_in_order(one: Sequence[A], other: Sequence[B], score: Callable[[A, B], int]) -> list[tuple[A, B]]:
    """The pairs with the largest sum of scores among those that cross no other; a score of 0 forbids a pair.

    Where several sets of pairs are as good, the last items that can be are taken: an operation ends in the last of
    its nodes.

    Very long sequences are matched piece by piece, each piece with what the one before it left.
    """
    if len(one) * len(other) <= _TABLE_CELLS:
        return _best(one, other, score)
    size = max(1, _TABLE_CELLS // max(len(other), 1) // 4)
    found: list[tuple[A, B]] = []
    start = 0
    reach = max(4 * size, _TABLE_CELLS // size // 2)
    for begin in range(0, len(one), size):
        pairs = _best(one[begin : begin + size], other[start : start + reach], score)
        found += pairs
        if pairs:
            last = pairs[-1][1]
            start = next(i for i in range(start, len(other)) if other[i] is last) + 1
    return found


def _best(one: Sequence[A], other: Sequence[B], score: Callable[[A, B], int]) -> list[tuple[A, B]]:
    rows, columns = len(one), len(other)
    table = [[0] * (columns + 1) for _ in range(rows + 1)]
    scores = [[score(left, right) for right in other] for left in one]
    for i in range(rows - 1, -1, -1):
        row, below, own = table[i], table[i + 1], scores[i]
        for j in range(columns - 1, -1, -1):
            best = below[j] if below[j] >= row[j + 1] else row[j + 1]
            if own[j] and own[j] + below[j + 1] > best:
                best = own[j] + below[j + 1]
            row[j] = best
    pairs = []
    i = j = 0
    while i < rows and j < columns:
        if table[i][j] == table[i + 1][j]:
            i += 1
        elif table[i][j] == table[i][j + 1]:
            j += 1
        else:
            pairs.append((one[i], other[j]))
            i, j = i + 1, j + 1
    return pairs
