"""What a worker says of its interpreter before any job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelpack_gui.core.records.bench import OptionValue

PROTOCOL_VERSION = 1


@dataclass(frozen=True)
class HelloRequest:
    """Ask an interpreter what it has."""


@dataclass(frozen=True)
class PackageInfo:
    """A package that stages use.

    Attributes:
        version: Installed version; empty if it is missing.
        needed_for: What does not work without it.
        pip: Command that installs it in this interpreter.
        is_extra: Whether one may well do without it: nothing but what needs it says that it is missing.
    """

    name: str
    version: str
    needed_for: str
    pip: str
    is_extra: bool = False


@dataclass(frozen=True)
class ExporterInfo:
    """An exporter from the registry.

    Attributes:
        format: Artifact format it makes: `onnx`, `torchscript` or `pt2`.
        exporter: `dynamo`, `trace`, `script`.
        opset_min, opset_max, opset_default: None for formats without opsets.
        missing: Packages that it needs and this interpreter lacks.
        note: What to know before choosing it, one sentence.
        options: Fields of ExportSpec that it heeds besides the paths and the dynamic axes, such as `strict`.
    """

    format: str
    exporter: str
    title: str
    opset_min: int | None
    opset_max: int | None
    opset_default: int | None
    missing: tuple[str, ...]
    note: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class PostStepInfo:
    """A step after the export, from the registry.

    Attributes:
        id: Stable identifier (`onnxslim`), as recipes spell it.
        format: Of the artifacts it works on.
        missing: Packages that it needs and this interpreter lacks.
        note: What it does and costs, one sentence.
    """

    id: str
    format: str
    title: str
    missing: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class OptionInfo:
    """One option of a runner: a choice, a tick or a whole number.

    Attributes:
        default: What holds if it is not given; in `choices`, if there are any.
        minimum, maximum: Of a whole number.
        note: What it does and costs, one sentence.
        problem: Why it cannot be used here; empty if it can.
    """

    name: str
    title: str
    kind: Literal["choice", "bool", "int"]
    default: OptionValue
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 1024
    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class RunnerInfo:
    """A runner from the registry.

    Attributes:
        id: Stable identifier (`onnxruntime`), as recipes spell it.
        needs_artifact: Format of the artifact it runs; empty when it runs the source itself.
        missing: Packages that it needs and this interpreter lacks.
        options: What it can be told, in the order they are shown.
        problem: Why it cannot run here though its packages are there, such as no C++ compiler; empty if it can.
    """

    id: str
    title: str
    needs_artifact: str
    missing: tuple[str, ...]
    note: str = ""
    options: tuple[OptionInfo, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Capabilities:
    """The interpreter, its packages, the machine, and what the registries offer.

    Attributes:
        physical_cores, logical_cores: 0 if unknown.
        memory_bytes: Of the machine; 0 if unknown.
        cpu_flags: Instruction sets that matter here: `avx2`, `avx512_vnni`, `asimd`...
        pace: What sets the pace besides, by name, as far as it is known: `governor`, `turbo`, `virtual_machine`,
            `environment` (variables that the libraries heed).
    """

    protocol: int
    executable: str
    python_version: str
    platform: str
    packages: tuple[PackageInfo, ...]
    cpu: str
    cpu_flags: tuple[str, ...]
    physical_cores: int
    logical_cores: int
    memory_bytes: int
    exporters: tuple[ExporterInfo, ...]
    runners: tuple[RunnerInfo, ...]
    post_steps: tuple[PostStepInfo, ...] = ()
    pace: Mapping[str, str] = field(default_factory=dict)

    @property
    def cores(self) -> int:
        """To compute on: the physical ones, else the logical ones; 1 if neither is known."""
        return self.physical_cores or self.logical_cores or 1

    def version_of(self, package: str) -> str:
        """Installed version of a package; empty if it is missing."""
        return next((info.version for info in self.packages if info.name == package), "")
