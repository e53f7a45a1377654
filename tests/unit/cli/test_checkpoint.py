"""Checkpoints on the command line: options of export, the listing of a file, the key report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from modelpack_gui.cli import commands, main
from modelpack_gui.cli.parser import make_parser
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.report_keys import keys_lines
from modelpack_gui.core import serde
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import CheckpointScan, CheckpointSpec, KeyReport, KeySuggestion, Request, Result
from modelpack_gui.stages.source import checkpoint_scan
from tests.ui.fake_client import FakeClient


def scan(request: Request) -> Result | ErrorInfo:
    try:
        return checkpoint_scan.run(request, PlainContext())  # type: ignore[arg-type]
    except UserError as error:
        return error.info


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient({"scan-checkpoint": scan})
    monkeypatch.setattr(commands, "make_client", lambda: fake)
    return fake


def spec_of(*options: str) -> CheckpointSpec | None:
    given = ("--file", "net.py", "--name", "Net", *options)
    return recipe_of(make_parser().parse_args(["export", *given]))[0].source.checkpoint


def test_options_say_how_the_checkpoint_is_loaded(tmp_path: Path) -> None:
    path = str(tmp_path / "net.pt")
    assert spec_of("--checkpoint", path) == CheckpointSpec(path)
    options = ("--checkpoint-key", "ema", "--checkpoint-prefix", "module.", "--checkpoint-dtype", "float16")
    spec = spec_of("--checkpoint", path, *options, "--no-strict")
    assert spec == CheckpointSpec(path, strict=False, key="ema", prefix="module.", dtype="float16")
    assert spec_of() is None


def test_options_override_those_of_the_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "net.toml"
    recipe.write_text(
        'schema_version = 1\n[source]\nfile = "net.py"\nname = "Net"\n'
        'checkpoint = { path = "net.pt", key = "model", prefix = "module." }\n'
    )
    arguments = make_parser().parse_args(["export", str(recipe), "--checkpoint-key", "", "--no-strict"])
    assert recipe_of(arguments)[0].source.checkpoint == CheckpointSpec("net.pt", strict=False, prefix="module.")


def test_option_about_no_checkpoint_is_an_error() -> None:
    with pytest.raises(UserError) as caught:
        spec_of("--checkpoint-key", "ema")
    assert caught.value.info.code == "checkpoint-not-named"


def test_what_a_checkpoint_holds_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = {"module.conv.weight": torch.zeros(2, 3), "module.conv.bias": torch.zeros(2)}
    torch.save({"model": state, "ema": state, "epoch": 7}, tmp_path / "net.pt")
    status = main(["checkpoint", str(tmp_path / "net.pt"), "--json", str(tmp_path / "out.json")])
    printed = capsys.readouterr().out
    assert status == 0
    assert "model        2  32 B  float32  module.conv.  taken when none is chosen" in printed
    assert "module.conv.weight  float32  2 × 3" in printed
    assert "also: epoch (int 7)" in printed
    data = json.loads((tmp_path / "out.json").read_text())
    assert serde.decode(CheckpointScan, data["checkpoint"]).default_key == "model"


def test_file_that_is_no_checkpoint_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.pt").write_text("<html>")
    assert main(["checkpoint", str(tmp_path / "net.pt")]) == 2
    assert "is not a checkpoint" in capsys.readouterr().err


def test_key_report_says_what_was_done_and_what_a_missing_key_probably_is() -> None:
    suggestion = KeySuggestion("head.weight", "classifier.weight", "same shape [5, 8], same last name")
    keys = KeyReport(
        9, ("head.weight",), ("classifier.weight",), key="ema", prefix="module.", dtype="float16",
        suggestions=(suggestion,),
    )  # fmt: skip
    first, *rest = keys_lines("net.pt", keys)
    assert first == "checkpoint net.pt: 9 keys matched; from 'ema'; without the prefix 'module.'; cast to float16"
    assert rest[-1] == "• missing head.weight is probably classifier.weight (same shape [5, 8], same last name)"
