"""Rules about other Python in forward: what some exporter drops, refuses or does once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from modelpack_gui.core.explain.explanation import Fix
from modelpack_gui.core.records import LintFinding
from modelpack_gui.stages.lint.base import Draft, LintCase, use_exporter
from modelpack_gui.stages.lint.code import Spot


class UnusedInputs:
    """Parameters of forward that it does not use."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        for spot in case.spots:
            item = next((item for item in case.inputs if item.name == spot.subject), None)
            if spot.kind != "unused-input" or item is None or item.is_value:
                continue
            drops = case.is_onnx and not case.captures
            effect = "the exporter leaves it out of the artifact" if drops else "a caller has to give it for nothing"
            yield Draft(
                "input-vanished",
                "An input is not used",
                f"forward does not use {spot.subject}: {effect}.",
                "warning" if drops else "info",
                f"inputs.{item.name}",
                (spot.place,),
                (
                    *(use_exporter(case, "dynamo", "It keeps inputs that are not used.") if drops else ()),
                    Fix("Take the parameter out of forward, if it is not needed"),
                ),
            ).finding()


class KeptState:
    """Tensors that forward keeps on the module."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        for spot in case.spots:
            if spot.kind == "state-kept":
                yield Draft(
                    "state-kept",
                    "The model keeps state between calls",
                    f"{spot.function} assigns a tensor to {spot.subject} at {_where(spot)}. An artifact keeps "
                    "nothing from one call to the next: where it is read before it is assigned, it is the example's.",
                    "info" if _is_same_twice(case) else "warning",
                    places=(spot.place,),
                    fixes=(
                        Fix(
                            "Pass the state in and out of forward",
                            details="def forward(self, x, cache): ...; return y, cache",
                        ),
                    ),
                ).finding()


class BatchNormCalls:
    """Functional batch norms that use the batch's own statistics."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        for spot in case.spots:
            if spot.kind == "functional-batch-norm":
                yield Draft(
                    "batch-norm-in-training",
                    "A batch norm that trains in eval mode",
                    f"{spot.function} calls {spot.subject} with training=True at {_where(spot)}: the answer for one "
                    "sample depends on the others in its batch.",
                    "warning",
                    places=(spot.place,),
                    fixes=(Fix("Pass training=self.training, and running statistics"),),
                ).finding()


class ScriptOnly:
    """What torch.jit.script does not compile, or takes another way through."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        for spot in case.spots if case.compiles else ():
            if spot.kind == "autograd-function":
                yield Draft(
                    "custom-autograd-function",
                    "A custom autograd function",
                    f"{spot.function} calls {spot.subject}.apply at {_where(spot)}: TorchScript cannot look into a "
                    "Python autograd function.",
                    "error",
                    "exporter",
                    (spot.place,),
                    (
                        *use_exporter(case, "dynamo", "It looks into the function's forward."),
                        *use_exporter(case, "trace", "It records the operators that the function's forward runs."),
                    ),
                ).finding()
            elif spot.kind == "var-keyword":
                yield Draft(
                    "script-python",
                    "Python that TorchScript does not compile",
                    f"{spot.function} takes **{spot.subject} at {_where(spot)}, and TorchScript wants every "
                    "parameter by name.",
                    "error",
                    "exporter",
                    (spot.place,),
                    (*use_exporter(case, "trace"), Fix("Name the parameters of forward")),
                ).finding()
            elif spot.kind == "is-scripting":
                yield Draft(
                    "script-branch",
                    "Another way under TorchScript",
                    f"{spot.function} asks torch.jit.is_scripting() at {_where(spot)}: the artifact takes another "
                    "way than the model in PyTorch. Parity says whether it comes to the same.",
                    "info",
                    "exporter",
                    (spot.place,),
                ).finding()


class SideEffects:
    """What is done while the export runs, and not by the artifact."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        for spot in case.spots:
            if spot.kind == "prints" and not (case.compiles and not case.is_onnx):
                yield Draft(
                    "side-effect",
                    "forward prints",
                    f"{spot.function} prints at {_where(spot)}: while it is exported, and never in the artifact.",
                    "info",
                    places=(spot.place,),
                ).finding()
            elif spot.kind == "data-attribute" and not case.compiles:
                yield Draft(
                    "data-attribute",
                    "Reads .data of a tensor",
                    f"{spot.function} reads {spot.subject}.data at {_where(spot)}: it passes by the recording of "
                    "operators, so that sizes and values taken from it are constants.",
                    "warning",
                    places=(spot.place,),
                    fixes=(Fix("Use .detach() instead"),),
                ).finding()
            elif spot.kind == "var-keyword" and not case.compiles:
                yield Draft(
                    "var-keyword",
                    "forward takes any keyword",
                    f"{spot.function} takes **{spot.subject} at {_where(spot)}: an artifact takes the example inputs "
                    "only, and what is not among them cannot be given later.",
                    "info",
                    places=(spot.place,),
                ).finding()


def _where(spot: Spot) -> str:
    return f"{Path(spot.place.file).name}:{spot.place.line}"


def _is_same_twice(case: LintCase) -> bool:
    return case.first is not None and case.second is not None and case.first.outputs == case.second.outputs
