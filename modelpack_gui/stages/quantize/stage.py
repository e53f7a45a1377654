"""The job quantize: an artifact in one or more ways, each compared with float32 as it is made."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.quantize.text import labels_of, verdict_sentence
from modelpack_gui.core.records import Artifact, QuantizedVariant, QuantizeReport, QuantizeRequest, Verdict
from modelpack_gui.stages import machine
from modelpack_gui.stages.common.paths import versions
from modelpack_gui.stages.quantize.facts import check_quantizable, read_float_artifact
from modelpack_gui.stages.quantize.portion import Portion
from modelpack_gui.stages.quantize.tools import import_tools
from modelpack_gui.stages.quantize.variant import Workshop, make_variant


def run(request: QuantizeRequest, context: Context) -> QuantizeReport:
    """Quantise in each way that is asked for. Each is given as a part when it is ready.

    Raises:
        UserError: `quantize-nothing-asked`, `import-missing`, those of `read_float_artifact` and `check_quantizable`;
            and the error of the first way, if none could be made.
        JobCancelled: The user asked to stop; files made until then stay.
    """
    started_s = time.perf_counter()
    if not request.specs:
        raise UserError("quantize-nothing-asked", "No way to quantise is chosen.", "Choose at least one.")
    artifact = read_float_artifact(request.artifact_path, context)
    import_tools()
    check_quantizable(artifact)
    variants: list[QuantizedVariant] = []
    taken: set[Path] = set()
    with workshop(artifact, request, context) as shop:
        for number, (spec, label) in enumerate(zip(request.specs, labels_of(request.specs), strict=True)):
            context.check_cancelled()
            share = 1 / len(request.specs)
            context.progress(f"{label} ({number + 1} of {len(request.specs)})", number * share)
            shop.context = Portion(context, label, number * share, share)
            variant = make_variant(spec, label, shop, taken, shop.context)
            variants.append(variant)
            context.partial(variant)
        note = _note(request, shop)
    _raise_if_none(variants)
    return QuantizeReport(
        artifact_path=artifact.path,
        float_size_bytes=artifact.size_bytes,
        variants=tuple(variants),
        calibration_note=note,
        summary=verdict_sentence(variants, artifact.size_bytes),
        verdict=report_verdict(variants),
        machine=machine_facts(),
        duration_s=time.perf_counter() - started_s,
    )


@contextmanager
def workshop(artifact: Artifact, request: QuantizeRequest, context: Context) -> Iterator[Workshop]:
    """A workshop with a temporary folder, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="quantize-", dir=context.scratch))
    try:
        yield Workshop(artifact, request, folder, context)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report_verdict(variants: list[QuantizedVariant]) -> Verdict:
    """Of one way its own; of several PASSED if all could be made and one is good, FAILED if all are useless."""
    if len(variants) == 1:
        return variants[0].verdict
    verdicts = {one.verdict for one in variants}
    if Verdict.PASSED in verdicts and all(one.error is None for one in variants):
        return Verdict.PASSED
    return Verdict.FAILED if verdicts == {Verdict.FAILED} else Verdict.WARNING


def machine_facts() -> dict[str, str]:
    """The processor, its flags and the versions that the results rest on."""
    found = machine.look()
    return {"cpu": found.cpu, "cpu_flags": " ".join(found.flags), **versions("onnx", "onnxruntime", "numpy")}


def _note(request: QuantizeRequest, shop: Workshop) -> str:
    """Where the data came from; of several kinds the first that could be had."""
    for spec in request.specs:
        try:
            return shop.data(spec.calibration).note
        except UserError:  # told in the variant
            continue
    return ""


def _raise_if_none(variants: list[QuantizedVariant]) -> None:
    errors = [one.error for one in variants]
    first = errors[0]
    if first is None or any(error is None or error.code != first.code for error in errors):
        return
    raise UserError(first.code, first.message, first.hint, first.details)
