"""What this interpreter and machine can do. Imports none of the libraries it reports on, so it answers at once."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import PROTOCOL_VERSION, Capabilities, HelloRequest, PackageInfo
from modelpack_gui.stages import machine, machine_state

PACKAGES = {
    "torch": "Everything: it builds the model and runs it.",
    "numpy": "Everything: tensors pass between the runtimes as arrays.",
    "onnx": "ONNX export, the graph and the checks.",
    "onnxscript": "ONNX export with the dynamo exporter.",
    "onnxruntime": "Parity and benchmarks of ONNX artifacts.",
    "onnxslim": "The post-step of that name after an export to ONNX.",
    "safetensors": "Checkpoints and example inputs in the .safetensors format.",
    "pillow": "Pictures as example inputs.",
    "hdrhistogram": "Latencies of runners under load.",
    "openvino": "The runner OpenVINO of the benchmark.",
}
"""Packages that stages use, and what does not work without each."""

_EXTRAS = frozenset({"hdrhistogram", "openvino"})

_OTHER_BUILDS = {
    "onnxruntime": (
        "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml", "onnxruntime-training", "ort-nightly",
    ),
}  # fmt: skip


def run(request: HelloRequest, context: Context) -> Capabilities:  # noqa: ARG001 (the signature of every stage)
    """Look at the interpreter and the machine."""
    from modelpack_gui.stages.bench import libraries
    from modelpack_gui.stages.bench.registry import runner_infos
    from modelpack_gui.stages.export.post.registry import post_step_infos
    from modelpack_gui.stages.export.registry import exporter_infos

    libraries.begin()
    found = machine.look()
    return Capabilities(
        protocol=PROTOCOL_VERSION,
        executable=sys.executable,
        python_version=platform.python_version(),
        platform=platform.platform(),
        packages=tuple(_package(name, needed_for) for name, needed_for in PACKAGES.items()),
        cpu=found.cpu,
        cpu_flags=found.flags,
        physical_cores=found.physical_cores,
        logical_cores=found.logical_cores,
        memory_bytes=found.memory_bytes,
        exporters=exporter_infos(),
        runners=runner_infos(),
        post_steps=post_step_infos(),
        pace=machine_state.settings(),
    )


def installed_version(name: str) -> str:
    """Version of an installed package, by its metadata; empty if it is missing."""
    for distribution in (name, *_OTHER_BUILDS.get(name, ())):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return ""


def missing_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some packages that are not installed."""
    return tuple(name for name in names if not installed_version(name))


def _package(name: str, needed_for: str) -> PackageInfo:
    pip = f'"{sys.executable}" -m pip install {name}'
    return PackageInfo(
        name=name, version=installed_version(name), needed_for=needed_for, pip=pip, is_extra=name in _EXTRAS
    )
