"""What an eager run did, without any values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple


class Ref(NamedTuple):
    """A value of the run: output `position` of operation `op`; of the inputs, `op` is -1."""

    op: int
    position: int


class EagerValue(NamedTuple):
    """What a value is."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class EagerOp:
    """One operation.

    Attributes:
        name: As torch calls it, without namespace and overload: `conv2d`, `add_`.
        call: Which call of its module it belongs to, from 0.
        location: `file:line` of the user's code; empty if there is none.
        outputs: What it gave, and behind that the tensors that share memory with what it wrote to.
        given: How many it gave.
    """

    index: int
    name: str
    module_path: str
    call: int
    location: str
    inputs: tuple[Ref, ...]
    outputs: tuple[EagerValue, ...]
    given: int

    @property
    def title(self) -> str:
        """`relu (shapes.py:41)`."""
        return f"{self.name} ({short_location(self.location)})" if self.location else self.name


@dataclass(frozen=True)
class ModuleCall:
    """One call of a module.

    Attributes:
        number: Which of its calls, from 0.
        first_op, end_op: The operations in it, the last one not included.
        outputs: The tensors in what it gave; None for one that no operation of the run made.
    """

    path: str
    number: int
    first_op: int
    end_op: int
    outputs: tuple[Ref | None, ...]


@dataclass(frozen=True)
class EagerTrace:
    """A whole run.

    Attributes:
        calls: In the order in which they ended.
    """

    ops: tuple[EagerOp, ...]
    calls: tuple[ModuleCall, ...]
    outputs: tuple[tuple[str, Ref | None], ...]
    inputs: tuple[EagerValue, ...]

    def value(self, ref: Ref) -> EagerValue:
        """What a value is."""
        return self.inputs[ref.position] if ref.op < 0 else self.ops[ref.op].outputs[ref.position]


def short_location(location: str) -> str:
    """`shapes.py:41` of `/home/me/shapes.py:41`."""
    return PurePath(location).name
