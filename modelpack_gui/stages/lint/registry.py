"""The rules there are. One line for each."""

from __future__ import annotations

from modelpack_gui.stages.lint.base import Rule
from modelpack_gui.stages.lint.behaviour import Outputs, Randomness, RefusedSizes, Runs, WrittenInputs
from modelpack_gui.stages.lint.control_flow import NewConstants, SizeSpots, ValueSpots
from modelpack_gui.stages.lint.python_code import BatchNormCalls, KeptState, ScriptOnly, SideEffects, UnusedInputs
from modelpack_gui.stages.lint.settings import Deprecated, ExampleOfOne, NumberTypes, Opset
from modelpack_gui.stages.lint.weights import BatchNorm, Parameters, TrainingMode

RULES: tuple[Rule, ...] = (
    Opset(),
    Deprecated(),
    ExampleOfOne(),
    NumberTypes(),
    TrainingMode(),
    BatchNorm(),
    Parameters(),
    Runs(),
    WrittenInputs(),
    Randomness(),
    RefusedSizes(),
    Outputs(),
    SizeSpots(),
    ValueSpots(),
    NewConstants(),
    UnusedInputs(),
    KeptState(),
    BatchNormCalls(),
    ScriptOnly(),
    SideEffects(),
)
