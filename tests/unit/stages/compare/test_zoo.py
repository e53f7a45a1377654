"""Models of the onnx package's own tests: every operator, type and kind of subgraph that the standard has."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.compare.difference import Difference, State
from modelpack_gui.core.graph.compare.text import difference_lines
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphCompareRequest, GraphOptimizedRequest
from modelpack_gui.stages.compare import optimized, stage
from tests.unit.stages.inspection.shipped_models import DATA

# The light ones make weights of hundreds of megabytes when they are optimised.
FILES = sorted(path for path in DATA.rglob("*.onnx") if path.parent.name != "light")
SAMPLE = random.Random(7).sample(FILES, 30)


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: f"{path.parent.parent.name}-{path.parent.name}")
def test_a_model_is_the_same_as_itself_and_the_optimiser_loses_no_node(path: Path, tmp_path: Path) -> None:
    context = PlainContext(tmp_path, tmp_path)
    found = stage.run(GraphCompareRequest(str(path), str(path), folder=str(tmp_path)), context)
    assert set(found.counts) <= {"same"}
    try:
        made = optimized.run(GraphOptimizedRequest(str(path), "all", found.before, str(tmp_path)), context)
    except UserError as error:
        assert error.info.code == "optimizer-refused"  # noqa: PT017 (some runtimes take a model that others refuse)
        return
    before, after = (Graph.read(Path(index.columns)) for index in (made.before, made.after))
    difference = Difference.read(Path(made.columns))
    told = {node for pattern in made.patterns for node in pattern.befores}
    assert told | {node for node, state in enumerate(difference.state) if state < State.FUSED} == set(
        range(len(before.nodes))
    )
    assert list(difference_lines(made, before, after, difference))
