"""The same calls as the app's runners make, in a bare loop in a bare process: what `runner_p50.py` compares with.

Each entry of `CODE` is Python that defines `call`. Nothing of this project is imported there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

_TORCH = """
import sys, time, json, warnings, importlib.util, torch
warnings.simplefilter("ignore")
torch.set_num_threads(THREADS)
spec = importlib.util.spec_from_file_location("model_file", MODEL_FILE)
module = importlib.util.module_from_spec(spec); sys.modules["model_file"] = module; spec.loader.exec_module(module)
torch.manual_seed(0)  # as the app does, so that files of the model give what the app expects
model = getattr(module, CLASS)()
if CHECKPOINT: model.load_state_dict(torch.load(CHECKPOINT, weights_only=True))
model.eval()
x = torch.rand(*SHAPE)
"""
_FROZEN = "optimized = torch.jit.optimize_for_inference(torch.jit.freeze({})); call = lambda: optimized(x)\n"
_ORT = """
import sys, time, json, numpy, onnxruntime
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = THREADS; options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(ARTIFACT, options, providers=["CPUExecutionProvider"])
x = numpy.random.default_rng(0).random(SHAPE, dtype=numpy.float32)
name = session.get_inputs()[0].name
"""
_OPENVINO = """
import sys, time, json, numpy, openvino
core = openvino.Core()
settings = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
request = core.compile_model(core.read_model(ARTIFACT), "CPU", settings).create_infer_request()
x = numpy.random.default_rng(0).random(SHAPE, dtype=numpy.float32)
feed = {0: x}
call = lambda: request.infer(feed, share_inputs=True)
"""
_INDUCTOR = """
import tempfile, torch._inductor
with torch.inference_mode(False), torch.no_grad():
    program = torch.export.export(model, (x,))
made = torch._inductor.aoti_compile_and_package(program, package_path=tempfile.mkdtemp() + "/model.pt2")
loaded = torch._inductor.aoti_load_package(made)
call = lambda: loaded(x)
"""

CODE = {
    "eager": _TORCH + "call = lambda: model(x)\n",
    "torch_compile": _TORCH + "compiled = torch.compile(model); call = lambda: compiled(x)\n",
    "torchscript_trace": _TORCH + "with torch.no_grad(): " + _FROZEN.format("torch.jit.trace(model, x)"),
    "torchscript_script": _TORCH + "with torch.no_grad(): " + _FROZEN.format("torch.jit.script(model)"),
    "onnxruntime": _ORT + "call = lambda: session.run(None, {name: x})\n",
    "openvino": _OPENVINO,
    "aot_inductor": _TORCH + _INDUCTOR,
    "torchscript_file": _TORCH + "loaded = torch.jit.load(TORCHSCRIPT).eval(); call = lambda: loaded(x)\n",
    "exported_program": _TORCH + "loaded = torch.export.load(PROGRAM).module(); call = lambda: loaded(x)\n",
}

_SAVE = """
torch.jit.trace(model, x).save(TORCHSCRIPT)
torch.export.save(torch.export.export(model, (x,)), PROGRAM)
"""

_LOOP = """
def measure():
    for _ in range(WARMUP): call()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter_ns(); call(); taken.append((time.perf_counter_ns() - start) / 1e6)
    return sorted(taken)
if "torch" in sys.modules:
    import torch
    with torch.inference_mode(): taken = measure()
else:
    taken = measure()
print(json.dumps({"p50_ms": taken[len(taken) // 2], "p95_ms": taken[len(taken) * 95 // 100]}))
"""


@dataclass(frozen=True)
class Subject:
    """What is called.

    Attributes:
        shape: Of its one input, float32 in 0..1.
        checkpoint: Path; empty for random weights.
        artifact, torchscript, program: Paths of it as ONNX, TorchScript and ExportedProgram.
    """

    file: str
    name: str
    shape: tuple[int, ...]
    checkpoint: str = ""
    artifact: str = ""
    torchscript: str = ""
    program: str = ""


@dataclass(frozen=True)
class Bare:
    """Latencies of a bare loop, milliseconds."""

    p50_ms: float
    p95_ms: float


def names_of(subject: Subject, threads: int) -> dict[str, object]:
    """What the code above calls the parts of a subject."""
    return {
        "MODEL_FILE": subject.file,
        "CLASS": subject.name,
        "CHECKPOINT": subject.checkpoint,
        "SHAPE": subject.shape,
        "ARTIFACT": subject.artifact,
        "TORCHSCRIPT": subject.torchscript,
        "PROGRAM": subject.program,
        "THREADS": threads,
    }


def save_files(subject: Subject) -> None:
    """Write the model as TorchScript and as ExportedProgram."""
    _run(_TORCH + _SAVE, names_of(subject, 1), f"Saving {subject.name}")


def bare(runner: str, subject: Subject, threads: int, runs: int, warmup: int) -> Bare:
    """A plain loop around a runner's call, in a process of its own."""
    names = names_of(subject, threads) | {"RUNS": runs, "WARMUP": warmup}
    said = _run(CODE[runner] + _LOOP, names, f"The bare loop of {runner}")
    return Bare(**json.loads(said.split("\n")[-2]))


def _run(code: str, names: dict[str, object], what: str) -> str:
    head = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    done = subprocess.run(
        [sys.executable, "-c", head + code], capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{what} failed:\n{done.stderr}")
    return done.stdout
