"""Calibration data from every kind of source, and what is said of a sample that does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CalibrationSpec, ImageSpec, InputSet, InputSpec, TensorInfo
from modelpack_gui.stages.quantize.data import Data, gather, parted
from modelpack_gui.stages.quantize.fit import Fitter, Sample, named
from tests.unit.stages.quantize.models import IMAGE, Watching

INFO = TensorInfo("image", "float32", ("n", 3, 8, 8))
TWO = (TensorInfo("ids", "int64", ("n", 4)), TensorInfo("mask", "bool", ("n", 4)))


def test_reading_says_how_far_it_is(tmp_path: Path) -> None:
    context = Watching(tmp_path, tmp_path)
    pictures(tmp_path / "pictures", size=(8, 8))
    spec = python_file(tmp_path, "data = [np.zeros((1, 3, 8, 8), np.float32)] * 2")
    for one in (spec, CalibrationSpec("folder", "pictures")):
        gather(one, (IMAGE,), (), (INFO,), context, is_torch_needed=False)
    assert "Reading sample 1 of data, 8 at most" in context.said
    assert "Reading file 4 of 4" in context.said


def gathered(
    folder: Path,
    spec: CalibrationSpec,
    *infos: TensorInfo,
    inputs: tuple[InputSpec, ...] = (IMAGE,),
    sets: tuple[InputSet, ...] = (),
) -> Data:
    context = Watching(folder, folder)
    return gather(spec, inputs, sets, infos or (INFO,), context, is_torch_needed=False)


def rows_of(data: Data) -> list[Any]:
    return [sample.feeds["image"] for sample in (*data.calibration, *data.held_out)]


def python_file(folder: Path, text: str) -> CalibrationSpec:
    (folder / "samples.py").write_text("import numpy as np\n" + text, encoding="utf-8")
    return CalibrationSpec("python", "samples.py", "data", samples=8)


def pictures(folder: Path, count: int = 4, size: tuple[int, int] = (20, 30)) -> None:
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", size, (40 * number, 0, 255)).save(folder / f"{number}.png")


def refusal(folder: Path, spec: CalibrationSpec, *infos: TensorInfo) -> UserError:
    with pytest.raises(UserError) as caught:
        gathered(folder, spec, *infos)
    return caught.value


def test_example_inputs_are_drawn_with_other_seeds_and_parted(tmp_path: Path) -> None:
    data = gathered(tmp_path, CalibrationSpec(samples=12, held_out=0.25))
    assert (len(data.calibration), len(data.held_out)) == (9, 3)
    assert len({values.tobytes() for values in rows_of(data)}) == 12
    assert all(values.shape == (2, 3, 8, 8) for values in rows_of(data))
    assert data.is_random
    assert data.note == "12 samples of the example inputs, 3 of them kept apart to judge by; they are random numbers."


def test_input_sets_take_their_turn_with_the_example(tmp_path: Path) -> None:
    other = InputSet("bright", (InputSpec("image", (1, 3, 8, 8), low=5.0, high=6.0),))
    data = gathered(tmp_path, CalibrationSpec(samples=10), sets=(other,))
    bright = [values for values in rows_of(data) if values.min() >= 5]
    assert len(bright) == 5
    assert all(values.shape[0] == 1 for values in bright)


def test_inputs_from_files_are_taken_once_and_are_not_random(tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", np.ones((2, 3, 8, 8), np.float32))
    real = InputSpec("image", (2, 3, 8, 8), file="real.npy")
    data = gathered(tmp_path, CalibrationSpec(samples=10), inputs=(real,))
    assert len(rows_of(data)) == 1
    assert not data.is_random
    assert data.note.endswith("all to calibrate and to judge by.")


def test_an_input_set_that_does_not_fit_is_left_out_and_named(tmp_path: Path) -> None:
    static = TensorInfo("image", "float32", (2, 3, 8, 8))
    other = InputSet("three", (InputSpec("image", (3, 3, 8, 8)),))
    context = Watching(tmp_path, tmp_path)
    data = gather(CalibrationSpec(samples=4), (IMAGE,), (other,), (static,), context, is_torch_needed=False)
    assert len(rows_of(data)) == 4
    assert any("input set three is left out" in text for _, text in context.lines)


def test_a_file_with_many_rows_gives_many_samples(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "all.npy", np.random.default_rng(0).random((20, 3, 8, 8)))
    data = gathered(tmp_path, CalibrationSpec("folder", "data", samples=16))
    assert len(rows_of(data)) == 16
    assert all(values.shape == (1, 3, 8, 8) and values.dtype == np.float32 for values in rows_of(data))


def test_pictures_are_resized_to_what_the_artifact_takes_and_read_as_the_example_is(tmp_path: Path) -> None:
    pictures(tmp_path / "data")
    like = InputSpec("image", (1, 3, 8, 8), file="data/0.png", image=ImageSpec((8, 8), (0.5,), (0.5,)))
    data = gathered(tmp_path, CalibrationSpec("folder", "data"), inputs=(like,))
    values = np.concatenate(rows_of(data))
    assert values.shape == (4, 3, 8, 8)
    assert sorted({round(float(value), 3) for value in values[:, 2].ravel()}) == [1.0]
    assert values.min() == -1.0


def test_what_is_read_of_a_large_folder_hangs_on_the_seed_only(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(30):
        np.save(tmp_path / "data" / f"{number}.npy", np.full((3, 8, 8), number, np.float32))
    found = [
        sorted(
            float(values.flat[0])
            for values in rows_of(gathered(tmp_path, CalibrationSpec("folder", "data", samples=5, seed=seed)))
        )
        for seed in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]


def test_named_arrays_feed_several_inputs(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(3):
        np.savez(tmp_path / "data" / f"{number}.npz", mask=np.ones(4, np.uint8), ids=np.full(4, number, np.int32))
    data = gathered(tmp_path, CalibrationSpec("folder", "data"), *TWO)
    feeds = data.calibration[0].feeds
    assert feeds["ids"].dtype == np.int64
    assert feeds["mask"].dtype == np.bool_
    assert feeds["ids"].shape == (1, 4)


def test_a_folder_for_each_input_feeds_several_inputs(tmp_path: Path) -> None:
    for name, dtype in (("ids", np.int64), ("mask", np.bool_)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(3):
            np.save(tmp_path / "data" / name / f"{number}.npy", np.full((1, 4), number % 2, dtype))
    data = gathered(tmp_path, CalibrationSpec("folder", "data"), *TWO)
    for sample in (*data.calibration, *data.held_out):
        assert (sample.feeds["ids"] == sample.feeds["mask"]).all()


@pytest.mark.parametrize(
    "text",
    [
        "data = [np.full((3, 8, 8), i, 'float32') for i in range(8)]",
        "def data():\n    for i in range(8):\n        yield {'image': np.full((1, 3, 8, 8), i, 'float32')}",
        "def data():\n    i = 0\n    while True:\n        yield (np.full((3, 8, 8), i, 'float64'),)\n        i += 1",
        "class Go:\n    def __iter__(self):\n        return iter([np.ones((4, 3, 8, 8), 'f4')] * 2)\ndata = Go()",
        "import torch\ndata = [torch.zeros(3, 8, 8) for _ in range(8)]",
    ],
)
def test_anything_python_can_go_over_gives_samples(tmp_path: Path, text: str) -> None:
    data = gathered(tmp_path, python_file(tmp_path, text))
    assert len(rows_of(data)) == 8
    assert data.note.startswith("8 samples from data in samples.py")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("data = [np.zeros((3, 9, 8), 'float32')]", "calibration-shape", "Sample 0 of data has the shape 3 × 9 × 8"),
        (
            "data = [np.zeros((3, 8, 8), 'uint8')]",
            "calibration-dtype",
            "has uint8 for the input 'image', which takes float32",
        ),
        (
            "data = [(np.zeros((3, 8, 8), 'float32'), 5)]",
            "calibration-names",
            "gives 2 arrays, and the artifact takes 1",
        ),
        ("data = [{'picture': 1}]", "calibration-names", "has picture, and the artifact takes image"),
        ("data = ['a picture']", "calibration-kind", "no array of numbers"),
        ("data = [np.float32(1)]", "calibration-shape", "Sample 0 of data is a single number for the input"),
        ("data = []", "calibration-empty", "gave no sample"),
        ("data = 5", "calibration-name", "over which one cannot go"),
        ("other = 5", "calibration-name", "There is no data in"),
        (
            "def data():\n    yield np.zeros((3, 8, 8), 'float32')\n    raise ValueError('broken disk')",
            "calibration-failed",
            "broken disk",
        ),
        ("def data():\n    raise SystemExit(3)", "model-exits", "sys.exit"),
        ("def data(path):\n    return []", "calibration-failed", "missing 1 required"),
    ],
)
def test_python_that_gives_no_fitting_samples_is_told_where_and_why(
    tmp_path: Path, text: str, code: str, words: str
) -> None:
    error = refusal(tmp_path, python_file(tmp_path, text))
    assert error.info.code == code
    assert words in error.info.message
    assert error.info.hint


def test_the_file_at_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "wrong.npy", np.zeros((3, 8, 9), np.float32))
    error = refusal(tmp_path, CalibrationSpec("folder", "data"))
    assert error.info.message == (
        "The file wrong.npy has the shape 3 × 8 × 9 for the input 'image', which takes n × 3 × 8 × 8."
    )
    (tmp_path / "data" / "wrong.npy").write_bytes(b"\x93NUMPY")
    assert refusal(tmp_path, CalibrationSpec("folder", "data")).info.code == "calibration-file"


def test_a_folder_without_data_and_a_missing_one_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path, CalibrationSpec("folder", "empty")).info.code == "calibration-empty"
    assert refusal(tmp_path, CalibrationSpec("folder", "gone")).info.code == "calibration-folder-missing"
    assert refusal(tmp_path, CalibrationSpec("folder", "")).info.message.startswith("No folder is named")
    assert "arrays ids, mask" in refusal(tmp_path, CalibrationSpec("folder", "empty"), *TWO).info.message


def test_samples_are_parted_by_the_seed_and_at_least_one_calibrates() -> None:
    samples = [Sample(str(number), {}) for number in range(10)]
    calibration, held_out = parted(samples, 0.3, 1)
    assert (len(calibration), len(held_out)) == (7, 3)
    assert sorted(one.where for one in (*calibration, *held_out)) == sorted(one.where for one in samples)
    assert parted(samples, 0.3, 1) == (calibration, held_out)
    assert parted(samples[:1], 0.5, 0) == (samples[:1], [])
    assert len(parted(samples[:2], 0.01, 0)[1]) == 1
    assert parted(samples, 0.0, 0)[1] == []


def test_inputs_without_a_common_batch_axis_are_left_whole() -> None:
    infos = (TensorInfo("x", "float32", (5, 4)), TensorInfo("scale", "float32", ()))
    fitter = Fitter(infos)
    assert fitter.batch == 0
    arrays = named([np.zeros((5, 4), np.float32), np.float32(2.0)], infos, "it")
    (sample,) = fitter.rows(arrays, "it")
    assert sample.feeds["x"].shape == (5, 4)


def test_rows_that_fill_no_batch_are_repeated_only_if_there_is_none() -> None:
    fitter = Fitter((TensorInfo("x", "float32", (4, 1)),))
    rows = [Sample(f"row {number}", {"x": np.full((1, 1), number, np.float32)}) for number in range(6)]
    assert [sample.feeds["x"].ravel().tolist() for sample in fitter.batches(rows, 9)] == [[0, 1, 2, 3]]
    assert [sample.feeds["x"].ravel().tolist() for sample in fitter.batches(rows[:3], 9)] == [[0, 1, 2, 0]]


def test_a_tensor_that_needs_a_gradient_is_an_array_too() -> None:
    found = named(torch.ones(2, requires_grad=True), (TensorInfo("x", "float32", (2,)),), "it")
    assert found["x"].tolist() == [1, 1]
