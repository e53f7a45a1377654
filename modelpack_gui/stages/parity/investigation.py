"""Run one case in other ways, until it is told what its difference hangs on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.parity.rounding import nearness
from modelpack_gui.core.records import (
    Attribution,
    Origin,
    ParityCase,
    ParityRequest,
    RuntimeChoice,
    SideResult,
    Verdict,
)
from modelpack_gui.stages.parity.glance import at_a_glance, difference, short, worst_output
from modelpack_gui.stages.parity.opening import Opened
from modelpack_gui.stages.parity.optimizers import responsible
from modelpack_gui.stages.parity.reference import EagerReference
from modelpack_gui.stages.parity.refolding import ANEW, WITHOUT, exported_again, folded_options
from modelpack_gui.stages.parity.regimes import case_inputs
from modelpack_gui.stages.parity.runtimes import find_runtime, open_runtime
from modelpack_gui.stages.parity.way import Situation, Way, differs_like, failed

BUDGET_S = 20.0
"""After so long nothing further is tried; what is known by then is told."""

EVALUATED_BYTES, EVALUATED_ELEMENTS = 20 << 20, 200_000
"""Of weights and inputs, up to which onnx.reference, which is slow, is asked."""

QUANTIZED_SQNR_DB = 10.0
"""Quantisation to 8 bits leaves more signal than this over its noise, as a rule."""


class _OutOfTimeError(Exception):
    """The budget is spent."""


class Investigation:
    """Tells the origin of a difference that is larger than rounding.

    Args:
        case: Its inputs.
        worst: As it was judged.
        clock: Seconds.
        is_of_size: Whether it agrees at the sizes of the example. A constant folded wrongly is wrong there too: then
            the model is not exported again, which is most of what all this takes.
    """

    def __init__(
        self,
        case: Case,
        worst: ParityCase,
        opened: Opened,
        request: ParityRequest,
        context: Context,
        clock: Callable[[], float],
        *,
        is_of_size: bool = False,
    ) -> None:
        self._case = case
        self._is_of_size = is_of_size
        self._opened = opened
        self._request = request
        self._choice = request.parity.runtime
        self._context = context
        self._clock = clock
        self._until = clock() + BUDGET_S
        self._whom = short(opened.reference.title)
        self._sides: list[SideResult] = []
        self._kind = find_runtime(opened.artifact, self._choice)
        self._levels = self._levels_up_to(self._choice.optimization)
        self._actual = worst
        self._situation = self._prepared()

    def attribution(self) -> Attribution:
        """Run what is needed to tell, and tell it.

        Raises:
            JobCancelled: The user asked to stop.
        """
        self._context.progress("Finding out where the difference comes from")
        actual = self._situation.run(self._levels[-1] if self._levels else self._kind.id, self._opened.runtime)
        self._sides.append(actual.result)
        if actual.judged is None or not actual.judged.outputs:  # it ran a moment ago
            return self._told(Origin.UNKNOWN, "")
        self._actual = actual.judged
        glance = at_a_glance(self._actual, self._whom, self._opened.computes_in)
        if glance is not None:
            return dataclasses.replace(glance, sides=tuple(self._sides))
        if self._is_as_bad_in_eager():
            of = self._opened.computes_in
            return self._told(Origin.PRECISION, f"eager PyTorch in {of} differs as much: it is the lower precision")
        off = self._run("off", self._at("off")) if len(self._levels) > 1 else None
        if off is not None and not differs_like(off, self._actual):
            return self._optimizer(off)
        return self._file(off)

    def _prepared(self) -> Situation:
        reference = self._opened.reference
        tensors = case_inputs(reference, self._case)
        expected = reference.run(tensors)
        exact = reference.exact(tensors, expected)
        return Situation(self._case, tensors, expected, exact, self._request.parity, self._opened.computes_in)

    def _levels_up_to(self, level: str) -> tuple[str, ...]:
        levels = self._kind.levels
        if not levels:
            return ()
        return levels[: levels.index(level) + 1] if level in levels else levels

    def _at(self, level: str) -> RuntimeChoice:
        return dataclasses.replace(self._choice, optimization=level)

    def _run(self, side: str, choice: RuntimeChoice, without: Sequence[str] = ()) -> Way:
        self._context.check_cancelled()
        try:
            runtime = open_runtime(self._opened.artifact, self._request.inputs, choice, without)
        except UserError as error:
            way = failed(side, error)
        else:
            way = self._situation.run(side, runtime)
        if not without:
            self._sides.append(way.result)
        return way

    def _is_as_bad_in_eager(self) -> bool:
        """Whether the model itself is as far off in the low precision that the artifact computes in."""
        dtype, reference = self._opened.computes_in, self._opened.reference
        is_lower = all(output.info.dtype != dtype for output in self._situation.expected)
        if dtype not in ("float16", "bfloat16") or not is_lower or not isinstance(reference, EagerReference):
            return False
        side = f"eager in {dtype}"
        try:
            outputs = reference.run_in(dtype, self._situation.tensors)
        except UserError as error:
            self._sides.append(failed(side, error).result)
            return False
        widened = [
            output._replace(info=dataclasses.replace(output.info, dtype=one.info.dtype))
            for output, one in zip(outputs, self._situation.expected, strict=False)
        ]
        way = self._situation.look_at(side, widened)
        self._sides.append(way.result)
        return way.judged is not None and bool(way.judged.outputs) and differs_like(way, self._actual)

    def _optimizer(self, off: Way) -> Attribution:
        level = self._levels[-1]
        for lower in self._levels[1:-1]:
            if self._clock() > self._until:
                break
            if differs_like(self._run(lower, self._at(lower)), self._actual):
                level = lower
                break
        name = self._optimizer_at(level) if self._kind.id == "onnxruntime" else ""
        named = f" ({name})" if name else ""
        since = f", from level {level} on" if len(self._levels) > 2 else ""
        with_off = "with optimisation off it " + self._good(off)
        return self._told(
            Origin.OPTIMIZER, f"it is the graph optimiser of {self._kind.title}{since}{named}; {with_off}", level
        )

    def _optimizer_at(self, level: str) -> str:
        ways: dict[tuple[str, ...], Way] = {}

        def agrees_without(names: Sequence[str]) -> bool:
            if self._clock() > self._until:
                raise _OutOfTimeError
            way = ways[tuple(names)] = self._run(f"without {names[0]}", self._at(level), names)
            return not differs_like(way, self._actual)

        try:
            name = responsible(agrees_without)
        except _OutOfTimeError:
            return ""
        if name:
            self._sides.append(ways[name,].result)
        return name

    def _file(self, off: Way | None) -> Attribution:
        """The origin of what differs without any optimisation too."""
        opened = self._opened
        if off is not None and off.judged is None:
            return self._told(Origin.UNKNOWN, "with optimisation off it does not run, so that more cannot be told")
        alike = ", for with optimisation off it differs as much" if off is not None else ""
        if opened.expected_path == opened.artifact.path:
            return self._told(Origin.RUNTIME, f"it is the same file, so that the runtimes differ{alike}")
        if opened.computes_in == "int8":
            return self._quantized()
        if self._is_right_elsewhere():
            return self._told(Origin.RUNTIME, f"onnx.reference agrees on the same file: it is {self._kind.title}")
        if opened.built is None:
            return self._told(Origin.UNKNOWN, f"it is in the files themselves{alike}")
        there = "; at the sizes of the example it agrees" if self._is_of_size else ""
        return self._folding() or self._told(Origin.EXPORT, f"it comes with the export{alike}{there}")

    def _quantized(self) -> Attribution:
        signal = worst_output(self._actual).sqnr_db
        if signal is not None and signal >= QUANTIZED_SQNR_DB:
            return self._told(
                Origin.PRECISION, f"it computes in int8, with the signal {signal:.0f} dB over its noise"
            )
        return self._told(Origin.UNKNOWN, "it computes in int8, and this is more than that costs as a rule")

    def _is_right_elsewhere(self) -> bool:
        elements = sum(output.numel() for output in self._situation.tensors if hasattr(output, "numel"))
        is_small = self._opened.artifact.size_bytes <= EVALUATED_BYTES and elements <= EVALUATED_ELEMENTS
        if self._kind.id != "onnxruntime" or not is_small or self._clock() > self._until:
            return False
        return not differs_like(self._run("onnx.reference", RuntimeChoice("onnx.reference")), self._actual)

    def _folding(self) -> Attribution | None:
        options, built = folded_options(self._opened.artifact), self._opened.built
        is_asked = self._actual.verdict is Verdict.FAILED and not self._is_of_size
        if options is None or built is None or not is_asked or self._clock() > self._until:
            return None

        def again(side: str, *, is_folded: bool) -> Way:
            spec = dataclasses.replace(options, constant_folding=is_folded)
            way = exported_again(side, spec, self._request, built, self._lowest(), self._situation, self._context)
            self._sides.append(way.result)
            return way

        without = again(WITHOUT, is_folded=False)
        if differs_like(without, self._actual):
            return None
        if not differs_like(again(ANEW, is_folded=True), self._actual):
            return self._told(
                Origin.EXPORT, "exported anew it agrees: the file was not made from this model as it is"
            )
        return self._told(Origin.FOLDING, f"it is constant folding; exported without it, it {self._good(without)}")

    def _lowest(self) -> RuntimeChoice:
        return self._at("off") if self._levels else self._choice

    def _good(self, way: Way) -> str:
        assert way.judged is not None
        noise = worst_output(way.judged).noise
        lower = self._opened.computes_in
        return f"is {nearness(noise, lower)}" if noise is not None else f"agrees with {self._whom}"

    def _told(self, origin: Origin, why: str, level: str = "") -> Attribution:
        noise = worst_output(self._actual).noise
        parts = [difference(self._actual, self._whom)]
        if noise is not None:
            parts.append(nearness(noise, self._opened.computes_in))
        is_failed = self._actual.verdict is Verdict.FAILED
        if not is_failed:
            parts.append("within the tolerance")
        is_fault = is_failed and origin not in (Origin.PRECISION, Origin.UNKNOWN)
        text = ", ".join(parts) + (": a fault" if is_fault else "")
        sentence = f"{text}; {why}" if why else text
        return Attribution(origin, sentence, self._case.label, level, tuple(self._sides), why)
