"""What is kept of quantising an artifact: each variant with its price, and what nodes cost, in files beside it.

A variant is up to date while the artifact it was made from is as it was: a digest of its bytes says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from modelpack_gui.client.files import write_text
from modelpack_gui.core import serde
from modelpack_gui.core.locations import is_file
from modelpack_gui.core.records import (
    Estimate,
    QuantizedVariant,
    QuantizeReport,
    QuantizeSpec,
    SensitivityReport,
)

R = TypeVar("R")

SCHEMA_VERSION = 1
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class KeptVariant:
    """A variant of an earlier run.

    Attributes:
        made_from: Digest of the float32 artifact that it was made from; empty if that is not known yet.
    """

    variant: QuantizedVariant
    made_from: str = ""


@dataclass(frozen=True)
class KeptSensitivity:
    """What the nodes cost, with the settings that it was found for and the artifact's digest."""

    quantize: QuantizeSpec
    report: SensitivityReport
    made_from: str = ""


@dataclass(frozen=True)
class KeptQuantizing:
    """All that is kept for one artifact.

    Attributes:
        float_size_bytes: Of the float32 artifact; 0 while nothing was quantised.
        float_p50_ms: Its latency in ONNX Runtime, from the last time that it was measured beside its variants.
        speed_doubts: Of that time: what was not measured and why, and whether the machine was quiet.
        calibration_note: Of the last run: where its data came from.
    """

    variants: tuple[KeptVariant, ...] = ()
    float_size_bytes: int = 0
    float_p50_ms: Estimate | None = None
    speed_doubts: tuple[str, ...] = ()
    calibration_note: str = ""

    def with_variants(self, variants: Iterable[QuantizedVariant], made_from: str) -> KeptQuantizing:
        """With those that have a file, each in place of an older one of the same file.

        One that came out the same to the byte keeps its speed.
        """
        kept = {one.variant.path: one for one in self.variants}
        for variant in variants:
            if not variant.path:
                continue
            before = kept.get(variant.path)
            old = before.variant if before is not None else None
            if old is not None and variant.speedup is None and old.sha256 and old.sha256 == variant.sha256:
                variant = dataclasses.replace(variant, p50_ms=old.p50_ms, speedup=old.speedup)
            kept[variant.path] = KeptVariant(variant, made_from)
        return dataclasses.replace(self, variants=tuple(kept.values()))

    def with_speeds(self, report: QuantizeReport, doubts: tuple[str, ...]) -> KeptQuantizing:
        """With the speeds that a report has, and the sentences that speak against them."""
        found = {one.path: one for one in report.variants if one.path}
        variants = tuple(
            dataclasses.replace(kept, variant=found.get(kept.variant.path, kept.variant)) for kept in self.variants
        )
        return dataclasses.replace(self, variants=variants, float_p50_ms=report.float_p50_ms, speed_doubts=doubts)


def read_kept(artifact: Path) -> KeptQuantizing:
    """What is kept for an artifact; variants whose file is gone are left out.

    A file that cannot be read has nothing.
    """
    kept = _read(_place(artifact, "quantized"), KeptQuantizing)
    if kept is None:
        return KeptQuantizing()
    there = tuple(one for one in kept.variants if is_file(Path(one.variant.path)))
    return dataclasses.replace(kept, variants=there)


def write_kept(artifact: Path, kept: KeptQuantizing) -> None:
    """Keep it, in place of what was kept before.

    Raises:
        UserError: The file cannot be written.
    """
    _write(_place(artifact, "quantized"), kept)


def keep_run(artifact: Path, report: QuantizeReport, made_from: str) -> None:
    """Keep the variants of a run beside those of earlier ones.

    Raises:
        UserError: The file cannot be written.
    """
    kept = read_kept(artifact).with_variants(report.variants, made_from)
    note = report.calibration_note
    write_kept(artifact, dataclasses.replace(kept, float_size_bytes=report.float_size_bytes, calibration_note=note))


def read_sensitivity(artifact: Path) -> KeptSensitivity | None:
    """What the nodes of an artifact cost; None if that was not found yet, or cannot be read."""
    return _read(_place(artifact, "sensitivity"), KeptSensitivity)


def write_sensitivity(artifact: Path, kept: KeptSensitivity) -> None:
    """Keep it, in place of what was kept before.

    Raises:
        UserError: The file cannot be written.
    """
    _write(_place(artifact, "sensitivity"), kept)


def _place(artifact: Path, what: str) -> Path:
    return artifact.with_name(f"{artifact.stem}.{what}.json")


def _read(path: Path, kind: type[R]) -> R | None:
    try:
        data = serde.loads(path.read_text(encoding="utf-8"))
        return serde.decode(kind, data["kept"]) if data["schema_version"] == SCHEMA_VERSION else None
    except (OSError, ValueError, KeyError, TypeError):  # none yet, another version's, or cut short: it is made again
        return None


def _write(path: Path, kept: object) -> None:
    data = {"schema_version": SCHEMA_VERSION, "kept": serde.encode(kept)}
    write_text(path, serde.dumps(data, indent=1) + "\n")


def digest_of(artifact: Path, check: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of an artifact and of the data beside it, in hex; empty if it is not there.

    Args:
        check: Called now and then; it may raise to give up.
    """
    import hashlib  # when there is a file to look at: the window opens sooner

    digest = hashlib.sha256()
    try:
        for file in _files(artifact):
            with file.open("rb") as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    check()
                    digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def size_of(artifact: Path) -> int:
    """Bytes of an artifact and of the data beside it; 0 if it is not there."""
    try:
        return sum(file.stat().st_size for file in _files(artifact))
    except OSError:
        return 0


def _files(artifact: Path) -> Iterator[Path]:
    """The artifact, then its weights where they are in a file of their own, as torch and onnx name it."""
    yield artifact
    for data in (artifact.with_name(f"{artifact.name}.data"), artifact.with_name(f"{artifact.name}_data")):
        if is_file(data):
            yield data
