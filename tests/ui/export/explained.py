"""Explanations as the stages give them, made by hand."""

from __future__ import annotations

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit, SourcePlace

USE_SCRIPT = Fix("Use the exporter script", (RecipeEdit("export.exporter", "script"),))
REWRITE = Fix("Write the branch with torch.where", details="y = torch.where(x > 0, a, b)")
IMPOSSIBLE = Fix("Use the opset of tomorrow", (RecipeEdit("export.opset_version", "tomorrow"),))
BRANCH = Explanation(
    "branch-frozen",
    "A branch was frozen",
    "The trace follows one path; forward takes another at other batch sizes.",
    (SourcePlace("/home/me/shapes.py", 12, "if x.shape[0] > 2"), SourcePlace("/home/me/shapes.py", 40)),
    (USE_SCRIPT, REWRITE),
)
OPSET = Explanation(
    "opset-fallback",
    "Opset 17 became 18",
    "The down-conversion failed inside the exporter.",
    fixes=(Fix("Ask for opset 18", (RecipeEdit("export.opset_version", 18),)),),
)
TRACEBACK = """Traceback (most recent call last):
  File "/home/me/shapes.py", line 12, in forward
    if x.shape[0] > 2:
RuntimeError: no"""
EXPLAINED = ErrorInfo(
    "export-data-dependent", "The exporter failed: RuntimeError: no", "Read the traceback.", TRACEBACK, BRANCH
)
