from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelpack_gui.core import records, serde
from modelpack_gui.core.records import Request, Result

MODULES = [module.name for module in pkgutil.iter_modules(records.__path__)]


def own_names(module: str) -> set[str]:
    """What a module makes itself, and does not keep to itself."""
    made: set[str] = set()
    for statement in ast.parse(Path(records.__path__[0], f"{module}.py").read_text("utf-8")).body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            made.add(statement.name)
        elif isinstance(statement, ast.Assign):
            made |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return {name for name in made if not name.startswith("_")}


@pytest.mark.parametrize("module", MODULES)
def test_every_name_of_every_module_can_be_had_from_the_package(module: str) -> None:
    own = own_names(module)
    assert own
    for name in own:
        assert getattr(records, name) is getattr(importlib.import_module(f"{records.__name__}.{module}"), name)


def test_a_name_that_there_is_not_cannot_be_had() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = records.Nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize("union", [Request, Result])
def test_every_member_of_a_union_is_a_record_by_its_name(union: object) -> None:
    kinds = serde.kinds_of(union, records)
    assert len(kinds) > 30
    assert all(kinds[name].__name__ == name for name in kinds)
    with pytest.raises(KeyError):
        kinds["TensorInfo"]  # it is a record, but no job gives it alone


def test_a_module_is_imported_when_the_first_of_its_names_is_asked_for() -> None:
    code = (
        "import sys; from modelpack_gui.core import events; from modelpack_gui.core.records import TensorInfo\n"
        "print([name for name in sys.modules if name.startswith('modelpack_gui.core.records.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "['modelpack_gui.core.records.tensors']"
