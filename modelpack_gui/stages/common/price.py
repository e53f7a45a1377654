"""What quantising cost, written into the quantised file: it is known there, wherever the file goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from modelpack_gui.core import serde
from modelpack_gui.core.parity.lossy import KnownPrice
from modelpack_gui.core.quantize.text import error_text
from modelpack_gui.core.records import QuantizeError, Verdict
from modelpack_gui.stages.export.metadata import PREFIX, append_to_onnx

_KEY = PREFIX + "price"


def write_price(path: Path, verdict: Verdict, error: QuantizeError) -> None:
    """Append it to an ONNX file.

    Raises:
        OSError: The file could not be written.
    """
    price = KnownPrice(verdict, error_text(error), error.samples)
    append_to_onnx(path, {_KEY: json.dumps(serde.encode(price), sort_keys=True)})


def price_in(metadata: Mapping[str, str]) -> KnownPrice | None:
    """What a file says of it; None if it says nothing, or in other words."""
    try:
        return serde.decode(KnownPrice, serde.loads(metadata[_KEY]))
    except (KeyError, ValueError):
        return None
