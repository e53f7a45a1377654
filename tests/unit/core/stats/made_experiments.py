"""Simulated benchmarks of which the truth is known.

Runners in 20 interleaved turns of 25: log-normal noise that is autocorrelated within a turn, levels of the turns that
are autocorrelated too, now and then a far value, and a machine whose speed drifts for all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.unit.core.stats.made_latencies import TURNS

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """Standard deviations of logarithms, and how much each value resembles the one before it.

    Attributes:
        within, within_phi: Of runs within a turn.
        between, between_phi: Of a runner's turns, on its own.
        machine: Of the rounds, for both runners alike; it also drifts by 5 %.
        spikes: Share of runs that take much longer.
        second: Share of runs in a second hump, 30 % slower.
    """

    within: float = 0.02
    within_phi: float = 0.4
    between: float = 0.01
    between_phi: float = 0.15
    machine: float = 0.01
    spikes: float = 0.02
    second: float = 0.0


def correlated(draw: np.random.Generator, shape: tuple[int, ...], sigma: float, phi: float) -> Array:
    """A first-order autoregression along the last axis, in its steady state."""
    values = draw.normal(0.0, sigma, shape)
    for i in range(1, shape[-1]):
        values[..., i] = phi * values[..., i - 1] + math.sqrt(1.0 - phi * phi) * values[..., i]
    return values


def experiment(draw: np.random.Generator, noise: Noise, runners: int = 2) -> list[list[float]]:
    """Latencies of runners whose true medians are the same, in milliseconds."""
    rounds = len(TURNS)
    drift = draw.choice((-0.05, 0.05)) * np.linspace(0.0, 1.0, rounds)
    machine = drift + correlated(draw, (rounds,), noise.machine, 0.7)
    shape = (runners, rounds, TURNS[0])
    logs = correlated(draw, shape, noise.within, noise.within_phi)
    logs += correlated(draw, shape[:2], noise.between, noise.between_phi)[..., None] + machine[None, :, None]
    logs += np.where(draw.random(shape) < noise.spikes, draw.exponential(1.0, shape), 0.0)
    logs += np.where(draw.random(shape) < noise.second, math.log(1.3), 0.0)
    return [list(map(float, one)) for one in np.exp(logs).reshape(runners, -1)]
