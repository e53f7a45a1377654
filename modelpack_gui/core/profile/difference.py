"""Why one runner takes longer than another: the difference of their profiles, largest part first, with reasons.

The parts add up to the difference of the two runs' whole times, measured with the profilers off. Where the operators
of a side, under its profiler, take more than a whole run without it, they are scaled down to that.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from modelpack_gui.core.figures import microseconds, percent, plural
from modelpack_gui.core.module_paths import common_module
from modelpack_gui.core.operator_kinds import kind_of
from modelpack_gui.core.profile.reasons import flags_of, reason_text, reasons_of
from modelpack_gui.core.profile.summary import DOUBTFUL_NOTE, is_doubtful, main_original
from modelpack_gui.core.records import ProfileReport, ProfileRow

BETWEEN = "between the operators"
_AS_IT_IS = 0.95

# What onnxruntime's quantiser appends to the name of a node that it replaces, and to those that it adds for it.
_QUANTISED = re.compile(r"(_MatMul)?_quant(_scales_mul|_output_scale_mul|_token_\d+)?$")


_Tokens = Callable[[ProfileRow], tuple[str, ...]]


@dataclass(frozen=True)
class Side:
    """What one runner does in a part.

    Attributes:
        us: A run of the model, microseconds.
        ops: Op types with the number of their rows, those of the most time first.
        rows: Names of the rows, those of the most time first.
    """

    us: float = 0.0
    ops: Mapping[str, int] | None = None
    rows: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`12 QLinearConv, 3 Transpose`; a dash if it does nothing there."""
        return ", ".join(f"{number} {op}" if number > 1 else op for op, number in (self.ops or {}).items()) or "–"


@dataclass(frozen=True)
class Part:
    """One part of the difference.

    Attributes:
        title: The kind of operators, or where in the model.
        before, after: Of the runner that is compared with, and of the one that is asked about.
        reasons: Codes of what makes the second slower there, as far as it is known.
        reason: The same in words; empty if nothing is known.
        is_matched: Whether it is known that both sides do the same there.
    """

    title: str
    before: Side
    after: Side
    reasons: tuple[str, ...] = ()
    reason: str = ""
    is_matched: bool = True

    @property
    def change_us(self) -> float:
        """How much longer the second takes there; negative if it is faster."""
        return self.after.us - self.before.us


@dataclass(frozen=True)
class ProfileDifference:
    """Why `after` takes longer than `before`, or does not.

    Attributes:
        change_us: Of a whole run, profilers off, microseconds; the parts of each list add up to it.
        by_kind: Parts by kind of operator, what it makes longer first.
        by_place: Parts by node of the file, or by module where only those are known of both; the same order.
        matched_by: `nodes`, `modules`, or empty if the two have neither in common.
        summary: The whole in one or two plain sentences.
        notes: What to know, one sentence each.
    """

    before: ProfileReport
    after: ProfileReport
    change_us: float
    by_kind: tuple[Part, ...]
    by_place: tuple[Part, ...]
    matched_by: str
    summary: str
    notes: tuple[str, ...] = ()


def difference(before: ProfileReport, after: ProfileReport) -> ProfileDifference:
    """Lay two profiles side by side."""
    sides = (_scaled(before), _scaled(after))
    flags = flags_of(after)
    by_kind = _parts(*sides, _by_kind(*sides), flags)
    matched_by, groups = _by_place(*sides)
    by_place = _parts(*sides, groups, flags) if matched_by else ()
    change = after.wall_us - before.wall_us
    return ProfileDifference(
        before=before,
        after=after,
        change_us=change,
        by_kind=by_kind,
        by_place=by_place,
        matched_by=matched_by,
        summary=_summary(before, after, by_kind),
        notes=_notes(before, after),
    )


def title_of(report: ProfileReport, other: ProfileReport) -> str:
    """How to call a side: its title, with its key where both have the same."""
    return report.title if report.title != other.title else report.runner


@dataclass(frozen=True)
class _Scaled:
    rows: tuple[ProfileRow, ...]
    between_us: float
    factor: float


def _scaled(report: ProfileReport) -> _Scaled:
    """The rows in proportion to a run without the profiler, and what such a run spends between them."""
    in_rows = sum(row.mean_us for row in report.rows)
    factor = min(1.0, report.wall_us / in_rows) if in_rows > 0.0 else 1.0
    rows = tuple(replace(row, mean_us=row.mean_us * factor) for row in report.rows)
    return _Scaled(rows, report.wall_us - in_rows * factor, factor)


@dataclass(frozen=True)
class _Group:
    title: str
    before: tuple[ProfileRow, ...]
    after: tuple[ProfileRow, ...]
    is_matched: bool = True


def _parts(before: _Scaled, after: _Scaled, groups: Sequence[_Group], flags: frozenset[str]) -> tuple[Part, ...]:
    parts = [_part(group, flags) for group in groups]
    parts.append(Part(BETWEEN, Side(before.between_us), Side(after.between_us)))
    return tuple(sorted(parts, key=lambda part: (-part.change_us, part.title)))


def _part(group: _Group, flags: frozenset[str]) -> Part:
    found = reasons_of(group.after, flags) if _us(group.after) > _us(group.before) else []
    known_before = {reason.code for reason, _ in reasons_of(group.before, flags)}
    new = [(reason, rows) for reason, rows in found if reason.code not in known_before or not reason.is_extra]
    text = " ".join(reason_text(reason, rows) for reason, rows in new)
    if not text and not group.before and group.after:
        text = "Only this runner does it."
    return Part(
        group.title,
        _side(group.before),
        _side(group.after),
        tuple(reason.code for reason, _ in new),
        text,
        group.is_matched,
    )


def _side(rows: Sequence[ProfileRow]) -> Side:
    ordered = sorted(rows, key=lambda row: -row.mean_us)
    ops: defaultdict[str, list[ProfileRow]] = defaultdict(list)
    for row in ordered:
        ops[row.op_type].append(row)
    counts = {op: len(members) for op, members in sorted(ops.items(), key=lambda item: -_us(item[1]))}
    return Side(_us(rows), counts, tuple(row.name for row in ordered))


def _us(rows: Sequence[ProfileRow]) -> float:
    return sum(row.mean_us for row in rows)


def _by_kind(before: _Scaled, after: _Scaled) -> list[_Group]:
    kinds = dict.fromkeys(kind_of(row.op_type) for row in (*before.rows, *after.rows))
    return [
        _Group(
            kind,
            tuple(row for row in before.rows if kind_of(row.op_type) == kind),
            tuple(row for row in after.rows if kind_of(row.op_type) == kind),
        )
        for kind in kinds
    ]


def _by_place(before: _Scaled, after: _Scaled) -> tuple[str, list[_Group]]:
    """Groups of rows that do the same, by what both sides know: nodes of the file, else modules."""
    ways: tuple[tuple[str, _Tokens, Callable[[str], str]], ...] = (
        ("nodes", _nodes_of, lambda _name: ""),
        ("modules", _modules_of, lambda path: path.rpartition(".")[0]),
    )
    for matched_by, tokens, parent in ways:
        known = [{token for row in side.rows for token in tokens(row)} for side in (before, after)]
        if known[0] & known[1]:
            return matched_by, _matched(before, after, tokens, parent)
    return "", []


def _modules_of(row: ProfileRow) -> tuple[str, ...]:
    return tuple(path for path in row.modules if path)


def _nodes_of(row: ProfileRow) -> tuple[str, ...]:
    return tuple(_QUANTISED.sub("", name) for name in row.originals)


def _matched(before: _Scaled, after: _Scaled, tokens: _Tokens, parent: Callable[[str], str]) -> list[_Group]:
    """Rows that share a node or module, on either side and through others, are one group.

    Groups of one side only are put to what is around them, as long as there is anything around them; what then is
    left goes by kind.
    """
    sides = (before.rows, after.rows)
    forest = _Forest()
    for row in (*before.rows, *after.rows):
        for token in tokens(row):
            forest.join(token, tokens(row)[0])
    while True:
        groups: defaultdict[str, tuple[list[ProfileRow], list[ProfileRow]]] = defaultdict(lambda: ([], []))
        for place, rows in enumerate(sides):
            for row in rows:
                if tokens(row):
                    groups[forest.find(tokens(row)[0])][place].append(row)
        lonely = {root for root, (one, other) in groups.items() if not one or not other}
        lifted = {root: around for root in lonely if (around := parent(root))}
        if not lifted:
            break
        for around in set(lifted.values()):
            for token in forest.tokens():
                if token == around or token.startswith(f"{around}."):
                    forest.join(token, around)
    found = [
        _Group(_title(one, other, tokens), tuple(one), tuple(other))
        for one, other in groups.values()
        if one and other
    ]
    loose: defaultdict[str, tuple[list[ProfileRow], list[ProfileRow]]] = defaultdict(lambda: ([], []))
    for place, rows in enumerate(sides):
        for row in rows:
            if not tokens(row) or forest.find(tokens(row)[0]) in lonely:
                loose[kind_of(row.op_type)][place].append(row)
    found += [_Group(f"other {kind}", tuple(one), tuple(other), False) for kind, (one, other) in loose.items()]
    return found


class _Forest:
    """Sets of tokens that are joined bit by bit (union-find); the one joined to is the name of the set."""

    def __init__(self) -> None:
        self._leader: dict[str, str] = {}

    def find(self, token: str) -> str:
        """The name of the set that a token is in."""
        self._leader.setdefault(token, token)
        while self._leader[token] != token:
            self._leader[token] = self._leader[self._leader[token]]
            token = self._leader[token]
        return token

    def join(self, token: str, other: str) -> None:
        """Make the sets of two tokens one."""
        self._leader[self.find(token)] = self.find(other)

    def tokens(self) -> tuple[str, ...]:
        """All that were ever seen."""
        return tuple(self._leader)


def _title(before: Sequence[ProfileRow], after: Sequence[ProfileRow], tokens: _Tokens) -> str:
    """The node that takes the most time, and how many others there are; of modules the one around all of them."""
    rows = (*before, *after)
    names = dict.fromkeys(token for row in rows for token in tokens(row))
    shared = common_module(row.module for row in rows) or common_module(names)
    if tokens is _modules_of and shared:
        return shared
    largest = max(rows, key=lambda row: row.mean_us)
    main = _QUANTISED.sub("", main_original(largest))
    first = main if main in names else tokens(largest)[0]
    return f"{first} and {plural(len(names) - 1, 'other')}" if len(names) > 1 else first


def _summary(before: ProfileReport, after: ProfileReport, by_kind: Sequence[Part]) -> str:
    first, second = title_of(before, after), title_of(after, before)
    change = after.wall_us - before.wall_us
    times = f"{microseconds(after.wall_us)} a run against {microseconds(before.wall_us)}"
    if change == 0.0:
        return f"{second} takes as long as {first}: {times}."
    word = "longer" if change > 0.0 else "less"
    text = f"{second} takes {microseconds(abs(change))} {word} than {first}: {times}."
    towards = [part for part in by_kind if part.change_us * change > 0.0]
    if towards:
        main = max(towards, key=lambda part: abs(part.change_us))
        share = abs(main.change_us / change)
        doing = "" if main.title == BETWEEN else f" ({main.before.text} → {main.after.text})"
        sign = "+" if main.change_us > 0.0 else "−"
        text += f" Most of that is {main.title}{doing}: {sign}{microseconds(abs(main.change_us))}"
        text += f", {percent(share)} of the difference." if share < 1.0 else ", more than the whole difference."
        if main.reason:
            text += f" {main.reason}"
    return text


def _notes(before: ProfileReport, after: ProfileReport) -> tuple[str, ...]:
    notes = []
    scaled = [
        f"{title_of(report, other)} to {percent(factor)}"
        for report, other in ((before, after), (after, before))
        if (factor := _scaled(report).factor) < _AS_IT_IS
    ]
    if scaled:
        notes.append(
            f"Scaled down: the operators of {' and of '.join(scaled)}, since under the profiler they take longer than"
            " a whole run without it."
        )
    if is_doubtful(before) or is_doubtful(after):
        notes.append(DOUBTFUL_NOTE)
    flags = [flags_of(report) for report in (before, after)]
    if flags[0] != flags[1] or before.facts.get("cpu") != after.facts.get("cpu"):
        notes.append("The two were measured on different processors.")
    return tuple(notes)
