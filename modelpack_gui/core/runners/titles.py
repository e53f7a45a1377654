"""How a configured runner is called: the registry's title, its options in words, and the file that it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from modelpack_gui.core.records import OptionInfo, OptionValue, RunnerInfo, RunnerSpec


def runner_title(spec: RunnerSpec, infos: Sequence[RunnerInfo]) -> str:
    """`ONNX Runtime (threads 1, int8.onnx)`; the label instead, where one was given.

    Args:
        infos: Of the registry; a runner that is not in it goes by its identifier.
    """
    if spec.label:
        return spec.label
    info = info_of(spec.runner, infos)
    title = info.title if info is not None else spec.runner
    file = PurePath(spec.artifact.replace("\\", "/")).name
    details = ", ".join(part for part in (options_text(spec, infos), file) if part)
    return f"{title} ({details})" if details else title


def options_text(spec: RunnerSpec, infos: Sequence[RunnerInfo]) -> str:
    """Its options in the order of the registry, those it does not know last: `threads 1, no spinning`."""
    info = info_of(spec.runner, infos)
    known = {option.name: option for option in info.options} if info is not None else {}
    names = [name for name in known if name in spec.options]
    names += sorted(name for name in spec.options if name not in known)
    return ", ".join(option_text(known.get(name), name, spec.options[name]) for name in names)


def option_text(option: OptionInfo | None, name: str, value: OptionValue) -> str:
    """One option as it is set. Without an `option` the name stands for its title."""
    title = _lower_first(option.title) if option is not None else name.replace("_", " ")
    if isinstance(value, bool):
        return title if value else f"no {title}"
    return f"{title} {value}"


def info_of(runner: str, infos: Sequence[RunnerInfo]) -> RunnerInfo | None:
    """What the registry says of a runner; None if it is not in it."""
    return next((info for info in infos if info.id == runner), None)


def _lower_first(title: str) -> str:
    """`Threads` in a sentence is `threads`, but `IO binding` stays."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title
