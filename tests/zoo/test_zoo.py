"""The app's verdict on each model of the zoo agrees with what torch really does with it.

`expected.json` was recorded by scripts/record_zoo.py with bare calls of torch and onnxruntime, none of them ours.
A cell is `works`, `fails` (the exporter raises) or `wrong` (a file comes out that is not what was asked or computes
something else). The app must export and pass what works, explain what fails, and never pass what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.pipeline import verdict_of
from modelpack_gui.core.records import (
    CheckRequest,
    ExportRecord,
    ExportRequest,
    ParityReport,
    ParityRequest,
    ParitySpec,
    Verdict,
)
from modelpack_gui.stages import registry
from tests.fixtures.zoo.cases import CASES, FOLDER, ZooCase

TABLE = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
SUFFIXES = {"onnx": ".onnx", "torchscript": ".pt", "pt2": ".pt2"}


class Judged(NamedTuple):
    """What the app says of one export; `error` where there is no artifact."""

    verdict: Verdict
    text: str
    error: ErrorInfo | None = None


def cells() -> Iterator[tuple[ZooCase, str]]:
    for case in CASES:
        for route in TABLE["models"][case.name]:
            yield case, route


def judged(case: ZooCase, route: str, folder: Path) -> Judged:
    format_, exporter, *opset = route.split("/")
    path = str(folder / f"artifact{SUFFIXES[format_]}")
    spec = case.export(format_, exporter, int(opset[0]) if opset else None, path)
    context = PlainContext(folder, folder)
    try:
        record: ExportRecord = registry.resolve("export")(ExportRequest(case.source, case.inputs, spec), context)
    except UserError as error:
        return Judged(Verdict.FAILED, error.info.message, error.info)
    check = registry.resolve("check")(CheckRequest(path, spec, case.inputs, record.reference), context)
    verdicts = [verdict_of(record), check.verdict]
    texts = [*(item.explanation for item in record.mismatches), *(item.title for item in record.explanations)]
    texts += [row.explanation for row in check.rows if row.verdict is Verdict.FAILED]
    if check.verdict is not Verdict.FAILED:
        parity: ParityReport = registry.resolve("parity")(
            ParityRequest(case.source, case.inputs, path, case.dynamic, ParitySpec()), context
        )
        verdicts.append(parity.verdict)
        texts.append(parity.summary)
    return Judged(Verdict.worst(verdicts), " | ".join(texts))


def test_the_table_holds_every_model_and_was_recorded_with_the_pinned_torch() -> None:
    import torch

    assert TABLE["torch"] == torch.__version__.partition("+")[0]
    assert list(TABLE["models"]) == [case.name for case in CASES]
    assert len(CASES) >= 25


@pytest.mark.parametrize(("case", "route"), list(cells()), ids=lambda item: getattr(item, "name", item))
def test_the_verdict_agrees_with_the_table(case: ZooCase, route: str, tmp_path: Path) -> None:
    expected: str = TABLE["models"][case.name][route]

    found = judged(case, route, tmp_path)

    if expected == "works":
        assert found.error is None, f"{found.error}"
        assert found.verdict in (Verdict.PASSED, Verdict.WARNING), found.text
    elif expected.startswith("fails"):
        assert found.error is not None, f"{expected}, but the app says {found.verdict}: {found.text}"
        assert found.error.explanation is not None, (
            f"not explained: {found.error.message}\n{found.error.details[-2000:]}"
        )
        assert found.error.explanation.fixes, f"no way out is named: {found.error.message}"
    else:
        assert found.error is not None or found.verdict in (Verdict.FAILED, Verdict.WARNING), (
            f"{expected}: {found.text}"
        )
