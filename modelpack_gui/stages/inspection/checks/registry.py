"""All checks, in the order that they are made in. One line for each file."""

from __future__ import annotations

from modelpack_gui.stages.inspection.checks import (
    duplicates,
    kernels,
    needless,
    operators,
    standard,
    unused,
    weights,
    wide,
)

CHECKS = (
    *standard.CHECKS,
    *kernels.CHECKS,
    *weights.CHECKS,
    *unused.CHECKS,
    *wide.CHECKS,
    *operators.CHECKS,
    *needless.CHECKS,
    *duplicates.CHECKS,
)
