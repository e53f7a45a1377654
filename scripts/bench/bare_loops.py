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
settings = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
request = core.compile_model(ARTIFACT, "CPU", settings).create_infer_request()
x = numpy.random.default_rng(0).random(SHAPE, dtype=numpy.float32)
call = lambda: request.infer([x])
"""

CODE = {
    "eager": _TORCH + "call = lambda: model(x)\n",
    "torch_compile": _TORCH + "compiled = torch.compile(model); call = lambda: compiled(x)\n",
    "torchscript_trace": _TORCH + "with torch.no_grad(): " + _FROZEN.format("torch.jit.trace(model, x)"),
    "torchscript_script": _TORCH + "with torch.no_grad(): " + _FROZEN.format("torch.jit.script(model)"),
    "onnxruntime": _ORT + "call = lambda: session.run(None, {name: x})\n",
    "openvino": _OPENVINO,
}

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
        artifact: Path of it as ONNX.
    """

    file: str
    name: str
    shape: tuple[int, ...]
    checkpoint: str = ""
    artifact: str = ""


@dataclass(frozen=True)
class Bare:
    """Latencies of a bare loop, milliseconds."""

    p50_ms: float
    p95_ms: float


def bare(runner: str, subject: Subject, threads: int, runs: int, warmup: int) -> Bare:
    """A plain loop around a runner's call, in a process of its own."""
    names = {
        "MODEL_FILE": subject.file,
        "CLASS": subject.name,
        "CHECKPOINT": subject.checkpoint,
        "SHAPE": subject.shape,
        "ARTIFACT": subject.artifact,
        "THREADS": threads,
        "RUNS": runs,
        "WARMUP": warmup,
    }
    head = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    command = [sys.executable, "-c", head + CODE[runner] + _LOOP]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise SystemExit(f"The bare loop of {runner} failed:\n{done.stderr}")
    return Bare(**json.loads(done.stdout.split("\n")[-2]))
