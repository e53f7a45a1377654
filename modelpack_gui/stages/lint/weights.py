"""Rules about modules and their weights."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.explain.explanation import Fix, SourcePlace
from modelpack_gui.core.figures import listed
from modelpack_gui.core.records import LintFinding
from modelpack_gui.stages.explain.places import is_own_file
from modelpack_gui.stages.lint.base import Draft, LintCase, use_exporter

if TYPE_CHECKING:
    import torch


class TrainingMode:
    """Modules that stay in training mode, or go back to it."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        stuck = case.stuck_in_training
        if stuck:
            yield Draft(
                "training-mode",
                "A module stays in training mode",
                f"eval() was called, and {listed(stuck)} is still in training mode: dropout drops and batch norm "
                "uses the batch's own statistics.",
                "error",
                places=tuple(_train_places(case, stuck)),
                fixes=(Fix("Let its train() pass the mode on", details="return super().train(mode)"),),
            ).finding()
        elif case.first is not None and case.first.in_training:
            yield Draft(
                "training-in-forward",
                "forward switches training mode on",
                f"After a forward pass, {listed(case.first.in_training)} is in training mode: from the second pass "
                "on the model gives other answers.",
                "error",
                fixes=(Fix("Do not call train() in forward"),),
            ).finding()


class BatchNorm:
    """Batch norms without statistics, or with those they were made with."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        without, initial = [], []
        for path, module in case.module.named_modules():
            if not _is_norm(module):
                continue
            mean, var = getattr(module, "running_mean", None), getattr(module, "running_var", None)
            if mean is None or var is None:
                if "Instance" not in type(module).__name__:  # which has none unless told to
                    without.append(path or type(module).__name__)
            elif not bool(mean.any()) and bool((var == 1).all()):
                initial.append(path or type(module).__name__)
        if without:
            yield Draft(
                "batch-norm-without-statistics",
                "A batch norm keeps no statistics",
                f"{listed(without)} was made with track_running_stats=False: it normalises by the batch it is given, "
                "so that the answer for one sample depends on the others.",
                "warning",
                fixes=(Fix("Make it with track_running_stats=True, and train it so"),),
            ).finding()
        if initial and case.source.checkpoint is not None:
            yield Draft(
                "batch-norm-at-start",
                "A batch norm has the statistics it was made with",
                f"The running mean of {listed(initial)} is all 0 and its variance all 1, although a checkpoint was "
                "loaded: it holds no running statistics, or under other names.",
                "warning",
                "checkpoint",
                fixes=(Fix("Look at the missing keys on the Source page: running_mean and running_var"),),
            ).finding()


class Parameters:
    """What the weights are, of what type, and how they lie in memory. Loading has moved them to the CPU."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """See Rule."""
        named = [*case.module.named_parameters(remove_duplicate=False), *case.module.named_buffers()]
        yield from _types(case, named)
        yield from _plain(case.module)
        strided = [name for name, tensor in named if not _is_dense(tensor)]
        if strided:
            yield Draft(
                "weights-strided",
                "Weights are views with gaps",
                f"{listed(strided)} is a view that skips elements of its memory. Exporters copy it; a checkpoint in "
                "safetensors refuses it.",
                "info",
                fixes=(Fix("Make it with .contiguous()"),),
            ).finding()
        shared = _shared(case.module)
        if shared:
            pairs = "; ".join(" = ".join(names) for names in shared[:3])
            yield Draft(
                "weights-shared",
                "Weights are shared",
                f"One tensor is the weight of several modules ({pairs}). It is computed right; a tool that changes "
                "weights in the artifact, such as quantisation, must treat them as one.",
                "info",
            ).finding()


def _types(case: LintCase, named: list[tuple[str, torch.Tensor]]) -> Iterator[LintFinding]:
    if not case.is_onnx:
        return
    complex_ones = [name for name, tensor in named if tensor.is_complex()]
    short = [name for name, tensor in named if str(tensor.dtype) == "torch.bfloat16"]
    wide = [name for name, tensor in named if str(tensor.dtype) == "torch.float64"]
    if complex_ones:
        yield Draft(
            "complex-numbers",
            "Complex numbers",
            f"{listed(complex_ones)} is complex, and ONNX has no operators on complex numbers"
            f"{'; dynamo writes them as pairs of real ones' if case.captures else ''}.",
            "warning" if case.captures else "error",
            fixes=(*use_exporter(case, "dynamo"), Fix("Keep real and imaginary part as two real tensors")),
        ).finding()
    if short:
        yield Draft(
            "bfloat16-weights",
            "bfloat16 is rare outside of PyTorch",
            f"{listed(short)} is bfloat16: ONNX Runtime has few operators for it on a CPU.",
            "warning",
            "checkpoint" if case.source.checkpoint is not None else "source",
            fixes=(Fix("Load it in float32", details="Choose the dtype float32 for the checkpoint."),),
        ).finding()
    if wide:
        yield Draft(
            "float64-weights",
            "Weights in double precision",
            f"{listed(wide)} is float64: the artifact is twice as large and mostly slower.",
            "info",
            fixes=(Fix("Convert the model with .float(), unless it needs the digits"),),
        ).finding()


def _plain(module: torch.nn.Module) -> Iterator[LintFinding]:
    """Tensors that are attributes and nothing more."""
    import torch

    found = [
        (f"{path}.{name}" if path else name, value)
        for path, child in module.named_modules()
        for name, value in vars(child).items()
        if isinstance(value, torch.Tensor)
    ]
    if found:
        elsewhere = sorted({value.device.type for _, value in found} - {"cpu"})
        where = f" It is on {listed(elsewhere)}, and everything else is on the CPU." if elsewhere else ""
        yield Draft(
            "plain-tensor",
            "A tensor is neither parameter nor buffer",
            f"{listed([name for name, _ in found])} is a plain attribute: no checkpoint holds it, .to(device) leaves "
            f"it where it is, and an artifact has it as a constant.{where}",
            "error" if elsewhere else "info",
            fixes=(Fix("Make it a buffer", details='self.register_buffer("name", tensor)'),),
        ).finding()


def _is_norm(module: Any) -> bool:
    import torch

    return isinstance(module, torch.nn.modules.batchnorm._NormBase)


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether a tensor lies in memory without gaps, in whatever order of its axes."""
    if tensor.numel() < 2 or tensor.is_contiguous():
        return True
    spread = 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return spread == tensor.numel() and 0 not in tensor.stride()


def _shared(module: torch.nn.Module) -> list[list[str]]:
    """Names of parameters that are one tensor, where they belong to different modules."""
    by_tensor: dict[int, list[str]] = {}
    for path, child in module.named_modules():  # a module that is used twice is listed once: that is no sharing
        for name, parameter in child.named_parameters(recurse=False):
            by_tensor.setdefault(id(parameter), []).append(f"{path}.{name}" if path else name)
    return [names for names in by_tensor.values() if len(names) > 1]


def _train_places(case: LintCase, paths: tuple[str, ...]) -> Iterator[SourcePlace]:
    """Where the classes of some modules override `train`."""
    for path in paths:
        module = case.module.get_submodule(path) if path else case.module
        code = getattr(inspect.unwrap(type(module).train), "__code__", None)
        if code is not None and is_own_file(code.co_filename):
            yield SourcePlace(code.co_filename, code.co_firstlineno, f"{type(module).__name__}.train")
