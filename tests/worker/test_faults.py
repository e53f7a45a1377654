from __future__ import annotations

import pytest

from modelpack_gui.worker.dispatch import fault


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out-of-memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"), "out-of-memory"),
        (SystemExit(3), "stage-exit"),
        (ModuleNotFoundError("No module named 'torch.jit'", name="torch.jit"), "package-missing"),
        (ModuleNotFoundError("No module named 'mine'", name="mine"), "stage-fault"),
        (KeyError("x"), "stage-fault"),
        (KeyboardInterrupt(), "stage-fault"),
    ],
)
def test_each_kind_of_exception_has_its_code(error: BaseException, code: str) -> None:
    info = fault(error, "load")
    assert info.code == code
    assert "load" in info.message
    assert info.hint
    assert type(error).__name__ in info.details
