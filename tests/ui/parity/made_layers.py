"""Comparisons layer by layer as the stage gives them, with made-up figures."""

from __future__ import annotations

import dataclasses
import random

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.records import (
    AlignedBy,
    CaseChoice,
    LayerFault,
    LayerRow,
    LayerRows,
    LayersReport,
    ParitySpec,
    ReproRecord,
    TensorInfo,
    Unaligned,
    UnalignedNode,
    Verdict,
)

ARTIFACT = "/models/build/shapes.onnx"
FILE = "/home/me/shapes.py"
_OPS = ("Conv", "Relu", "Mul", "Add")


def row(
    depth: int, level: str = "off", error: float | None = 3e-7, *, node: int | None = None, **more: object
) -> LayerRow:
    """A row that passed, unless `more` says otherwise."""
    op = _OPS[depth % len(_OPS)]
    node = depth if node is None else node
    made = LayerRow(
        node=node,
        node_name=f"node_{op}_{node}",
        op_type=op,
        value=f"value_{node}",
        depth=depth,
        info=TensorInfo(f"value_{node}", "float32", (3, 16, 32, 32)),
        module_path=f"stages.{depth // 4}.first.{depth % 4}",
        source_location=f"{FILE}:{30 + depth % 20}",
        aligned_by=AlignedBy.MODULE if op == "Conv" else AlignedBy.OPERATION,
        eager_name=f"stages.{depth // 4}.first.{depth % 4}",
        optimization=level,
        verdict=Verdict.PASSED,
        reason="",
        max_abs_diff=error,
        max_rel_diff=None if error is None else error * 12.345678,
        rmse=None if error is None else error / 7,
        max_ulp=None if error is None else error / 6e-8,
        max_budget=None if error is None else error / 1.1e-4,
        noise_floor=2.9e-7 * (1 + depth % 3),
        noise_ratio=None if error is None else error / (2.9e-7 * (1 + depth % 3)),
        propagated=error if depth else None,
        introduced=1e-8,
        max_expected=1.5,
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def rows(count: int = 24, *, fault: int | None = None, levels: tuple[str, ...] = ("off", "all")) -> list[LayerRow]:
    """Errors that grow slowly with depth; from `fault` on they are large. Each fourth value is fused when on."""
    draw = random.Random(count)
    made = []
    for level in levels:
        shown = [i for i in range(count) if level == "off" or i % 4 != 1]
        for depth, node in enumerate(shown):
            error = 2e-8 * (1 + node) ** 0.8 * (1 + draw.random()) if node % 7 else 0.0
            bad = fault is not None and node >= fault
            if bad:
                error = 0.14 * (1 + 0.2 * draw.random())
            made.append(
                row(
                    depth,
                    level,
                    error,
                    node=node,
                    op_type=_OPS[node % 4],
                    verdict=Verdict.FAILED if bad else Verdict.PASSED,
                    reason="1,500 of 3,000 elements differ by up to 0.14." if bad else "",
                    is_fault=node == fault,
                    introduced=0.139 if node == fault else 1e-8,
                )
            )
    return made


def fault_of(found: LayerRow) -> LayerFault:
    return LayerFault(
        node=found.node,
        node_name=found.node_name,
        op_type=found.op_type,
        value=found.value,
        module_path=found.module_path,
        place=SourcePlace(FILE, 44),
        optimization=found.optimization,
        is_confirmed=True,
        sentence=(
            f"From {found.node_name} in {found.module_path} on the artifact is wrong by 0.14: eager multiplies by a "
            "scale at shapes.py:44, the artifact does not."
        ),
        missing=("mul (shapes.py:44)",),
    )


def report(count: int = 24, *, fault: int | None = None, levels: tuple[str, ...] = ("off", "all")) -> LayersReport:
    made = rows(count, fault=fault, levels=levels)
    first = next((one for one in made if one.is_fault), None)
    return LayersReport(
        artifact_path=ARTIFACT,
        case=CaseChoice({"batch": 3}),
        case_label="batch = 3",
        parity=ParitySpec(),
        verdict=Verdict.PASSED if first is None else Verdict.FAILED,
        summary=(
            f"All {count} values agree with the model's, within 1.4 noise floors."
            if first is None
            else f"The artifact leaves the model at {first.node_name} (shapes.py:44)."
        ),
        rows=tuple(made),
        unaligned=(
            UnalignedNode(count, "node_Shape_7", "Shape", Unaligned.FOLDED, "A constant: it has nothing to compare."),
            UnalignedNode(1, "node_Relu_1", "Relu", Unaligned.FUSED, "Part of the fused Conv + Relu.", "all"),
        ),
        nodes=count + 1,
        aligned_share=0.96,
        fault=None if first is None else fault_of(first),
        runtime="onnxruntime 1.32.0, CPUExecutionProvider",
        duration_s=0.82,
        peak_bytes=48_000_000,
    )


def part(*some: LayerRow, planned: int = 24) -> LayerRows:
    return LayerRows(some, len(some), planned)


def repro(path: str, verdict: Verdict = Verdict.FAILED) -> ReproRecord:
    return ReproRecord(
        path=path,
        verdict=verdict,
        summary="3 nodes still differ from eager by 0.14.",
        nodes=3,
        nodes_before=27,
        files=("model.onnx", "run.py", "README.txt"),
        size_bytes=48_200,
        command="python run.py",
        duration_s=2.1,
    )
