"""Options of runners: what a request gives, checked against what a runner has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import OptionInfo, OptionValue

THREADS = OptionInfo(
    "threads",
    "Threads",
    "int",
    0,
    minimum=0,
    maximum=1024,
    note="Threads inside an operator, for this runner alone; auto (0) takes the benchmark's, the same for all.",
)


class Options:
    """The value of every option of a runner: the given one, else the default."""

    def __init__(self, values: Mapping[str, OptionValue]) -> None:
        self._values = dict(values)

    def has(self, name: str) -> bool:
        """Whether the runner has such an option here."""
        return name in self._values

    def choice(self, name: str) -> str:
        """Of an option with choices."""
        return str(self._values[name])

    def flag(self, name: str) -> bool:
        """Of a tick."""
        return bool(self._values[name])

    def number(self, name: str) -> int:
        """Of a whole number."""
        return int(self._values[name])

    def threads(self, common: int) -> int:
        """Intra-op threads: the runner's own number, else the one that is common to all runners."""
        return int(self._values.get(THREADS.name, 0)) or common


def checked(title: str, known: Sequence[OptionInfo], given: Mapping[str, OptionValue]) -> Options:
    """The options of a request.

    Args:
        title: Of the runner, for the message.

    Raises:
        UserError: `option-unknown`, `option-invalid`, `option-not-available`.
    """
    by_name = {info.name: info for info in known}
    for name in given:
        if name not in by_name:
            names = ", ".join(by_name) or "it has none"
            raise UserError("option-unknown", f"{title} has no option {name!r}.", f"Its options: {names}.")
    values: dict[str, OptionValue] = {info.name: info.default for info in known}
    for name, value in given.items():
        info = by_name[name]
        _check(title, info, value)
        if info.problem and value != info.default:
            raise UserError(
                "option-not-available",
                f"The option {name} of {title} cannot be {_shown(value)} here: {info.problem}",
                f"Leave it at {_shown(info.default)}.",
            )
        values[name] = value
    return Options(values)


def _check(title: str, info: OptionInfo, value: OptionValue) -> None:
    problem = ""
    if info.kind == "choice":
        if value not in info.choices:
            choices = ", ".join(info.choices)
            problem = f"Choose one of {choices}." if len(info.choices) > 1 else f"It can only be {choices} here."
    elif info.kind == "bool":
        if not isinstance(value, bool):
            problem = "Give true or false."
    elif isinstance(value, bool) or not isinstance(value, int) or not info.minimum <= value <= info.maximum:
        problem = f"Give a whole number from {info.minimum} to {info.maximum}."
    if problem:
        raise UserError("option-invalid", f"The option {info.name} of {title} cannot be {_shown(value)}.", problem)


def _shown(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
