"""What the mismatches are called that both the check and the explanations of an export speak of."""

from __future__ import annotations

MISMATCH_TITLES = {
    "dim-fixed": "A dimension is fixed by the model",
    "dim-shared": "Two dimensions must be one",
    "input-vanished": "An input is missing from the artifact",
    "opset-fallback": "Another opset than asked for",
}
"""By the id of the explanation."""
