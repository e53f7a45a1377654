"""The runners of a benchmark as they are offered and listed: what each is called, and why one cannot run here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from modelpack_gui.core.artifact_formats import FORMAT_TITLES, SUFFIXES
from modelpack_gui.core.records import Capabilities, RunnerInfo, RunnerSpec
from modelpack_gui.core.runners.titles import info_of, options_text, runner_title
from modelpack_gui.ui.look.runner_colors import Look, look_of


@dataclass(frozen=True)
class Surroundings:
    """What a runner can be given here.

    Attributes:
        capabilities: None until the interpreter has answered.
        artifact_format: Of the recipe's own artifact.
        has_model: Whether there is a PyTorch model, and not an ONNX file alone.
    """

    capabilities: Capabilities | None = None
    artifact_format: str = "onnx"
    has_model: bool = True

    @property
    def infos(self) -> tuple[RunnerInfo, ...]:
        """What the registry has; empty until the interpreter has answered."""
        return self.capabilities.runners if self.capabilities is not None else ()


@dataclass(frozen=True)
class RunnerEntry:
    """One configured runner in the list.

    Attributes:
        title: Without what is set of it, unless it has a label.
        details: Options that are not the default and the file, in words; empty if there is nothing to say.
        is_on: Whether the next benchmark measures it.
        problem: Why it cannot be run here, in a few words; empty if it can.
        tooltip: The problem with what helps, or what to know.
    """

    spec: RunnerSpec
    title: str
    details: str
    look: Look
    is_on: bool = True
    is_baseline: bool = False
    problem: str = ""
    tooltip: str = ""

    @property
    def key(self) -> str:
        """That of the runner."""
        return self.spec.key


@dataclass(frozen=True)
class RunnerOffer:
    """A runner of the registry that can be added.

    Attributes:
        is_there: Whether it is in the list as it comes, so that another one needs other options.
        install: Command that installs what it lacks; empty if it lacks nothing.
    """

    info: RunnerInfo
    is_there: bool
    problem: str = ""
    tooltip: str = ""
    install: str = ""


def runner_entry(
    spec: RunnerSpec,
    around: Surroundings,
    keys: Sequence[str],
    *,
    is_on: bool = True,
    is_baseline: bool = False,
) -> RunnerEntry:
    """A runner as it is listed; `keys` are those that colours are given to."""
    info = info_of(spec.runner, around.infos)
    title = spec.label or (info.title if info is not None else spec.runner)
    file = PurePath(spec.artifact.replace("\\", "/")).name
    details = ", ".join(part for part in (options_text(spec, around.infos), file) if part)
    problem, advice = runner_problem(spec, around)
    note = info.note if info is not None else ""
    lines = (runner_title(spec, around.infos), details if spec.label else "", spec.artifact, advice or note)
    tooltip = "\n".join(dict.fromkeys(line for line in lines if line))
    return RunnerEntry(spec, title, details, look_of(spec.key, keys), is_on, is_baseline, problem, tooltip)


def runner_offers(around: Surroundings, there: Sequence[str]) -> tuple[RunnerOffer, ...]:
    """All runners of the registry, in its order; `there` are the keys in the list."""
    offers = []
    for info in around.infos:
        problem, advice = runner_problem(RunnerSpec(info.id), around)
        install = "\n".join(_commands(info, around.capabilities))
        offers.append(RunnerOffer(info, info.id in there, problem, advice or info.note, install))
    return tuple(offers)


def runner_problem(spec: RunnerSpec, around: Surroundings) -> tuple[str, str]:
    """Why a runner cannot run here in a few words, and in whole sentences with what helps; both empty if it can."""
    capabilities = around.capabilities
    if capabilities is None:
        return "", ""
    info = info_of(spec.runner, around.infos)
    if info is None:
        return "unknown", f"This version has no runner {spec.runner!r}; the recipe names it."
    if info.missing:
        problem = f"needs {', '.join(info.missing)}"
        lines = [f"{info.title} {problem}, which this interpreter lacks. To install:", *_commands(info, capabilities)]
        return problem, "\n".join(lines)
    if info.problem:
        return "not here", info.problem
    if not info.needs_artifact and not around.has_model:
        return "needs a PyTorch model", f"{info.title} runs PyTorch models; the source is an artifact."
    return _file_problem(spec, info, around.artifact_format)


def runners_for_file(path: str, infos: Sequence[RunnerInfo]) -> tuple[RunnerInfo, ...]:
    """The runners that take a file, by how its name ends; those that can run here first."""
    suffix = PurePath(path).suffix.lower()
    formats = [name for name, suffixes in SUFFIXES.items() if suffix in suffixes]
    found = [info for info in infos if info.needs_artifact in formats]
    return tuple(sorted(found, key=lambda info: bool(info.missing or info.problem)))


def _file_problem(spec: RunnerSpec, info: RunnerInfo, artifact_format: str) -> tuple[str, str]:
    needed = info.needs_artifact
    if not needed or needed not in FORMAT_TITLES:
        return "", ""
    title = FORMAT_TITLES[needed]
    suffixes = next(suffixes for name, suffixes in SUFFIXES.items() if name == needed)
    if spec.artifact and not spec.artifact.lower().endswith(suffixes):
        advice = f"{info.title} runs {title} files; {spec.artifact} is none. Choose one that ends in {suffixes[0]}."
        return f"needs a {suffixes[0]} file", advice
    if not spec.artifact and artifact_format != needed:
        made = FORMAT_TITLES.get(artifact_format, artifact_format)
        advice = f"{info.title} runs {title} files, and the export makes {made}. Give it a file of its own: Options…"
        return f"needs a {suffixes[0]} file", advice
    return "", ""


def _commands(info: RunnerInfo, capabilities: Capabilities | None) -> list[str]:
    packages = capabilities.packages if capabilities is not None else ()
    known = {package.name: package.pip for package in packages if package.pip}
    return [known.get(name, f"pip install {name}") for name in info.missing]
