from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import ParityCase, TensorInfo, Verdict
from modelpack_gui.stages.parity import metrics, totals
from modelpack_gui.stages.parity.keep import OutputValues, ValueStore, folder_name, with_files_there, without_values

KIB = 1 << 10


class Listening(PlainContext):
    """A context that holds the lines of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def log(self, level: str, message: str) -> None:
        self.lines.append((level, message))


def _case(size: int, verdict: Verdict = Verdict.PASSED, values: np.ndarray | None = None) -> ParityCase:
    array = np.zeros(4, np.float32) if values is None else values
    info = TensorInfo("y", str(array.dtype), array.shape)
    output = metrics.compare("y", (info, array), (info, array), totals.Tolerance(1e-3, 1e-5))
    label = f"batch = {size}" if size != 2 else "example"
    return ParityCase(label, {"batch": size}, 0, size == 2, verdict, (output,))


def _array(kibibytes: float) -> np.ndarray:
    return np.arange(int(kibibytes * KIB / 4), dtype=np.float32)


def _pair(kibibytes: float) -> OutputValues:
    """Expected and actual, together of that size."""
    return OutputValues(_array(kibibytes / 2), _array(kibibytes / 2))


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_sides_are_stored_and_read_back_as_they_were(tmp_path: Path) -> None:
    store = ValueStore(tmp_path, 1 << 20, PlainContext())
    sides = [np.full((2, 3), number, np.float32) for number in range(4)]
    sides[2] = sides[2].astype(np.float64)
    case, evicted = store.keep(_case(3), [OutputValues(*sides)])
    files = case.outputs[0].values
    assert files is not None
    assert not evicted
    for path, side in zip(dataclasses.astuple(files), sides, strict=True):
        read = np.load(path, mmap_mode="r")
        assert read.dtype == side.dtype
        np.testing.assert_array_equal(read, side)
    assert _names(tmp_path) == {folder_name(case)}
    assert folder_name(case).startswith("batch-3-")


def test_a_side_that_was_not_run_has_no_file(tmp_path: Path) -> None:
    case, _ = ValueStore(tmp_path, 1 << 20, PlainContext()).keep(_case(3), [_pair(1)])
    files = case.outputs[0].values
    assert files is not None
    assert (files.exact, files.plain) == ("", "")
    assert len(list(Path(files.expected).parent.iterdir())) == 2


def test_dtypes_that_numpy_lacks_are_stored_as_float32_and_strings_without_pickling(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    store = ValueStore(tmp_path, 1 << 20, PlainContext())
    small = np.array([1.5, -2.0, np.inf], np.float32).astype(ml_dtypes.bfloat16).reshape(3, 1)
    texts = np.array(["a", "long"], dtype=object)
    for values, dtype, content in ((small, "<f4", [[1.5], [-2.0], [np.inf]]), (texts, "<U4", ["a", "long"])):
        case, _ = store.keep(_case(3), [OutputValues(values, values)])
        files = case.outputs[0].values
        assert files is not None
        read = np.load(files.actual, allow_pickle=False)
        assert read.dtype.str == dtype
        assert read.tolist() == content


def test_what_passes_makes_room_for_what_fails_the_latest_first(tmp_path: Path) -> None:
    store = ValueStore(tmp_path, 10 * KIB, PlainContext())
    example, _ = store.keep(_case(2), [_pair(4)])
    second, _ = store.keep(_case(1), [_pair(4)])
    failing, evicted = store.keep(_case(3, Verdict.FAILED), [_pair(4)])
    assert evicted == {second.choice.key}
    assert _names(tmp_path) == {folder_name(example), folder_name(failing)}
    doubtful, evicted = store.keep(_case(5, Verdict.WARNING), [_pair(4)])
    assert evicted == {example.choice.key}
    assert _names(tmp_path) == {folder_name(doubtful), folder_name(failing)}


def test_what_passes_does_not_drive_out_what_was_kept_before_it(tmp_path: Path) -> None:
    context = Listening()
    store = ValueStore(tmp_path, 10 * KIB, context)
    for size in (2, 1):
        store.keep(_case(size), [_pair(4)])
    third, evicted = store.keep(_case(3), [_pair(4)])
    assert third.outputs[0].values is None
    assert not evicted
    assert len(_names(tmp_path)) == 2
    store.tell()
    assert [level for level, _ in context.lines] == ["info"]
    assert context.lines[0][1].startswith("The values of 1 case were not kept")


def test_a_failing_case_that_fits_in_no_way_drives_nothing_out(tmp_path: Path) -> None:
    store = ValueStore(tmp_path, 10 * KIB, PlainContext())
    example, _ = store.keep(_case(2), [_pair(4)])
    huge, evicted = store.keep(_case(3, Verdict.FAILED), [_pair(11)])
    assert huge.outputs[0].values is None
    assert not evicted
    assert _names(tmp_path) == {folder_name(example)}


def test_sides_that_judging_does_not_need_are_left_out_first(tmp_path: Path) -> None:
    store = ValueStore(tmp_path, 10 * KIB, PlainContext())
    case, _ = store.keep(_case(3), [OutputValues(_array(4), _array(4), _array(4), _array(1))])
    files = case.outputs[0].values
    assert files is not None
    assert (files.exact, Path(files.plain).name) == ("", "0.plain.npy")


def test_what_was_asked_for_goes_before_what_fails(tmp_path: Path) -> None:
    store = ValueStore(tmp_path, 6 * KIB, PlainContext())
    failing, _ = store.keep(_case(3, Verdict.FAILED), [_pair(4)])
    asked, evicted = store.keep(_case(5), [_pair(4)], is_asked=True)
    assert evicted == {failing.choice.key}
    assert asked.outputs[0].values is not None


def test_running_a_case_again_replaces_its_files(tmp_path: Path) -> None:
    store = ValueStore(tmp_path, 10 * KIB, PlainContext())
    store.keep(_case(3), [OutputValues(_array(2), _array(2), _array(2))])
    case, _ = store.keep(_case(3), [_pair(4)])
    (folder,) = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} == {"0.actual.npy", "0.expected.npy"}
    assert case.outputs[0].values is not None


def test_files_of_earlier_runs_go_unless_a_known_case_refers_to_them(tmp_path: Path) -> None:
    first = ValueStore(tmp_path, 1 << 20, PlainContext())
    kept, _ = first.keep(_case(2), [_pair(4)])
    first.keep(_case(3), [_pair(4)])
    (tmp_path / ".half-written").mkdir()
    ValueStore(tmp_path, 1 << 20, PlainContext(), [kept]).delete_strays()
    assert _names(tmp_path) == {folder_name(kept)}


def test_known_values_count_and_strays_make_room(tmp_path: Path) -> None:
    first = ValueStore(tmp_path, 10 * KIB, PlainContext())
    kept, _ = first.keep(_case(2), [_pair(4)])
    stray, _ = first.keep(_case(3), [_pair(4)])
    again = ValueStore(tmp_path, 10 * KIB, PlainContext(), [kept])
    fifth, evicted = again.keep(_case(5), [_pair(4)])
    assert not evicted
    assert _names(tmp_path) == {folder_name(kept), folder_name(fifth)}
    assert with_files_there(stray).outputs[0].values is None
    assert with_files_there(kept) == kept
    assert without_values(kept).outputs[0].values is None


def test_values_that_a_known_case_has_in_a_folder_of_another_run_stay(tmp_path: Path) -> None:
    beside, _ = ValueStore(tmp_path / "added-1", 1 << 20, PlainContext()).keep(_case(3), [_pair(4)])
    store = ValueStore(tmp_path, 10 * KIB, PlainContext(), [beside])
    store.delete_strays()
    assert with_files_there(beside) == beside
    failing, evicted = store.keep(_case(5, Verdict.FAILED), [_pair(9)])
    assert failing.outputs[0].values is not None
    assert evicted == {beside.choice.key}


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    context = Listening()
    store = ValueStore(tmp_path / "file", 1 << 20, context)
    for size in (3, 5):
        case, _ = store.keep(_case(size), [_pair(1)])
        assert case.outputs[0].values is None
    assert [level for level, _ in context.lines] == ["warning"]


def test_names_of_folders_are_safe_and_differ(tmp_path: Path) -> None:
    named = dataclasses.replace(_case(3), label="../été / set: " + "x" * 80, input_set="../été")
    assert folder_name(named) != folder_name(dataclasses.replace(named, seed=1))
    assert len(folder_name(named)) < 60
    assert folder_name(named).replace("-", "").isalnum()


def test_no_values_are_kept_of_a_case_that_could_not_be_compared(tmp_path: Path) -> None:
    case = dataclasses.replace(_case(3), outputs=())
    kept, _ = ValueStore(tmp_path, 1 << 20, PlainContext()).keep(case, ())
    assert kept == case
    assert not list(tmp_path.iterdir())
