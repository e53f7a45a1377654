"""Synthetic runners of known distribution. Latencies in milliseconds, in order."""

from __future__ import annotations

import numpy as np

TURNS = (25,) * 20
RUNS = 500


def listed(values: object) -> list[float]:
    return [float(value) for value in np.asarray(values, dtype=np.float64)]


def constant(level: float = 2.0) -> list[float]:
    return [level] * RUNS


def steady(seed: int = 0, level: float = 2.0, sigma: float = 0.02, runs: int = RUNS) -> list[float]:
    """Log-normal noise about a median."""
    return listed(level * np.exp(np.random.default_rng(seed).normal(0.0, sigma, runs)))


def bimodal(seed: int = 0, share: float = 0.3) -> list[float]:
    """Runs of 2 ms, and a share of them 2.6 ms."""
    draw = np.random.default_rng(seed)
    level = np.where(draw.random(RUNS) < share, 2.6, 2.0)
    return listed(level * np.exp(draw.normal(0.0, 0.02, RUNS)))


def drifting(seed: int = 0, change: float = 0.15) -> list[float]:
    """From 2 ms evenly to so much more."""
    draw = np.random.default_rng(seed)
    return listed(np.linspace(2.0, 2.0 * (1.0 + change), RUNS) * np.exp(draw.normal(0.0, 0.02, RUNS)))


def heavy_tail(seed: int = 0) -> list[float]:
    """Pareto: the survival function is (2 / x) ** 1.5 above 2 ms, so that the variance is infinite."""
    return listed(2.0 * (1.0 + np.random.default_rng(seed).pareto(1.5, RUNS)))


def stalling(seed: int = 0, every: int = 100, stall_ms: float = 20.0) -> list[float]:
    """Steady, but for every so many runs one that is held up."""
    values = steady(seed)
    return [value + (stall_ms if number % every == 0 else 0.0) for number, value in enumerate(values, 1)]
