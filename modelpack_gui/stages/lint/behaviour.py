"""Rules about what the model does when it is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelpack_gui.core.dims import edits as dim_edits
from modelpack_gui.core.explain.explanation import Fix, SourcePlace
from modelpack_gui.core.figures import listed
from modelpack_gui.core.records import LintFinding
from modelpack_gui.stages.lint.base import Draft, LintCase, Run

_RANDOM_KINDS = ("functional-dropout", "random")


class Runs:
    """A model that does not run on its example inputs."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        if case.run_error:
            yield Draft(
                "forward-failed",
                "The model does not run on the example inputs",
                case.run_error,
                "error",
                fixes=(Fix("Load it on the Source page, which shows where it fails"),),
            ).finding()


class WrittenInputs:
    """Inputs that forward writes into."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        if case.first is None:
            return
        names = [item.name for item in case.inputs if not item.is_value]
        for place in case.first.written:
            places = tuple(spot.place for spot in case.spots if spot.kind == "in-place")
            yield Draft(
                "input-written",
                "forward writes into its input",
                f"After a forward pass {names[place]} holds other values. PyTorch's caller sees that; an artifact "
                "leaves its inputs alone, and a write that nothing reads afterwards is lost.",
                "warning",
                f"inputs.{names[place]}",
                places[:3],
                (Fix("Work on a copy", details="x = x.clone() first, or x = x * 2 instead of x.mul_(2)."),),
            ).finding()


class Randomness:
    """A model that gives different answers to the same input."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        places = tuple(dict.fromkeys(spot.place for spot in case.spots if spot.kind in _RANDOM_KINDS))
        drops = [spot for spot in case.spots if spot.kind == "functional-dropout"]
        differs = case.first is not None and case.second is not None and case.first.outputs != case.second.outputs
        if not differs and not drops:
            return
        first = _first_difference(case.first, case.second) if case.first and case.second else ""
        cause = (
            f"Two runs on the same inputs differ{f', first in {first}' if first else ''}: something is random in "
            "eval mode, or kept from one call to the next. No artifact can agree with it."
            if differs
            else "A functional dropout is called without training=self.training, so that it drops in eval mode too."
        )
        yield Draft(
            "trace-random",
            "The model is random",
            cause,
            "error" if differs else "warning",
            places=places[:4],
            fixes=(
                Fix(
                    "Let it be random in training only",
                    details="torch.nn.functional.dropout(x, p, training=self.training), or nn.Dropout; draw noise "
                    "outside of forward and give it as an input.",
                ),
            ),
        ).finding()


class RefusedSizes:
    """Dynamic axes that the model itself does not take at another size."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        if not case.resize_error:
            return
        sizes = {
            item.shape[dim.axis]
            for dim in case.export.dynamic
            for item in case.inputs
            if item.name == dim.input and dim.axis < len(item.shape)
        }
        fixed = [
            spot.place
            for spot in case.spots
            if spot.kind == "fixed-size" and any(str(n) in spot.subject for n in sizes)
        ]
        names = listed(list(dict.fromkeys(dim.name for dim in case.export.dynamic)))
        yield Draft(
            "dim-refused-by-model",
            "The model itself does not take it",
            f"With {names} one step larger and the rest as it is, the model in PyTorch fails: {case.resize_error} If "
            "other axes must change with it, ask for them under the same name; else no artifact takes it rightly.",
            "warning",
            "dynamic",
            tuple(fixed[:3]),
            (
                Fix("Probe the sizes to see which axes change together"),
                dim_edits.make_static(case.export, *case.export.dynamic),
            ),
        ).finding()


class Outputs:
    """What forward returns besides tensors."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        if case.first is None:
            return
        odd = sorted(set(_odd(case.first.result)))
        if odd:
            yield Draft(
                "output-class",
                "An output that is no tensor",
                f"forward returns {listed(odd)} among its outputs. An artifact gives tensors only: the exporter "
                "refuses it, or writes the example's value for good.",
                "warning",
                places=_return_places(case),
                fixes=(Fix("Return tensors alone, in a tuple, a list or a dict"),),
            ).finding()


def _first_difference(first: Run, second: Run) -> str:
    """The module whose output differs although its input is the same, the innermost and first of them."""
    if len(first.passages) != len(second.passages):
        return ""
    for one, other in zip(first.passages, second.passages, strict=True):
        if one.given == other.given and one.gave != other.gave and one.path:
            return one.path
    return ""


def _odd(value: Any) -> Iterator[str]:
    import torch

    if value is None or isinstance(value, torch.Tensor):
        return
    if isinstance(value, dict):
        for item in value.values():
            yield from _odd(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _odd(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _odd(getattr(value, name))
    else:
        yield f"an object of type {type(value).__name__}"


def _return_places(case: LintCase) -> tuple[SourcePlace, ...]:
    code = getattr(type(case.module).forward, "__code__", None)
    return () if code is None else (SourcePlace(code.co_filename, code.co_firstlineno, "forward"),)
