"""What stands in the way before a model is exported: packages, versions, memory, wrappers, unfinished models."""

from __future__ import annotations

import re

from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.stages.explain.base import Entry, Finding, Situation
from modelpack_gui.stages.explain.edits import use_exporter, use_opset
from modelpack_gui.stages.explain.places import line_of
from modelpack_gui.stages.explain.source_lines import calls_of, method_line, places_of, returns_of
from modelpack_gui.stages.export.registry import find
from modelpack_gui.stages.source.usercode import pip_command, pip_name

_NEEDED = re.compile(r"needs (?:the package )?([\w\", >=.-]+?), which this interpreter lacks")
_NO_MODULE = re.compile(r"has no module '([\w.]+)'")
_COMPILED = ("dynamo-optimized function", "OptimizedModule")
_STUMBLES = ("'Callable[..., Any]'", "code object was expected", "positional arguments but")
"""What exporters say where they stumble over such a wrapper; others say so too."""
_PARALLEL = "DataParallel"
_MEMORY = re.compile(r"not enough memory|can't allocate memory|cannot allocate memory|out of memory", re.IGNORECASE)
_REFUSED = re.compile(r"^[\w.]+$", re.MULTILINE)


def _package(situation: Situation) -> Finding | None:
    if situation.code != "import-missing":
        return None
    needed, module = _NEEDED.search(situation.message), _NO_MODULE.search(situation.message)
    names = needed[1] if needed else pip_name(module[1].partition(".")[0]) if module else ""
    if not names:
        return None
    others: tuple[Fix, ...] = ()
    if needed and situation.exporter == "dynamo":
        others = use_exporter(situation, "trace", "It does without onnxscript.")
    return Finding(
        f"The interpreter that runs the model has no {names}.",
        places_of(situation),
        (
            Fix(f"Install {names}", details=pip_command(*names.replace(",", "").split())),
            *others,
            Fix("Choose the interpreter of the model's project", details="interpreter.path in the recipe."),
        ),
    )


def _opset(situation: Situation) -> Finding | None:
    spec = situation.spec
    if situation.code != "opset-out-of-range" or spec is None or spec.opset_version is None:
        return None
    asked = spec.opset_version
    own = find(spec.format, spec.exporter).opsets()
    if own is None:
        return None
    others: list[Fix] = []
    for exporter in ("dynamo", "trace", "script"):
        opsets = find(spec.format, exporter).opsets()
        if exporter != spec.exporter and opsets and opsets.min <= asked <= opsets.max:
            others += use_exporter(situation, exporter, f"It writes opset {opsets.min} to {opsets.max}.")
    nearest = min(max(asked, own.min), own.max)
    return Finding(
        f"The exporter {spec.exporter} of this torch writes opset {own.min} to {own.max}, and {asked} was asked for. "
        "Asked for less or more, torch would write another opset than that and only log it.",
        (),
        (*others[:1], Fix(f"Use opset {nearest}", (RecipeEdit("export.opset_version", nearest),))),
    )


def _opset_replaced(situation: Situation) -> Finding | None:
    mismatch = situation.mismatch
    if mismatch is None or mismatch.aspect != "opset_version" or not mismatch.got.isdigit():
        return None
    return Finding(
        f"Opset {mismatch.asked} was asked for, and the exporter {situation.exporter} gave {mismatch.got}: it could "
        "not write the model in the other, and only logs that.",
        (),
        (
            *use_opset(situation, int(mismatch.got), "Then you get what you ask for."),
            *use_exporter(situation, "trace", "It writes older opsets itself.", verb="Try"),
        ),
    )


def _compiled(situation: Situation) -> Finding | None:
    if not any(mark in error.text for error in situation.errors for mark in (*_COMPILED, *_STUMBLES)):
        return None
    lines = tuple(place for place in calls_of(situation, "compile") if "torch.compile" in line_of(place))
    if not lines and not any(mark in error.text for error in situation.errors for mark in _COMPILED):
        return None
    return Finding(
        "The model is wrapped by torch.compile, and what it makes of the model cannot be traced or compiled again.",
        lines,
        (
            Fix(
                "Export the model itself",
                details="Return the model before torch.compile, or compiled._orig_mod. Checkpoints of it have the "
                "prefix _orig_mod. before each key.",
            ),
        ),
    )


def _parallel(situation: Situation) -> Finding | None:
    if not any(_PARALLEL in error.text for error in situation.errors):
        return None
    return Finding(
        "The model is wrapped by torch.nn.DataParallel, which spreads a batch over GPUs and has no place in an "
        "artifact.",
        calls_of(situation, "DataParallel"),
        (
            *use_exporter(situation, "dynamo", "It looks through the wrapper."),
            Fix(
                "Export the model inside", details="Return model.module; strip the prefix module. of the checkpoint."
            ),
        ),
    )


def _lazy(situation: Situation) -> Finding | None:
    if situation.code != "lazy-parameters":
        return None
    return Finding(
        "A Lazy module takes the size of its weights from its first call. Until then it has none, and it cannot be "
        "exported or compared.",
        calls_of(situation, *_LAZY),
        (
            Fix("Give the layers their sizes", details="nn.Linear(64, 10) instead of nn.LazyLinear(10)."),
            Fix("Choose a checkpoint that has the weights"),
        ),
    )


def _globals(situation: Situation) -> Finding | None:
    checkpoint = situation.checkpoint
    if situation.code != "checkpoint-unsafe-global" or checkpoint is None:
        return None
    names = _REFUSED.findall(situation.details)
    if not names:
        return None
    allowed = list(dict.fromkeys((*checkpoint.allowed_globals, *names)))
    shown = ", ".join(names)
    edit = RecipeEdit("source.checkpoint.allowed_globals", allowed)
    return Finding(
        f"The checkpoint holds more than tensors: unpickling it would call {shown}. Since torch 2.6 that is refused "
        "unless each is allowed by name; nothing of it was run.",
        (),
        (
            Fix(
                "Save the weights alone", details="torch.save(model.state_dict(), path), where the model was trained."
            ),
            Fix(f"Allow {shown}", (edit,), "Only if you trust where the file comes from: a class named here is run."),
        ),
    )


def _training(situation: Situation) -> Finding | None:
    if situation.code != "not-in-eval":
        return None
    return Finding(
        "A module overrides train() and stays in training mode: dropout would drop and batch norm would take the "
        "statistics of the batch, in the artifact too.",
        method_line(situation, "train"),
        (Fix("Pass the mode on", details="def train(self, mode=True): ...; return super().train(mode)"),),
    )


def _memory(situation: Situation) -> Finding | None:
    ran_out = situation.raised("MemoryError", "OutOfMemoryError") or next(
        (error for error in situation.errors if error.is_a("RuntimeError") and _MEMORY.search(error.text)), None
    )
    if ran_out is None:
        return None
    text = next((line.strip() for line in ran_out.text.splitlines() if _MEMORY.search(line)), "")
    return Finding(
        f"The machine has too little memory for the model on these example inputs{f': {text}' if text else ''}.",
        places_of(situation),
        (
            Fix("Give the example inputs smaller sizes", details="A dynamic dimension may be 2 in the example."),
            Fix("Close other programs, or use a machine with more memory"),
        ),
    )


def _not_tensor(situation: Situation) -> Finding | None:
    if situation.code != "output-not-tensor":
        return None
    return Finding(
        f"{situation.message} An artifact gives tensors only.",
        returns_of(situation),
        (
            Fix(
                "Return tensors only",
                details="In a wrapper: def forward(self, *x): return self.model(*x).logits. A number that matters "
                "becomes a tensor: torch.tensor(n).",
            ),
        ),
    )


_LAZY = ("LazyLinear", "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyBatchNorm1d", "LazyBatchNorm2d",
         "LazyBatchNorm3d", "LazyConvTranspose1d", "LazyConvTranspose2d")  # fmt: skip

ENTRIES = (
    Entry("out-of-memory", "Out of memory", _memory),
    Entry("package-missing", "A package is missing", _package),
    Entry("opset-out-of-range", "An opset that the exporter cannot write", _opset),
    Entry("opset-fallback", MISMATCH_TITLES["opset-fallback"], _opset_replaced),
    Entry("compiled-wrapper", "A model wrapped by torch.compile", _compiled),
    Entry("parallel-wrapper", "A model wrapped by DataParallel", _parallel),
    Entry("lazy-layers", "Layers without weights yet", _lazy),
    Entry("checkpoint-globals", "A checkpoint with more than tensors", _globals),
    Entry("stays-in-training", "The model stays in training mode", _training),
    Entry("output-not-tensor", "An output that is no tensor", _not_tensor),
)
