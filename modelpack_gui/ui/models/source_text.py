"""The interpreter and the loaded model in words, and as the inspector shows them."""

from __future__ import annotations

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import (
    CallableInfo,
    Capabilities,
    ExporterInfo,
    LoadReport,
    ModuleInfo,
    SavedModel,
    TensorInfo,
)
from modelpack_gui.core.saved_models import SavedKind
from modelpack_gui.ui.inspection import Inspection, Property, Section


def capabilities_line(found: Capabilities) -> str:
    """One line: `Python 3.11.7 · torch 2.13.0 · ... · CPU · 4 threads`."""
    parts = [f"Python {found.python_version}"]
    for name in ("torch", "onnx", "onnxruntime"):
        version = found.version_of(name)
        parts.append(f"{name} {version}" if version else f"no {name}")
    parts.append(found.cpu or "CPU unknown")
    if found.logical_cores:
        parts.append(fmt.plural(found.logical_cores, "thread"))
    return " · ".join(parts)


def capabilities_inspection(found: Capabilities) -> Inspection:
    """Everything an interpreter said of itself."""
    cores = f"{found.physical_cores or 'unknown'} physical, {found.logical_cores or 'unknown'} logical"
    return Inspection(
        "Interpreter",
        f"Python {found.python_version}",
        (
            Section(
                "Interpreter",
                (
                    Property("executable", found.executable, is_mono=True),
                    Property("version", found.python_version),
                    Property("platform", found.platform),
                ),
            ),
            Section(
                "Packages",
                tuple(
                    Property(info.name, info.version or "missing", info.version or f"{info.needed_for}\n{info.pip}")
                    for info in found.packages
                ),
            ),
            Section(
                "Machine",
                (
                    Property("CPU", found.cpu),
                    Property("cores", cores),
                    Property(
                        "memory", fmt.size(found.memory_bytes) if found.memory_bytes else "unknown",
                        f"{found.memory_bytes} B" if found.memory_bytes else "",
                    ),
                    Property("instruction sets", ", ".join(found.cpu_flags) or "none of note", is_mono=True),
                ),
            ),
            Section(
                "Exporters",
                tuple(
                    Property(info.title, _availability(info), info.note) for info in found.exporters
                ),
            ),
        ),
    )  # fmt: skip


def _availability(info: ExporterInfo) -> str:
    return f"needs {', '.join(info.missing)}" if info.missing else "available"


def callable_line(info: CallableInfo) -> str:
    """What a class or factory is, and the first line of its docstring."""
    if info.abstract:
        what = f"Abstract class: {', '.join(info.abstract)} is still to be written, so it cannot be constructed."
        return what if len(info.abstract) == 1 else what.replace(" is still", " are still")
    kind = {
        "module": "nn.Module class",
        "class": "Class",
        "factory": "Factory",
        "instance": "Module made by the file",
    }[info.kind]
    return f"{kind}, line {info.line}. {info.summary}".strip()


def saved_line(saved: SavedModel) -> str:
    """What a saved model is, in one line: `TorchScript archive of Net, written by torch.jit.trace.`"""
    label = SavedKind(saved.kind).label
    of = f" of {saved.class_name}" if saved.class_name else ""
    by = f", written by {saved.producer}" if saved.producer else ""
    return f"{label[0].upper()}{label[1:]}{of}{by}."


def tensor_lines(tensors: tuple[TensorInfo, ...]) -> tuple[str, ...]:
    """One line for each input or output: `x: float32 batch × 3 × 32`."""
    return tuple(
        f"{item.name}: " + (f"{item.dtype or 'tensor'} {item.shape_text}" if item.shape is not None
                            else item.dtype or "tensor of any shape")
        for item in tensors
    )  # fmt: skip


def load_sentence(report: LoadReport) -> str:
    """The verdict on a loaded model."""
    head = (
        f"Loaded {report.class_name} in {fmt.duration(report.duration_s)}: "
        f"{fmt.plural(report.parameters, 'parameter')}, {fmt.size(report.size_bytes)}"
    )
    keys = report.keys
    if keys is None:
        whose = "those of the file" if not report.source_path.endswith(".py") else "as the constructor made them"
        return f"{head}. No checkpoint: the weights are {whose}."
    doubts = [
        fmt.plural(len(items), "key") + f" {what}"
        for items, what in (
            (keys.missing, "missing"),
            (keys.unexpected, "unexpected"),
            (keys.mismatched, "of another shape"),
        )
        if items
    ]
    if doubts:
        return f"{head}. The checkpoint does not fit in full: {', '.join(doubts)}; {fmt.count(keys.matched)} matched."
    return f"{head}; all {fmt.plural(keys.matched, 'checkpoint key')} matched."


def load_facts(report: LoadReport) -> tuple[tuple[str, str, str], ...]:
    """Name, value and full value of what a load counts."""
    rows = [
        ("Parameters", fmt.count(report.parameters), str(report.parameters)),
        ("Trainable", fmt.count(report.trainable_parameters), str(report.trainable_parameters)),
        ("Buffer elements", fmt.count(report.buffers), str(report.buffers)),
        ("Size in memory", fmt.size(report.size_bytes), f"{report.size_bytes} B"),
        ("Modules", fmt.count(len(report.modules)), str(len(report.modules))),
    ]
    if report.checkpoint_path:
        size = report.checkpoint_size_bytes
        rows.append(("Checkpoint", fmt.size(size), f"{report.checkpoint_path}\n{size} B"))
    return tuple(rows)


def module_inspection(module: ModuleInfo, report: LoadReport) -> Inspection:
    """One module of the tree."""
    share = module.parameters / report.parameters if report.parameters else 0.0
    prefix = f"{module.path}." if module.path else ""
    keys = report.keys
    properties = (
        Property("path", module.path or "(the model)", is_mono=True),
        Property("class", module.class_name, is_mono=True),
        Property("parameters", fmt.count(module.parameters), str(module.parameters)),
        Property("own parameters", fmt.count(module.own_parameters), str(module.own_parameters)),
        Property("share of all", f"{100 * share:.1f} %", repr(share)),
        Property("size", fmt.size(module.size_bytes), f"{module.size_bytes} B"),
    )
    sections = [Section("Module", properties)]
    if keys is not None:
        lacking = [(key, "missing") for key in keys.missing] + [(item.key, "other shape") for item in keys.mismatched]
        doubtful = [Property(key, what, is_mono=True) for key, what in lacking if key.startswith(prefix)]
        if doubtful:
            sections.append(Section("Keys without a value from the checkpoint", tuple(doubtful)))
    return Inspection(module.path or module.class_name, "module", tuple(sections))


def shape_text(shape: tuple[int, ...]) -> str:
    """A known shape."""
    return TensorInfo("", "", shape).shape_text
