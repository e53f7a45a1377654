"""A .pt2 archive is a bag of pickles and formulas: neither runs anything."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.source import exported_program
from modelpack_gui.stages.source.exported_program import is_formula
from modelpack_gui.stages.source.forward import run_forward
from tests.unit.stages.source.saved.files import RunsCommand, build, described, error_of


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def test_pickles_in_an_exported_program_run_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save((RunsCommand(),), tmp_path / "inputs.pt")
    evil = (tmp_path / "inputs.pt").read_bytes()
    path = tmp_path / "evil.pt2"
    rewritten(folder / "program.pt2", path, lambda name, data: evil if "sample_inputs" in name else data)
    info = error_of(tmp_path, "evil.pt2", allowed_globals=(f"{os.system.__module__}.system",))
    assert info.code == "saved-model-forbidden-global"
    assert not (tmp_path / "ran-by-pickle").exists()


def test_a_size_in_an_exported_program_that_is_code_is_refused(folder: Path, tmp_path: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return data
        text = data.decode()
        start = text.index("Symbol('")
        end = text.index('"', start)
        return (text[:start] + "__import__('os').getcwd()" + text[end:]).encode()

    rewritten(folder / "program.pt2", tmp_path / "evil.pt2", change)
    assert error_of(tmp_path, "evil.pt2").code == "saved-model-unsafe-expression"


def test_real_formulas_of_sizes_are_accepted(tmp_path: Path) -> None:
    class Pool(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([x, x[:, :, : x.shape[2] // 2]], 2)

    example = torch.rand(2, 3, 16)
    shapes = ({0: torch.export.Dim.AUTO, 2: torch.export.Dim.AUTO},)
    torch.export.save(torch.export.export(Pool(), (example,), dynamic_shapes=shapes), tmp_path / "pool.pt2")
    text = json.dumps(zipfile.ZipFile(tmp_path / "pool.pt2").read("pool/models/model.json").decode())
    assert "//" in text or "floor" in text.lower() or "Div" in text  # a formula, not a plain symbol
    assert run_forward(build(tmp_path, "pool.pt2").module, [example])[0][1].shape == (2, 3, 24)
    assert [dim.name for dim in described(tmp_path, "pool.pt2").dynamic] == ["batch", "x_2"]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "eval('1')",
        "S('print')('x')",
        "Symbol('a').__class__",
        "(lambda: 1)()",
        "[x for x in s0]",
        "Integer('1+f(2)')",
        "s0 +",
    ],
)
def test_a_size_that_is_more_than_a_formula_is_told(text: str) -> None:
    assert not is_formula(text)
    assert is_formula("Add(Symbol('s53', positive=True, integer=True), FloorDiv(s1 - 2*s3, Integer(2)))")


def test_a_weight_whose_bytes_look_like_a_pickle_is_no_reason_to_refuse_a_program(tmp_path: Path) -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    bits = int.from_bytes(b"\x80\x04\x93.", "little", signed=True)  # PROTO 4, STACK_GLOBAL, STOP
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[bits]], dtype=torch.int32).view(torch.float32))
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(module, (torch.ones(1, 1),)), path)

    exported_program.check_archive(path, ())


def test_a_pickle_of_the_oldest_protocol_in_a_program_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(torch.nn.Linear(1, 1), (torch.ones(1, 1),)), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("net/data/constants/custom_obj_0", b"cos\nsystem\n(S'true'\ntR.")

    with pytest.raises(UserError) as caught:
        exported_program.check_archive(path, ())

    assert caught.value.info.code == "saved-model-forbidden-global"
