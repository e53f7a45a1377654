"""Reading a file that was exported or opened, and atomic writes and captured warnings beside it."""

from __future__ import annotations

import errno
import logging
import os
import warnings
from pathlib import Path

import onnx
import pytest
import torch
from onnx import GraphProto, ModelProto, TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export import onnx_header
from modelpack_gui.stages.export.artifact import read_artifact, read_header
from modelpack_gui.stages.export.onnx_header import WireError, without_weights


def write_onnx(path: Path, external: bool = False) -> bytes:
    weight = numpy_helper.from_array(torch.ones(4, 3).numpy(), "weight")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weight"], ["y"])],
        "tiny",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", None, 4]),
            helper.make_tensor_value_info("weight", TensorProto.FLOAT, [4, 3]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.BFLOAT16, None)],
        [weight],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.example", 2)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="hand")
    onnx.save_model(model, str(path), save_as_external_data=external, location="weights.bin", size_threshold=0)
    return path.read_bytes()


def error_of(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        read_artifact(path)
    assert str(path) in caught.value.info.message
    assert caught.value.info.hint
    return caught.value


def test_onnx_facts_are_read_and_initializers_are_no_inputs(tmp_path: Path) -> None:
    write_onnx(tmp_path / "m.onnx")
    artifact = read_artifact(tmp_path / "m.onnx")
    assert [(info.name, info.dtype, info.shape) for info in artifact.inputs] == [("x", "float32", ("batch", None, 4))]
    assert [(info.name, info.dtype, info.shape) for info in artifact.outputs] == [("y", "bfloat16", None)]
    assert artifact.opset_imports == {"ai.onnx": 17, "com.example": 2}
    assert (artifact.opset_version, artifact.ir_version, artifact.producer) == (17, 9, "hand")


def test_facts_are_read_without_the_weights_and_nothing_else_is_lost(tmp_path: Path) -> None:
    data = write_onnx(tmp_path / "m.onnx")
    whole, cut = onnx.load_model_from_string(data), onnx.load_model_from_string(without_weights(data))
    assert cut.graph.initializer[0].raw_data == b""
    whole.graph.initializer[0].ClearField("raw_data")
    assert cut == whole


def test_a_field_without_a_number_ends_the_reading() -> None:
    with pytest.raises(WireError, match="without a number at byte 2"):
        without_weights(b"\x08\x0a" + bytes(1000))


def test_what_is_left_without_weights_may_be_no_more_than_protobuf_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = TensorProto(name="w", raw_data=bytes(5000))
    graph = GraphProto(initializer=[weight], doc_string="d" * 50)
    data = ModelProto(ir_version=10, graph=graph).SerializeToString()
    monkeypatch.setattr(onnx_header, "_MOST_BYTES", 100)
    assert len(without_weights(data)) < 100
    monkeypatch.setattr(onnx_header, "_MOST_BYTES", 40)
    with pytest.raises(WireError, match="besides its weights"):
        without_weights(data)


def test_external_data_counts_and_its_absence_is_an_error(tmp_path: Path) -> None:
    main = write_onnx(tmp_path / "m.onnx", external=True)
    artifact = read_artifact(tmp_path / "m.onnx")
    assert artifact.external_files == (str(tmp_path / "weights.bin"),)
    assert artifact.size_bytes == len(main) + (tmp_path / "weights.bin").stat().st_size
    (tmp_path / "weights.bin").unlink()
    assert error_of(tmp_path / "m.onnx").info.code == "artifact-data-missing"


def test_the_header_counts_the_data_files_that_are_there(tmp_path: Path) -> None:
    main = write_onnx(tmp_path / "m.onnx", external=True)
    whole = read_artifact(tmp_path / "m.onnx")
    header, _ = read_header(tmp_path / "m.onnx")
    assert (header.inputs, header.outputs, header.producer) == (whole.inputs, whole.outputs, whole.producer)
    assert (header.size_bytes, header.external_files) == (whole.size_bytes, whole.external_files)
    (tmp_path / "weights.bin").unlink()
    assert read_header(tmp_path / "m.onnx")[0].size_bytes == len(main)


def test_files_that_are_no_artifacts_have_codes_of_their_own(tmp_path: Path) -> None:
    whole = write_onnx(tmp_path / "whole.onnx")
    torch.save({"weight": torch.ones(2)}, tmp_path / "checkpoint.pt")
    with capture():
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(tmp_path / "scripted.pt"))
    scripted = (tmp_path / "scripted.pt").read_bytes()
    cases = {
        "empty.onnx": (b"", "artifact-empty"),
        "cut.onnx": (whole[: len(whole) // 2], "artifact-corrupt"),
        "text.onnx": (b"hello, this is not a model at all", "artifact-not-onnx"),
        "zeros.onnx": (bytes(100), "artifact-not-onnx"),
        "picture.onnx": (b"\x89PNG\r\n\x1a\n" + bytes(100), "artifact-not-onnx"),
        "torch.onnx": (scripted, "artifact-not-onnx"),
        "tensor.onnx": (numpy_helper.from_array(torch.ones(3).numpy()).SerializeToString(), "artifact-not-onnx"),
        "text.pt": (b"hello", "artifact-not-torchscript"),
        "state.pt": ((tmp_path / "checkpoint.pt").read_bytes(), "artifact-not-torchscript"),
        "cut.pt": (scripted[: len(scripted) // 2], "artifact-corrupt"),
    }
    for name, (content, code) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert (name, error_of(tmp_path / name).info.code) == (name, code)
    assert error_of(tmp_path / "absent.onnx").info.code == "artifact-missing"
    assert error_of(tmp_path).info.code == "artifact-is-folder"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes in folders here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    assert error_of(tmp_path / "pipe.onnx").info.message.endswith("is a pipe or a device, not a file.")


def test_truncation_at_any_length_is_an_error_of_the_artifact(tmp_path: Path) -> None:
    whole = write_onnx(tmp_path / "whole.onnx")
    for length in range(1, len(whole)):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        try:
            read_artifact(tmp_path / "cut.onnx")
        except UserError as error:
            code = error.info.code
        else:
            code = "read"
        # Cut exactly between two fields of the message, a file can be read; what is gone comes after the graph.
        assert code in ("artifact-corrupt", "artifact-not-onnx") or whole[length] in (0x42, 0x3A)


def test_replaced_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "result.json"
    with paths.replace_files(target) as temporary:
        temporary.write_text("first")
        assert not target.exists()
    with pytest.raises(UnicodeEncodeError), paths.replace_files(target) as temporary:
        temporary.write_text("half a surrogate \ud800", encoding="utf-8")
    assert target.read_text() == "first"
    assert [path.name for path in target.parent.iterdir()] == ["result.json"]


def test_full_disk_while_writing_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, paths.replace_files(tmp_path / "result.json"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.info.code == "disk-full"
    assert list(tmp_path.iterdir()) == []


def test_error_that_is_not_about_the_target_passes_unchanged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), paths.replace_files(tmp_path / "result.json"):
        (tmp_path / "settings.json").read_text()


def test_relative_paths_start_from_the_folder_of_the_recipe(tmp_path: Path) -> None:
    context = PlainContext(tmp_path)
    assert paths.resolve(context, "build/../m.onnx") == tmp_path / "m.onnx"
    assert paths.resolve(context, str(tmp_path / "x")) == tmp_path / "x"


def test_versions_leave_out_what_is_not_installed() -> None:
    found = paths.versions("torch", "absent-library")
    assert set(found) == {"python", "torch"}


def test_warnings_and_log_records_are_collected_once_with_a_count() -> None:
    log = logging.getLogger("torch.onnx._internal.exporter.probe")
    with capture() as captured:
        for _ in range(3):
            warnings.warn("slow path", UserWarning, stacklevel=1)
            log.warning("asked for %s", 17)
        log.info("not this")
        logging.getLogger("onnxscript.probe").error("converter failed")
    kinds = {(item.category, item.message, item.count) for item in captured}
    assert kinds == {
        ("UserWarning", "slow path", 3),
        ("torch.onnx._internal.exporter.probe", "asked for 17", 3),
        ("onnxscript.probe", "converter failed", 1),
    }
    assert all(item.file == __file__ and item.line > 0 for item in captured)


def test_capture_leaves_loggers_and_filters_as_they_were() -> None:
    handlers = list(logging.getLogger("torch").handlers)
    with capture() as captured:
        pass
    assert logging.getLogger("torch").handlers == handlers
    with pytest.raises(UserWarning):
        warnings.warn("after", UserWarning, stacklevel=1)
    assert len(captured) == 0
