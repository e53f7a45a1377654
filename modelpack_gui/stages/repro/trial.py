"""Try whether a part of a graph fails on its own: the script that goes into the zip judges these trials too."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ParitySpec
from modelpack_gui.stages.export.external_data import save_with_data
from modelpack_gui.stages.inspection.onnx_shapes import IN_MEMORY_BYTES
from modelpack_gui.stages.repro.subgraph import Cut, Graph

if TYPE_CHECKING:
    import numpy.typing as npt

    from modelpack_gui.stages.repro.reproduce import Difference

Values = Mapping[str, "npt.NDArray[Any]"]


@dataclass(frozen=True)
class Outcome:
    """What a part did at one level of optimisation.

    Attributes:
        error: What the runtime said; empty if it ran.
        difference: None if it did not run.
    """

    error: str
    difference: Difference | None

    @property
    def kind(self) -> str:
        """`raises`, `differs`, or empty if it agrees."""
        if self.difference is None:
            return "raises"
        return "differs" if self.difference.reason else ""


@dataclass(frozen=True)
class Trial:
    """A part of the graph, what it was fed, what is expected of it, and what it did by level."""

    cut: Cut
    feeds: Values
    expected: npt.NDArray[Any]
    outcomes: Mapping[str, Outcome]

    @property
    def failure(self) -> dict[str, str]:
        """How it fails, by level; empty if it does not."""
        return {level: outcome.kind for level, outcome in self.outcomes.items() if outcome.kind}

    def keeps(self, failure: Mapping[str, str]) -> bool:
        """Whether it fails wherever `failure` does, and in the same way."""
        return all(self.failure.get(level) == kind for level, kind in failure.items())


class Trials:
    """Runs parts of a graph, for a limited time.

    Attributes:
        count: Trials so far.
    """

    def __init__(self, graph: Graph, parity: ParitySpec, computes_in: str, context: Context, budget_s: float) -> None:
        self._graph = graph
        self._parity = parity
        self._computes_in = computes_in
        self._context = context
        self._limits: dict[str, float] = {}
        self._deadline = time.monotonic() + budget_s
        self.count = 0

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._deadline

    def limit(self, value: str, atol: float | None) -> None:
        """Judge a value by this alone from now on; None for the tolerances again."""
        if atol is None:
            self._limits.pop(value, None)
        else:
            self._limits[value] = atol

    def tolerance(self, cut: Cut, expected: npt.NDArray[Any]) -> tuple[float, float]:
        """(rtol, atol) for what a part is expected to give."""
        if cut.target in self._limits:
            return 0.0, self._limits[cut.target]
        computed_in = self._graph.dtype(cut.target)
        low = computed_in if computed_in in self._parity.low_precision else self._computes_in
        return self._parity.tolerance_of(str(expected.dtype), low)

    def is_limited(self, cut: Cut) -> bool:
        """Whether what a part gives is judged by a limit of its own."""
        return cut.target in self._limits

    def model(self, cut: Cut, feeds: Values, expected: npt.NDArray[Any]) -> Any:
        """A part as a ModelProto that gives the target in the dtype that is expected."""
        return self._graph.extract(cut, feeds, as_dtype=str(expected.dtype))

    def run(self, cut: Cut, feeds: Values, expected: npt.NDArray[Any]) -> Trial:
        """Run a part at each level, and compare.

        Raises:
            JobCancelled: The user asked to stop.
        """
        from modelpack_gui.stages.repro import reproduce

        self._context.check_cancelled()
        self.count += 1
        chosen = {name: feeds[name] for name in (*cut.inputs, *cut.fixed)}
        model = self.model(cut, chosen, expected)
        rtol, atol = self.tolerance(cut, expected)
        outcomes = {}
        for level in reproduce.LEVELS:
            try:
                actual = self._outputs(model, level, cut, chosen)[0]
            except Exception as error:  # noqa: BLE001 (ONNX Runtime's exceptions have no common base)
                outcomes[level] = Outcome(str(error), None)
                continue
            difference = reproduce.compare(expected, actual, rtol, atol, self._parity.nan_equal)
            outcomes[level] = Outcome("", difference)
        return Trial(cut, chosen, expected, outcomes)

    def values(self, cut: Cut, feeds: Values, names: Collection[str]) -> dict[str, npt.NDArray[Any]]:
        """Values inside of a part as it computes them without optimisations; none if they cannot be had.

        Raises:
            JobCancelled: The user asked to stop.
        """
        self._context.check_cancelled()
        made = {name for i in cut.nodes for name in self._graph.node(i).output}
        wanted = [name for name in names if name in made and self._graph.dtype(name) not in ("", "bfloat16")]
        if not wanted:
            return {}
        model = self._graph.extract(cut, feeds, wanted)
        try:
            found = self._outputs(model, "off", cut, feeds)
        except Exception as error:  # noqa: BLE001 (as above)
            self._context.log("info", f"The values before {cut.target} cannot be had: {error}")
            return {}
        return dict(zip(wanted, found, strict=True))

    def _outputs(self, model: Any, level: str, cut: Cut, feeds: Values) -> list[npt.NDArray[Any]]:
        from modelpack_gui.stages.repro import reproduce

        named = {item.name: feeds[name] for item, name in zip(model.graph.input, cut.inputs, strict=True)}
        names = [item.name for item in model.graph.output]
        if model.ByteSize() < IN_MEMORY_BYTES:
            return reproduce.run(model.SerializeToString(), level, named, names)
        path = self._context.scratch / "trial.onnx"
        try:
            save_with_data(model, path)
            return reproduce.run(str(path), level, named, names)
        finally:
            for file in (path, path.with_name(f"{path.name}.data")):
                file.unlink(missing_ok=True)
