"""A whole pickled module: nothing of it runs without consent, and never what no consent covers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.unit.stages.source.saved.files import NET, RunsCommand, build, described, error_of, outputs

ALLOWED = ("net.Net", "torch.nn.modules.linear.Linear", "torch.nn.modules.dropout.Dropout")


def test_without_consent_a_pickled_module_lists_all_that_it_would_run(folder: Path) -> None:
    info = error_of(folder, "whole.pt")
    assert info.code == "saved-model-unsafe-global"
    assert sorted(info.details.splitlines()) == sorted(ALLOWED)
    assert sorted(described(folder, "whole.pt").globals) == sorted(ALLOWED)


def test_consent_to_some_globals_still_refuses_the_others(folder: Path) -> None:
    assert error_of(folder, "whole.pt", allowed_globals=ALLOWED[:2]).details == ALLOWED[2]


def test_with_consent_a_pickled_module_is_loaded_with_the_classes_beside_it(folder: Path) -> None:
    built = build(folder, "whole.pt", allowed_globals=ALLOWED)
    assert built.class_name == "Net"
    assert torch.equal(outputs(built), outputs(build(folder, "net.py", name="Net")))
    assert [Path(item.path).name for item in built.files] == ["whole.pt", "net.py"]


def test_a_module_pickled_by_a_script_takes_its_class_from_the_one_file_that_has_it(tmp_path: Path) -> None:
    text = NET + "\n\nif __name__ == '__main__':\n    torch.save(Net(), 'whole.pt')\n"
    (tmp_path / "train.py").write_text(text)
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True)
    wanted = described(tmp_path, "whole.pt").globals
    assert wanted[0] == "__main__.Net"
    assert build(tmp_path, "whole.pt", allowed_globals=wanted).class_name == "Net"
    (tmp_path / "copy.py").write_text(text)
    info = error_of(tmp_path, "whole.pt", allowed_globals=wanted)
    assert info.code == "saved-model-class-missing"
    assert "copy.py and train.py" in info.message


def test_a_pickled_module_whose_class_is_gone_names_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "whole.pt").write_bytes((folder / "whole.pt").read_bytes())
    info = error_of(tmp_path, "whole.pt", allowed_globals=ALLOWED)
    assert info.code == "saved-model-class-missing"
    assert "net.Net" in info.message


class Holder(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = RunsCommand()


def test_a_command_in_a_pickled_module_is_refused_with_any_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(Holder(), tmp_path / "evil.pt")
    wanted = described(tmp_path, "evil.pt")
    assert wanted.forbidden == (f"{os.system.__module__}.system",)
    info = error_of(tmp_path, "evil.pt", allowed_globals=wanted.globals)
    assert info.code == "saved-model-forbidden-global"
    assert not (tmp_path / "ran-by-pickle").exists()


def test_a_pickled_module_of_the_old_format_says_how_to_save_it_again(folder: Path) -> None:
    assert error_of(folder, "old.pt").code == "saved-model-old-format"
