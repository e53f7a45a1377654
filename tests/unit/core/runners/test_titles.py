from __future__ import annotations

from modelpack_gui.core.records import OptionInfo, RunnerInfo, RunnerSpec
from modelpack_gui.core.runners.titles import options_text, runner_title

INFOS = (
    RunnerInfo("eager", "PyTorch eager", "", ()),
    RunnerInfo(
        "onnxruntime",
        "ONNX Runtime",
        "onnx",
        (),
        options=(
            OptionInfo("threads", "Threads", "int", 0),
            OptionInfo("spinning", "Spinning", "bool", True),
            OptionInfo("io_binding", "IO binding", "bool", False),
        ),
    ),
)


def test_a_runner_without_options_has_the_registrys_title() -> None:
    assert runner_title(RunnerSpec("eager"), INFOS) == "PyTorch eager"


def test_options_come_in_the_registrys_order_and_in_words() -> None:
    spec = RunnerSpec("onnxruntime", {"spinning": False, "io_binding": True, "threads": 1})
    assert options_text(spec, INFOS) == "threads 1, no spinning, IO binding"


def test_the_name_of_a_file_is_told_without_its_folder() -> None:
    for path in ("build/int8.onnx", r"C:\models\int8.onnx", "int8.onnx"):
        assert runner_title(RunnerSpec("onnxruntime", artifact=path), INFOS) == "ONNX Runtime (int8.onnx)"


def test_a_label_stands_for_all_of_it() -> None:
    assert runner_title(RunnerSpec("onnxruntime", {"threads": 1}, "a.onnx", "INT8"), INFOS) == "INT8"


def test_what_the_registry_does_not_know_goes_by_its_name() -> None:
    spec = RunnerSpec("tensorrt", {"workspace_mb": 64, "fp16": False})
    assert runner_title(spec, INFOS) == "tensorrt (no fp16, workspace mb 64)"
