"""Scanning lists classes and factories without running anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import CallableInfo, ScanRequest
from modelpack_gui.stages.source import scan
from tests.places import MODELS

ASSIGNED = (MODELS / "assigned.py").read_text()


def scan_text(folder: Path, text: str) -> dict[str, CallableInfo]:
    (folder / "model.py").write_text(text, encoding="utf-8")
    found = scan.run(ScanRequest(file="model.py"), PlainContext(folder))
    return {info.name: info for info in found.callables}


def scan_error(folder: Path, file: str = "", module: str = "") -> UserError:
    with pytest.raises(UserError) as caught:
        scan.run(ScanRequest(file, module), PlainContext(folder))
    return caught.value


def test_modules_come_first_then_factories_that_return_one() -> None:
    found = scan.run(ScanRequest(file="tiny.py"), PlainContext(MODELS)).callables
    kinds = [info.kind for info in found]
    assert kinds == sorted(kinds, key=["module", "factory", "instance", "class"].index)
    assert [info.name for info in found if info.kind == "factory"] == ["make_tiny", "make_number"]
    assert [info.name for info in found if info.kind == "class"] == ["NotAModule"]


def test_inherited_constructor_and_forward_are_found_in_the_base() -> None:
    found = scan.run(ScanRequest(file="tiny.py"), PlainContext(MODELS)).callables
    inherits = next(info for info in found if info.name == "Inherits")
    assert [(item.name, item.annotation, item.default, item.value) for item in inherits.parameters] == [
        ("width", "int", "3", 3),
        ("scale", "float", "1.0", 1.0),
        ("bias", "bool", "True", True),
    ]
    assert [item.name for item in inherits.forward] == ["x"]
    assert inherits.summary == "Has the constructor and forward of its base."


def test_parameters_keep_kind_annotation_and_literal_default() -> None:
    found = scan.run(ScanRequest(file="tiny.py"), PlainContext(MODELS)).callables
    parameters = {item.name: item for item in next(info for info in found if info.name == "Arguments").parameters}
    assert parameters["width"].kind == "positional_only"
    assert parameters["width"].is_required
    assert parameters["sizes"].value == [1, 2]
    assert parameters["extra"].kind == "var_positional"
    assert parameters["name"].kind == "keyword_only"
    assert (parameters["name"].annotation, parameters["name"].default) == ("str | None", "None")


def test_abstract_methods_are_listed_until_a_subclass_implements_them(tmp_path: Path) -> None:
    found = scan_text(
        tmp_path,
        "from abc import ABC, abstractmethod\nfrom torch import nn\n"
        "class Base(nn.Module, ABC):\n    @abstractmethod\n    def encode(self): ...\n"
        "class Still(Base): ...\n"
        "class Whole(Still):\n    def encode(self): return 1\n",
    )
    assert found["Base"].abstract == ("encode",)
    assert found["Still"].abstract == ("encode",)
    assert found["Whole"].abstract == ()


def test_module_ness_follows_bases_in_the_file_and_a_forward_on_unknown_ones(tmp_path: Path) -> None:
    found = scan_text(
        tmp_path,
        "import torch\nfrom lib import Backbone, Config\nfrom torch.utils.data import Dataset\n"
        "class A(torch.nn.Module): ...\nclass B(A): ...\n"
        "class C(Backbone):\n    def forward(self, x): ...\n"
        "class D(Config): ...\n"
        "class E(Dataset):\n    def forward(self, x): ...\n",
    )
    assert {name: info.kind for name, info in found.items()} == {
        "A": "module",
        "B": "module",
        "C": "module",
        "D": "class",
        "E": "class",
    }


def test_nothing_of_the_file_is_run(tmp_path: Path) -> None:
    found = scan_text(tmp_path, "open('ran', 'w')\nraise SystemExit\nclass A: ...\n")
    assert list(found) == ["A"]
    assert not (tmp_path / "ran").exists()


def test_modules_are_found_without_importing_their_parents(tmp_path: Path) -> None:
    package = tmp_path / "probed_package" / "inner"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "__init__.py").write_text("")
    (package / "net.py").write_text("class Net: ...\n")
    found = scan.run(ScanRequest(module="probed_package.inner.net"), PlainContext(tmp_path))
    assert found.path == str(package / "net.py")
    assert "probed_package" not in sys.modules


def test_syntax_error_names_file_line_and_text(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\nclass Net(\n    def forward(self): ...\n")
    error = scan_error(tmp_path, "broken.py")
    assert error.info.code == "source-syntax"
    assert f"{tmp_path / 'broken.py'}:2" in error.info.message
    assert "class Net(" in error.info.message


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"x = 'caf\xe9'\n", "source-encoding"),
        (b"# coding: nonsense\n", "source-encoding"),
        (b"\0\0", "source-syntax"),
    ],
)
def test_files_that_are_not_python_text_are_refused(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "odd.py").write_bytes(content)
    assert scan_error(tmp_path, "odd.py").info.code == code


def test_missing_places_have_codes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(b"x")
    assert scan_error(tmp_path, "absent.py").info.code == "source-missing"
    assert scan_error(tmp_path, ".").info.code == "source-is-folder"
    assert scan_error(tmp_path, "weights.pt").info.code == "source-not-python"
    assert scan_error(tmp_path).info.code == "source-not-chosen"
    missing = scan_error(tmp_path, module="absent_library.models")
    assert missing.info.code == "import-missing"
    assert f'"{sys.executable}" -m pip install absent_library' in missing.info.hint


def test_partials_lambdas_callables_and_instances_are_listed_with_the_parameters_left(tmp_path: Path) -> None:
    found = scan_text(tmp_path, ASSIGNED)
    assert {name: info.kind for name, info in found.items()} == {
        "Net": "module",
        "Alias": "module",
        "build_small": "factory",
        "build_wide": "factory",
        "build_linear": "factory",
        "builder": "factory",
        "fetch_partly": "factory",
        "made": "instance",
        "Builder": "class",
        "Later": "class",
    }
    small = found["build_small"]
    assert [(item.name, item.value, item.is_required) for item in small.parameters] == [
        ("depth", 2, False),
        ("scale", 1.0, False),
    ]
    assert small.parameters[0].annotation == "int"
    assert [item.name for item in small.forward] == ["x"]
    assert small.summary == "partial(Net, 16, depth=2)"
    assert [(item.name, item.value) for item in found["build_wide"].parameters] == [("width", 32)]
    assert [item.kind for item in found["build_linear"].parameters] == ["var_keyword"]


def test_a_factory_knows_the_forward_of_the_class_it_returns(tmp_path: Path) -> None:
    text = "from torch import nn\nclass Net(nn.Module):\n    def forward(self, ids): return ids\n"
    found = scan_text(tmp_path, text + "def make():\n    return Net()\ndef other(): return 3\n")
    assert [item.name for item in found["make"].forward] == ["ids"]
    assert found["other"].forward == ()
