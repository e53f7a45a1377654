"""The data that ranges come from, and the data that the result is judged by."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.quantize.facts import held_out_count
from modelpack_gui.core.records import CalibrationSpec, InputSet, InputSpec, TensorInfo
from modelpack_gui.stages.quantize.drawn import drawn_samples, is_random
from modelpack_gui.stages.quantize.fit import Fitter, Sample
from modelpack_gui.stages.quantize.folder import folder_samples
from modelpack_gui.stages.quantize.iterable import iterable_samples

_TO_CALIBRATE = 0.7
"""About how much of the time of one way goes by until its ranges are known."""


@dataclass(frozen=True)
class Data:
    """Samples.

    Attributes:
        held_out: Kept apart from calibration; empty if there was only one sample, or none was wanted.
        note: Where they came from, one sentence.
        is_random: Whether they are random numbers.
    """

    calibration: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    note: str
    is_random: bool = False


def gather(
    spec: CalibrationSpec,
    inputs: Sequence[InputSpec],
    sets: Sequence[InputSet],
    infos: Sequence[TensorInfo],
    context: Context,
    *,
    is_torch_needed: bool,
) -> Data:
    """Read or draw the samples, and part them.

    Args:
        infos: The inputs of the artifact.
        is_torch_needed: Whether example inputs are drawn by torch.

    Raises:
        UserError: The samples cannot be had, or one does not fit the artifact; it says which.
    """
    fitter = Fitter(infos)
    if spec.kind == "folder":
        samples, note = folder_samples(spec, inputs, fitter, context)
    elif spec.kind == "python":
        samples, note = iterable_samples(spec, fitter, context)
    else:
        samples, note = drawn_samples(inputs, sets, fitter, spec.samples, context, is_torch_needed=is_torch_needed)
    is_drawn = spec.kind == "inputs" and is_random(inputs, sets)
    calibration, held_out = parted(samples, spec.held_out, spec.seed)
    apart = f", {len(held_out)} of them kept apart to judge by" if held_out else ", all to calibrate and to judge by"
    what = "; they are random numbers" if is_drawn else ""
    return Data(tuple(calibration), tuple(held_out), f"{note[:1].upper()}{note[1:]}{apart}{what}.", is_drawn)


def parted(samples: Sequence[Sample], share: float, seed: int) -> tuple[list[Sample], list[Sample]]:
    """Which calibrate, and which are held out: at least one of each where there are two."""
    order = list(samples)
    random.Random(seed).shuffle(order)  # noqa: S311 (a choice of samples, not a secret)
    count = held_out_count(len(order), share)
    return order[count:], order[:count]


def make_reader(samples: Sequence[Sample], context: Context, message: str = "Calibrating") -> Any:
    """A CalibrationDataReader over samples. It gives them one at a time, and stops if the job is cancelled."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._next, self._end = 0, len(samples)

        def get_next(self) -> Any:
            context.check_cancelled()
            if self._next >= self._end:
                return None
            self._next += 1
            done = _TO_CALIBRATE * self._next / len(samples)
            context.progress(f"{message}, sample {self._next} of {len(samples)}", done)
            return dict(samples[self._next - 1].feeds)

        def set_range(self, start_index: int, end_index: int) -> None:
            self._next, self._end = start_index, end_index

        def __len__(self) -> int:
            return len(samples)

    return Reader()
