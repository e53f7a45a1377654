"""Help, usage errors and the environment."""

from __future__ import annotations

import pytest

from modelpack_gui import __version__
from modelpack_gui.cli import main


def test_env_shows_versions_exporters_and_runners(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"]) == 0
    printed = capsys.readouterr().out
    for part in ("Python 3.", "torch", "onnxruntime", "dynamo", "eager"):
        assert part in printed


@pytest.mark.parametrize("name", ["run", "export", "inspect", "check", "parity", "bench", "gui", "env"])
def test_the_help_of_every_command_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"examples:\n  modelpack {name}" in capsys.readouterr().out


def test_help_tells_the_exit_statuses_and_version_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "exit status:" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"modelpack {__version__}"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["rum"],
        ["run"],
        ["run", "a.toml", "--stages", "load,expotr"],
        ["run", "a.toml", "--stages", ","],
        ["export", "--input", "x:float32"],
        ["export", "--input", "x:float32:2xbig"],
        ["export", "--dynamic", "x=batch"],
        ["export", "--dynamic", "x:first=batch"],
        ["export", "--arg", "width"],
        ["export", "--format", "tflite"],
        ["parity", "a.toml", "--sizes", "1,two"],
    ],
)
def test_a_usage_error_is_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: modelpack" in capsys.readouterr().err
