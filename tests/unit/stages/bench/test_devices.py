"""What else than this machine has: other execution providers, and CUDA."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.bench import libraries, onnx_session, torch_model, torch_options
from modelpack_gui.stages.bench.libraries import Devices
from modelpack_gui.stages.bench.options import Options, checked
from modelpack_gui.stages.bench.registry import runner_infos
from modelpack_gui.stages.common.apart import Apart


class Subgraph:
    def __init__(self, ep_name: str, nodes: int) -> None:
        self.ep_name = ep_name
        self._nodes = nodes

    def get_nodes(self) -> list[str]:
        return ["node"] * self._nodes


class Session:
    def __init__(self, *providers: str, nodes: dict[str, int] | None = None) -> None:
        self._providers = list(providers)
        self._nodes = nodes or {}

    def get_providers(self) -> list[str]:
        return self._providers

    def get_provider_graph_assignment_info(self) -> list[Subgraph]:
        return [Subgraph(name, count) for name, count in self._nodes.items()]


def asked(provider: str) -> Options:
    return Options({"provider": provider})


CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


def test_a_provider_that_runs_all_nodes_needs_no_warning() -> None:
    assert onnx_session.assigned(Session(CUDA, CPU, nodes={CUDA: 9}), asked("cuda")) == (CUDA, ())


def test_nodes_that_fall_back_to_the_cpu_are_counted() -> None:
    provider, warnings = onnx_session.assigned(Session(CUDA, CPU, nodes={CUDA: 7, CPU: 2}), asked("cuda"))
    assert provider == CUDA
    assert warnings == ("2 of 9 nodes run on the CPU, for cuda does not take them.",)


def test_a_provider_that_takes_no_node_is_not_what_runs_them() -> None:
    provider, warnings = onnx_session.assigned(Session(CUDA, CPU, nodes={CPU: 9}), asked("cuda"))
    assert provider == CPU
    assert "9 of 9 nodes" in warnings[0]


def test_a_provider_that_did_not_start_is_told() -> None:
    provider, warnings = onnx_session.assigned(Session(CPU), asked("cuda"))
    assert provider == CPU
    assert "did not start" in warnings[0]


def test_a_release_that_does_not_tell_the_nodes_is_told() -> None:
    assert "does not say" in onnx_session.assigned(Session(CUDA, CPU), asked("cuda"))[1][0]


def test_the_providers_of_the_interpreter_are_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "devices", lambda: Devices(("TensorrtExecutionProvider", CUDA, CPU)))
    info = next(info for info in runner_infos() if info.id == "onnxruntime")
    provider = next(option for option in info.options if option.name == "provider")
    assert provider.choices == ("cpu", "tensorrt", "cuda")
    assert provider.default == "cpu"


def test_a_provider_that_is_not_there_is_refused_with_those_that_are() -> None:
    options = checked("ONNX Runtime", onnx_session.options((CUDA, CPU)), {"provider": "cuda"})
    with pytest.raises(UserError) as caught:
        onnx_session.open_session(Path("net.onnx"), options, 1)
    assert caught.value.info.code == "provider-not-available"
    assert "cpu" in caught.value.info.hint


def test_an_onnx_runtime_that_cannot_be_imported_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "devices", lambda: Devices(problem="onnxruntime cannot be imported: no DLL"))
    info = next(info for info in runner_infos() if info.id == "onnxruntime")
    assert info.problem == "onnxruntime cannot be imported: no DLL"


@pytest.fixture
def asked_anew() -> Iterator[None]:
    caches = (libraries.devices, libraries._asked)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("asked_anew")
def test_the_interpreter_is_asked_in_a_process_of_its_own() -> None:
    import onnxruntime

    libraries.begin()
    found = libraries.devices()
    assert found.problem == ""
    here = onnxruntime.get_available_providers()
    assert found.providers == tuple(name for name in here if name != "AzureExecutionProvider")


@pytest.mark.usefixtures("asked_anew")
def test_a_process_that_dies_of_its_libraries_leaves_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "Apart", lambda function, argument: Apart("os:_exit", 3))
    assert "exit status 3" in libraries.devices().problem


@pytest.mark.parametrize(
    ("line", "has_cuda"),
    [("cuda: Optional[str] = '12.8'", True), ("cuda: Optional[str] = None", False), ('cuda = "11.8"', True)],
)
def test_torchs_own_file_tells_whether_it_is_built_for_cuda(line: str, has_cuda: bool) -> None:
    text = f"__all__ = ['cuda']\n__version__ = '2.13.0'\ndebug = False\n{line}\nhip: Optional[str] = None\n"
    assert (libraries._BUILT_FOR_CUDA.search(text) is not None) is has_cuda


def test_a_device_is_a_choice_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "has_cuda", lambda: False)
    assert all(option.name != "device" for info in runner_infos() for option in info.options)
    monkeypatch.setattr(libraries, "has_cuda", lambda: True)
    has = {info.id for info in runner_infos() for option in info.options if option.name == "device"}
    assert {"eager", "torch_compile", "torchscript_trace", "torchscript_file", "exported_program"} <= has
    assert "onnxruntime" not in has


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_that_torch_does_not_find_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        torch_options.device_of(Options({"device": "cuda"}))
    assert caught.value.info.code == "device-not-available"


def test_a_run_on_cuda_lasts_until_the_device_has_done_it(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[Any] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: log.append("synchronized"))

    def module(tensor: torch.Tensor) -> str:
        log.append(tensor)
        return "output"

    assert torch_model._cuda_call(module, ("input",))() == "output"  # type: ignore[arg-type]
    assert log == ["input", "synchronized"]
