"""What a recipe asks of a profile: the same inputs, batch size and threads as its benchmark."""

from __future__ import annotations

from modelpack_gui.core.bench.inputs import with_batch
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ProfileRequest, RunnerSpec

RUNS = 50


def profile_request(recipe: Recipe, runner: RunnerSpec, artifact_path: str, runs: int = RUNS) -> ProfileRequest:
    """The request for one runner.

    Args:
        artifact_path: Of the recipe; empty if there is none.

    Raises:
        UserError: See `with_batch`.
    """
    return ProfileRequest(
        runner=runner,
        source=recipe.source,
        inputs=with_batch(recipe.inputs, recipe.export.dynamic, recipe.bench.batch_size),
        artifact_path=artifact_path,
        threads=recipe.bench.threads,
        runs=runs,
    )
