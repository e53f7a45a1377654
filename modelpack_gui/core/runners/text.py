"""Configured runners as a command line spells them: `onnxruntime[threads=1,file=build/int8.onnx]`, as their keys."""

from __future__ import annotations

import re

from modelpack_gui.core.artifact_formats import SUFFIXES
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import OptionValue, RunnerSpec

_RUNNER = re.compile(r"(?P<name>[A-Za-z_][\w.-]*)(?:\[(?P<options>.*)\])?", re.DOTALL)
_OF_FORMAT = {"onnx": "onnxruntime", "torchscript": "torchscript_file", "pt2": "exported_program"}
_FILE = "file"


def parse_runner(text: str) -> RunnerSpec:
    """One runner with its options; the name of a saved model alone stands for what runs such files.

    `true` and `false` are truth values, and what looks like a number is one; quotes make a word of anything.

    Raises:
        UserError: `runner-not-valid`.
    """
    text = text.strip()
    for format_, suffixes in SUFFIXES.items():
        if text.lower().endswith(suffixes) and "[" not in text:
            return RunnerSpec(_OF_FORMAT[format_], artifact=text)
    match = _RUNNER.fullmatch(text)
    if match is None:
        raise _not_valid(text, "it is not of the form name[option=value,...]")
    options: dict[str, OptionValue] = {}
    artifact = ""
    for part in _split(match["options"] or ""):
        name, separator, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not separator or not name or not value:
            raise _not_valid(text, f"{part!r} is not of the form option=value")
        if name == _FILE:
            artifact = value
        else:
            options[name] = _value(value)
    return RunnerSpec(match["name"], options, artifact)


def split_runners(text: str) -> tuple[RunnerSpec, ...]:
    """Several, separated by commas; those inside brackets do not separate.

    Raises:
        UserError: `runner-not-valid`.
    """
    return tuple(parse_runner(part) for part in _split(text))


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _value(text: str) -> OptionValue:
    if text[0] in "'\"" and text[-1] == text[0] and len(text) > 1:
        return text[1:-1]
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _not_valid(text: str, why: str) -> UserError:
    return UserError(
        "runner-not-valid",
        f"{text!r} is not a runner: {why}.",
        "Name one as eager, onnxruntime[threads=1] or onnxruntime[file=build/int8.onnx]; `modelpack env` lists them.",
    )
