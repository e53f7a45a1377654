from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSpec
from modelpack_gui.stages.bench import aot_inductor, compiler, torch_compile, torch_model
from modelpack_gui.stages.bench.compiler import compiler_problem
from modelpack_gui.stages.bench.prepare import prepared_of
from modelpack_gui.stages.bench.registry import runner_infos
from tests.unit.stages.bench.nets import context_of, prepared, request_of

VECTOR = InputSpec("x", (4,))


@pytest.fixture(autouse=True)
def _torch_left_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def inductor_config() -> Any:
    import torch._inductor.config as config

    return config


def test_without_a_compiler_the_runners_that_need_one_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    problems = {info.id: info.problem for info in runner_infos()}
    for runner in ("torch_compile", "aot_inductor"):
        assert "no compiler" in problems[runner]
        with pytest.raises(UserError) as caught:
            prepared(request_of(runner), context_of(tmp_path))
        assert caught.value.info.code == "runner-not-available"
        assert "Install" in caught.value.info.hint
    assert problems["eager"] == problems["torchscript_trace"] == ""


def test_a_compiler_without_pythons_headers_is_not_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    assert "Python.h" in compiler_problem()


def test_what_the_compiler_takes_is_told_apart_from_the_first_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    times = iter([5000.0, 2.0])
    monkeypatch.setattr(torch_model, "timed_first_run", lambda call, mode: next(times))
    monkeypatch.setattr(torch, "compile", lambda model, **settings: model)
    monkeypatch.setattr(torch_compile, "compiler_problem", lambda: "")
    report = prepared(request_of("torch_compile", {"mode": "max-autotune"}), context_of(tmp_path))
    assert report.compile_s == pytest.approx(4.998)
    assert report.first_run_ms == 2.0
    assert report.facts["compiler"] == "Inductor, mode max-autotune"


@pytest.mark.skipif(bool(compiler_problem()), reason="there is no C++ compiler")
def test_a_compiled_model_answers_as_the_model_does(tmp_path: Path) -> None:
    # The headers of torch, compiled beforehand: 15 s the first time on a machine, and nothing to one small kernel.
    context = context_of(tmp_path)
    request = request_of("torch_compile", name="Writes", inputs=(VECTOR,))
    with inductor_config().patch(cpp_cache_precompile_headers=False):
        report = prepared(request, context)
    assert report.compile_s is not None
    assert report.compile_s > 0
    runner = prepared_of("torch_compile", context)
    with runner.mode():
        output = runner.another_call(0)()
    assert isinstance(output, torch.Tensor)
    eager = request_of("eager", name="Writes", inputs=(VECTOR,))
    prepared(eager, context)
    with runner.mode():
        expected = prepared_of("eager", context).another_call(0)()
    assert isinstance(expected, torch.Tensor)
    assert torch.equal(output, expected)


def test_what_torch_export_or_the_compiler_refuses_is_said_with_what_helps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch._inductor as inductor

    monkeypatch.setattr(aot_inductor, "compiler_problem", lambda: "")

    def refuses(*arguments: Any, **settings: Any) -> str:
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(inductor, "aoti_compile_and_package", refuses)
    with pytest.raises(UserError) as caught:
        prepared(request_of("aot_inductor"), context_of(tmp_path))
    assert caught.value.info.code == "compile-failed"
    assert "no such kernel" in caught.value.info.message


def test_a_library_made_ahead_of_time_is_run_and_its_compilation_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The compilation itself, some 20 s, is left out; `scripts/bench/runner_p50.py` makes it."""
    import torch._inductor as inductor

    made: dict[str, Any] = {}

    def compiled(program: Any, *, package_path: str, inductor_configs: dict[str, bool]) -> str:
        made.update(program=program, path=package_path, configs=inductor_configs)
        return package_path

    monkeypatch.setattr(aot_inductor, "compiler_problem", lambda: "")
    monkeypatch.setattr(inductor, "aoti_compile_and_package", compiled)
    monkeypatch.setattr(inductor, "aoti_load_package", lambda path: made["program"].module())
    context = context_of(tmp_path)
    report = prepared(request_of("aot_inductor", {"freezing": True}), context)
    assert report.compile_s is not None
    assert made["configs"] == {"max_autotune": False, "freezing": True}
    assert Path(made["path"]).is_relative_to(context.scratch)
    runner = prepared_of(request_of("aot_inductor", {"freezing": True}).runner.key, context)
    assert runner.read is not None
    with runner.mode():
        assert runner.read(runner.call())[0].info.shape == (2, 5)


def test_headers_are_not_compiled_beforehand_without_the_program_that_torch_asks_for_their_checksum(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for found in ("/usr/bin/openssl", None):
        monkeypatch.setattr(shutil, "which", lambda name, found=found: found)
        with inductor_config().patch(cpp_cache_precompile_headers=True):
            config = compiler.fresh_inductor(context_of(tmp_path))
            assert config.cpp_cache_precompile_headers is (found is not None)
