"""The check and the parity of a recipe as Python source, with no dependency on us."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.plan import plan
from modelpack_gui.core.preview.pycode import bracketed, literal
from modelpack_gui.core.records import DynamicDim, ExportSpec, InputSpec, ParitySpec, Regime

_ONNX_CHECK = """\
onnx.checker.check_model(str(output_path), full_check=True)
session = onnxruntime.InferenceSession(str(output_path), providers=["CPUExecutionProvider"])
artifact_inputs = [item.name for item in session.get_inputs()]
print("The checker passed it and ONNX Runtime loads it:", output_path)"""

_ONNX_RUN = '''\
def run_artifact(tensors):
    """Outputs of the artifact, as arrays. Tracing drops inputs that no operator uses."""
    arrays = {name: tensor.numpy() for name, tensor in zip(input_names, tensors)}
    return session.run(None, {name: arrays[name] for name in artifact_inputs})'''

_TORCHSCRIPT_CHECK = """\
artifact = torch.jit.load(str(output_path))
print("torch.jit.load reads it:", output_path)"""

_PT2_CHECK = """\
artifact = torch.export.load(str(output_path)).module()
print("torch.export.load reads it:", output_path)"""

_TORCH_RUN = '''\
def run_artifact(tensors):
    """Outputs of the artifact, as arrays."""
    with torch.no_grad():
        return arrays_of(CALL)'''

_HELPERS = '''\
def arrays_of(outputs):
    """All tensors in what forward gave, in order, as arrays."""
    if isinstance(outputs, torch.Tensor):
        return [outputs.detach().numpy()]
    if outputs is None:
        return []
    if hasattr(outputs, "__dataclass_fields__"):
        outputs = [getattr(outputs, name) for name in outputs.__dataclass_fields__]
    items = outputs.values() if hasattr(outputs, "values") else outputs
    return [array for item in items for array in arrays_of(item)]


def run_model(tensors):
    """Outputs of the model in eager mode, as arrays."""
    model.eval()
    with torch.inference_mode():
        return arrays_of(MODEL)


def problem(expected, actual):
    """Why two outputs differ; empty if they do not."""
    if expected.shape != actual.shape or expected.dtype != actual.dtype:
        return f"{actual.dtype}{list(actual.shape)} instead of {expected.dtype}{list(expected.shape)}"
    if expected.dtype.kind not in "fc":
        wrong = int((expected != actual).sum())
        return f"{wrong} of {expected.size} elements differ" if wrong else ""
    rtol, atol = tolerances.get(str(expected.dtype), default_tolerances)
    close = np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return ""
    error = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
    return f"{int((~close).sum())} of {expected.size} elements differ, by up to {np.nanmax(error):.3g}"'''

_LOOP = """\
failed = 0
for sizes, seed in cases:
    label = ", ".join([*(f"{name} = {size}" for name, size in sizes.items()), f"seed {seed}"])
    tensors = make_inputs(seed, **sizes)
    try:
        expected = run_model(tensors)
    except Exception as error:  # what the model itself does not take proves nothing
        print(f"skipped  {label}: the model itself raises {type(error).__name__}")
        continue
    try:
        actual = run_artifact(tensors)
    except Exception as error:
        problems = [f"the artifact raises {type(error).__name__}: {error}"]
    else:
        problems = [text for text in map(problem, expected, actual) if text]
        if len(expected) != len(actual):
            problems = [f"{len(actual)} outputs instead of {len(expected)}"]
    failed += bool(problems)
    print(f"{'FAILED ' if problems else 'passed '}  {label}", *problems, sep=": " if problems else "")
print(f"{failed} of {len(cases)} cases failed" if failed else f"All {len(cases)} cases agree")
sys.exit(1 if failed else 0)"""

_VALUES_NOTE = "# A sweep in the app also tries other kinds of values, such as zeros, large ones and NaN."


def check_lines(export: ExportSpec) -> list[str]:
    """Lines that load the artifact, and for ONNX run the checker."""
    return [{"onnx": _ONNX_CHECK, "torchscript": _TORCHSCRIPT_CHECK}.get(export.format, _PT2_CHECK)]


def parity_lines(
    export: ExportSpec, inputs: Sequence[InputSpec], dims: Sequence[DynamicDim], parity: ParitySpec, call: str = ""
) -> list[str]:
    """Lines that compare the artifact with the model and end with exit status 1 if they differ.

    Args:
        inputs: Those that are tensors.
        call: Name of a function (module, tensors) with which model and artifact are called; empty where they take
            the tensors by position.
    """
    names = export.input_names or tuple(item.name for item in inputs)
    run = f"input_names = {literal(list(names))}\n\n\n{_ONNX_RUN}" if export.format == "onnx" else _TORCH_RUN
    others = {dtype: parity.tolerance_of(dtype) for dtype in parity.low_precision}
    cases = [f"({{{_sizes(sizes)}}}, {seed})" for sizes, seed in _cases(inputs, dims, parity)]
    computes_in = "float16" if "float16" in export.post_steps else ""
    return [
        "# An element passes if |actual - expected| <= atol + rtol * |expected|.",
        *(["# The artifact computes in float16, and is judged by the tolerances for that."] if computes_in else []),
        f"default_tolerances = {literal(parity.tolerance_of('float32', computes_in))}  # rtol, atol",
        bracketed("tolerances = {", [f"{literal(dtype)}: {literal(pair)}" for dtype, pair in others.items()], "}"),
        *([_VALUES_NOTE] if parity.sweep else []),
        bracketed("cases = [", cases, "]"),
        "",
        "",
        _HELPERS.replace("MODEL", _called("model", call)),
        "",
        "",
        run.replace("CALL", _called("artifact", call)),
        "",
        "",
        _LOOP,
    ]


def _called(module: str, call: str) -> str:
    """A call on copies, since a model may write into its inputs."""
    copies = "[tensor.clone() for tensor in tensors]"
    return f"{call}({module}, {copies})" if call else f"{module}(*{copies})"


def _sizes(sizes: dict[str, int]) -> str:
    return ", ".join(f"{literal(name)}: {size}" for name, size in sizes.items())


def _cases(
    inputs: Sequence[InputSpec], dims: Sequence[DynamicDim], parity: ParitySpec
) -> list[tuple[dict[str, int], int]]:
    """Sizes that differ from the example's, and the seed, of all planned cases with usual values."""
    try:
        _, cases = plan(inputs, dims, parity)
    except UserError:  # while inputs and dimensions are being typed in
        return [({}, 0)]
    return [
        ({name: case.sizes[name] for name in case.changed}, case.seed)
        for case in cases
        if case.regime is Regime.NORMAL
    ]
