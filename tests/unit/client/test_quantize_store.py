from __future__ import annotations

from pathlib import Path

from modelpack_gui.client.quantize_store import (
    KeptQuantizing,
    KeptSensitivity,
    KeptVariant,
    digest_of,
    read_kept,
    read_sensitivity,
    write_kept,
    write_sensitivity,
)
from tests.ui.quantize import made_quantize as made


def test_what_is_kept_survives_a_file_that_is_gone_and_a_store_that_is_broken(tmp_path: Path) -> None:
    artifact = tmp_path / "a.onnx"
    artifact.write_bytes(b"x")
    there, gone = made.variant(made.STATIC, tmp_path), made.variant(made.DYNAMIC, tmp_path)
    kept = KeptQuantizing((KeptVariant(there, "d"), KeptVariant(gone, "d")), 10)
    write_kept(artifact, kept)
    assert read_kept(artifact) == kept
    Path(gone.path).unlink()
    assert [one.variant for one in read_kept(artifact).variants] == [there]
    (tmp_path / "a.quantized.json").write_text("{", encoding="utf-8")
    assert read_kept(artifact) == KeptQuantizing()


def test_the_digest_counts_the_weights_beside_the_artifact(tmp_path: Path) -> None:
    artifact = tmp_path / "a.onnx"
    assert digest_of(artifact) == ""
    artifact.write_bytes(b"x")
    alone = digest_of(artifact)
    (tmp_path / "a.onnx.data").write_bytes(b"weights")
    assert digest_of(artifact) not in ("", alone)


def test_what_nodes_cost_is_read_as_it_was_written(tmp_path: Path) -> None:
    artifact = tmp_path / "a.onnx"
    assert read_sensitivity(artifact) is None
    kept = KeptSensitivity(made.DYNAMIC, made.sensitivity_report(), "d")
    write_sensitivity(artifact, kept)
    assert read_sensitivity(artifact) == kept
    assert read_kept(artifact) == KeptQuantizing()  # a file of its own
