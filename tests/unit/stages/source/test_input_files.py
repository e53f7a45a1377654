"""Example inputs from files: what is read, and what is refused with the reason."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import (
    DynamicDim,
    ExportRequest,
    ExportSpec,
    ImageSpec,
    InputSpec,
    LintRequest,
    LoadRequest,
    ModelSource,
    ParityRequest,
    ParitySpec,
    ProbeRequest,
    Verdict,
)
from modelpack_gui.stages.export import stage as export_stage
from modelpack_gui.stages.lint import stage as lint_stage
from modelpack_gui.stages.parity import stage as parity_stage
from modelpack_gui.stages.probe import stage as probe_stage
from modelpack_gui.stages.source import input_files, load
from modelpack_gui.stages.source.inputs import complete_inputs, make_inputs
from tests.places import MODELS

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


class LoggingContext(PlainContext):
    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.lines: list[str] = []

    def log(self, level: str, message: str) -> None:
        self.lines.append(f"{level}: {message}")


def spec(file: str, shape: tuple[int, ...] = (3, 4), dtype: str = "float32", **rest: Any) -> InputSpec:
    return InputSpec("x", shape, dtype, file=file, **rest)


def read(folder: Path, item: InputSpec, **rest: Any) -> torch.Tensor:
    (tensor,) = make_inputs([item], PlainContext(folder), **rest)
    return tensor


def error(folder: Path, item: InputSpec) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        read(folder, item)
    assert "x" in caught.value.info.message
    return caught.value.info


def save_all(folder: Path) -> None:
    tensor = torch.from_numpy(VALUES)
    np.save(folder / "a.npy", VALUES)
    np.savez(folder / "a.npz", first=VALUES, second=VALUES + 1)
    torch.save({"batch": {"items": [tensor, tensor + 1]}, "other": tensor}, folder / "a.pt")
    save_file({"first": tensor, "second": tensor + 1}, folder / "a.safetensors")


@pytest.mark.parametrize(
    ("file", "key", "first"),
    [
        ("a.npy", "", 0.0),
        ("a.npz", "second", 1.0),
        ("a.pt", "batch.items.1", 1.0),
        ("a.pt", "other", 0.0),
        ("a.safetensors", "second", 1.0),
    ],
)
def test_values_come_from_the_file(file: str, key: str, first: float, tmp_path: Path) -> None:
    save_all(tmp_path)
    tensor = read(tmp_path, spec(file, file_key=key))
    assert tensor.tolist() == (VALUES + first).tolist()
    assert torch.equal(read(tmp_path, spec(file, file_key=key), seed_offset=5), tensor)


@pytest.mark.parametrize(
    ("file", "key"), [("a.npz", ""), ("a.npz", "third"), ("a.pt", "batch"), ("a.pt", "batch.none"), ("a.pt", "")]
)
def test_a_key_that_names_no_array_is_refused_with_those_there(file: str, key: str, tmp_path: Path) -> None:
    save_all(tmp_path)
    assert error(tmp_path, spec(file, file_key=key)).code == "input-file-key"


def test_the_only_array_needs_no_key(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", VALUES)
    assert read(tmp_path, spec("one.npz")).shape == (3, 4)


def test_a_row_without_shape_and_dtype_takes_those_of_its_file(tmp_path: Path) -> None:
    np.save(tmp_path / "ids.npy", np.ones((2, 5), dtype=np.int64))
    (found,) = complete_inputs([spec("ids.npy", (), "")], PlainContext(tmp_path))
    assert (found.shape, found.dtype) == ((2, 5), "int64")
    assert read(tmp_path, spec("ids.npy", (), "")).dtype == torch.int64


def test_a_longer_first_axis_repeats_the_file_and_says_so(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    context = LoggingContext(tmp_path)
    (tensor,) = make_inputs([spec("a.npy", (5, 4))], context)
    assert tensor[3:].tolist() == VALUES[:2].tolist()
    assert "repeated" in context.lines[0]
    (tensor,) = make_inputs([spec("a.npy", (2, 4))], context)
    assert tensor.tolist() == VALUES[:2].tolist()
    assert "cut off" in context.lines[1]


def test_other_sizes_repeat_or_cut_any_axis(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    tensor = read(tmp_path, spec("a.npy"), shapes={"x": (2, 6)})
    assert tensor.tolist() == np.tile(VALUES, (1, 2))[:2, :6].tolist()


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (spec("none.npy"), "input-file-missing"),
        (spec("."), "input-file-missing"),
        (spec("a.csv"), "input-file-kind"),
        (spec("a.npy", (3, 5)), "input-file-shape"),
        (spec("a.npy", (1, 3, 4)), "input-file-shape"),
        (spec("a.npy", dtype="int64"), "input-file-dtype"),
        (spec("big.npy", (1,), "int8"), "input-file-dtype"),
        (spec("text.npy", (2,)), "input-file-dtype"),
        (spec("objects.npy", (1,)), "input-file-pickled"),
        (spec("objects.npz", (1,)), "input-file-pickled"),
        (spec("module.pt", (1,)), "input-file-pickled"),
        (spec("cut.npy"), "input-file-not-valid"),
        (spec("cut.npz"), "input-file-not-valid"),
        (spec("cut.pt"), "input-file-not-valid"),
        (spec("cut.safetensors"), "input-file-not-valid"),
        (spec("cut.png"), "input-file-not-valid"),
        (spec("words.png"), "input-file-not-valid"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(item: InputSpec, code: str, tmp_path: Path) -> None:
    save_all(tmp_path)
    for kind in ("npy", "npz", "pt", "safetensors"):
        (tmp_path / f"cut.{kind}").write_bytes((tmp_path / f"a.{kind}").read_bytes()[:-20])
    (tmp_path / "a.csv").write_text("1,2")
    (tmp_path / "words.png").write_text("no picture")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    np.save(tmp_path / "big.npy", np.array([300]))
    np.save(tmp_path / "text.npy", np.array(["a", "b"]))
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "objects.npz", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    torch.save(torch.nn.Linear(1, 1), tmp_path / "module.pt")
    assert error(tmp_path, item).code == code


def test_floats_are_cast_to_other_floats_and_integers_where_they_fit(tmp_path: Path) -> None:
    np.save(tmp_path / "wide.npy", VALUES.astype(np.float64))
    np.save(tmp_path / "whole.npy", VALUES.astype(">i8"))
    assert read(tmp_path, spec("wide.npy")).dtype == torch.float32
    assert read(tmp_path, spec("whole.npy", dtype="uint8")).tolist() == VALUES.tolist()


def picture(path: Path, mode: str = "RGB", size: tuple[int, int] = (4, 2), color: Any = (255, 51, 0)) -> None:
    Image.new(mode, size, color).save(path)


def test_a_picture_is_scaled_and_laid_out_with_the_channels_first(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    tensor = read(tmp_path, spec("a.png", (2, 3, 2, 4)))
    assert torch.equal(tensor[0], tensor[1])
    assert tensor[0, :, 0, 0].tolist() == pytest.approx([1.0, 0.2, 0.0])


def test_a_picture_is_resized_and_normalised(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg", size=(40, 20))
    image = ImageSpec((8, 6), (0.5, 0.2, 0.0), (0.5,))
    tensor = read(tmp_path, spec("a.jpg", (1, 3, 8, 6), image=image))
    assert tensor[0, :, 3, 3].tolist() == pytest.approx([1.0, 0.0, 0.0], abs=0.05)


def test_a_picture_for_an_integer_dtype_keeps_its_bytes(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    assert read(tmp_path, spec("a.png", (1, 3, 2, 4), "uint8"))[0, :, 0, 0].tolist() == [255, 51, 0]


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("RGBA", (255, 51, 0, 0), (1.0, 0.2, 0.0)),
        ("L", 51, (0.2, 0.2, 0.2)),
        ("LA", (51, 9), (0.2, 0.2, 0.2)),
        ("I;16", 13107, (0.2, 0.2, 0.2)),
        ("1", 1, (1.0, 1.0, 1.0)),
    ],
)
def test_every_kind_of_picture_becomes_rgb(
    mode: str, color: Any, expected: tuple[float, ...], tmp_path: Path
) -> None:
    picture(tmp_path / "a.png", mode, color=color)
    tensor = read(tmp_path, spec("a.png", (1, 3, 2, 4)))
    assert tensor[0, :, 1, 1].tolist() == pytest.approx(expected, abs=1e-4)


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    Image.new("RGB", (4, 2), (255, 51, 0)).quantize(4).save(tmp_path / "a.png")
    assert read(tmp_path, spec("a.png", (1, 3, 2, 4)))[0, :, 0, 0].tolist() == pytest.approx([1.0, 0.2, 0.0])


def test_a_photograph_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (40, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert read(tmp_path, spec("a.jpg", (1, 3, 40, 20))).shape == (1, 3, 40, 20)


def test_grey_is_one_channel_when_asked_for(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", "L", color=51)
    tensor = read(tmp_path, spec("a.png", (1, 1, 2, 4), image=ImageSpec(channels=1)))
    assert tensor[0, 0, 0, 0].item() == pytest.approx(0.2)


@pytest.mark.parametrize("image", [ImageSpec((0, 4)), ImageSpec(mean=(0.5, 0.5)), ImageSpec(std=(0.0,))])
def test_picture_options_that_make_no_sense_are_refused(image: ImageSpec, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    assert error(tmp_path, spec("a.png", (1, 3, 2, 4), image=image)).code == "input-picture"


def test_every_stage_reads_a_row_that_leaves_its_shape_to_the_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    source = ModelSource(file=str(MODELS / "tiny.py"), name="Tiny")
    inputs = (spec("a.npy", (), ""),)
    dims = (DynamicDim("x", 0, "batch"),)
    export = ExportSpec("onnx", "trace", output_path="o.onnx", dynamic=dims)
    context = PlainContext(tmp_path)
    assert load.run(LoadRequest(source, inputs), context).inputs[0].shape == (3, 4)
    assert lint_stage.run(LintRequest(source, inputs, export), context).runs
    assert probe_stage.run(ProbeRequest(source, inputs), context).dims[0].size == 3
    export_stage.run(ExportRequest(source, inputs, export), context)
    report = parity_stage.run(ParityRequest(source, inputs, "o.onnx", dims, ParitySpec(sizes=(2,))), context)
    assert report.verdict is Verdict.PASSED
    assert [case.sizes for case in report.cases] == [{"batch": 3}, {"batch": 2}]


@pytest.mark.parametrize("file", ["a.npy", "a.npz", "packed.npz", "a.pt", "a.safetensors"])
def test_a_damaged_file_is_read_or_refused_with_what_to_do(file: str, tmp_path: Path) -> None:
    save_all(tmp_path)
    np.savez_compressed(tmp_path / "packed.npz", first=VALUES)
    data, refused = (tmp_path / file).read_bytes(), list[ErrorInfo]()
    item = spec(file, file_key="" if file in ("a.npy", "packed.npz") else "first")
    for number in range(120):
        chance = random.Random(number)
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(data))] = chance.choice((0, 0xFF, chance.randrange(256)))
        (tmp_path / file).write_bytes(damaged)
        try:
            input_files.read_file(item, PlainContext(tmp_path))
        except UserError as caught:
            refused.append(caught.info)
    assert len(refused) > 20
    assert all(info.hint and file in info.message for info in refused)


def test_a_header_that_asks_for_more_than_any_memory_names_the_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    data = (tmp_path / "a.npy").read_bytes()
    asking = data.replace(b"(3, 4), }         ", b"(3, 99999999999), }")
    assert asking != data
    (tmp_path / "a.npy").write_bytes(asking)
    found = error(tmp_path, spec("a.npy"))
    assert found.code in ("input-file-too-large", "input-file-not-valid")  # some systems promise what they lack
    assert str(tmp_path / "a.npy") in found.message


def test_a_member_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("first.npy", b"hello")
    assert error(tmp_path, spec("a.npz")).code == "input-file-not-valid"
