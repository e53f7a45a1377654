"""Building a model: imports, classes, factories and constructor arguments."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import ModelSource
from modelpack_gui.stages.source.build import BuiltModel, build_model
from tests.places import MODELS


def build(
    name: str, arguments: Mapping[str, Any] | None = None, *, file: str = "tiny.py", base: Path = MODELS
) -> BuiltModel:
    return build_model(ModelSource(file=file, name=name, arguments=arguments or {}), PlainContext(base))


def error_of(name: str, arguments: Mapping[str, Any] | None = None, **where: Any) -> ErrorInfo:
    with pytest.raises(UserError) as caught:
        build(name, arguments, **where)
    return caught.value.info


def test_class_is_constructed_with_its_arguments_in_eval_mode() -> None:
    built = build("Tiny", {"width": 7})
    assert built.class_name == "Tiny"
    assert built.source_path == str(MODELS / "tiny.py")
    assert built.module.layer.out_features == 7  # type: ignore[union-attr]
    assert not built.module.training
    assert built.keys is None


def test_factory_gives_the_model() -> None:
    assert build("make_tiny", {"width": 6}).class_name == "Tiny"


def test_weights_without_a_checkpoint_are_the_same_each_time() -> None:
    first, second = build("Tiny").module.state_dict(), build("Tiny").module.state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_random_numbers_of_the_import_and_of_numpy_are_the_same_each_time(tmp_path: Path) -> None:
    text = "import numpy, random, torch\nTABLE = torch.rand(3)\nclass Net(torch.nn.Module):\n"
    text += "    def __init__(self):\n        super().__init__()\n"
    text += "        drawn = [*numpy.random.rand(3), random.random()]\n"
    text += "        self.register_buffer('all', torch.cat([TABLE, torch.tensor(drawn)]))\n"
    (tmp_path / "net.py").write_text(text)
    first = build("Net", file="net.py", base=tmp_path).module.state_dict()["all"]
    second = build("Net", file="net.py", base=tmp_path).module.state_dict()["all"]
    assert torch.equal(first, second)


def test_defaults_of_torch_that_one_models_file_changed_are_not_those_of_the_next(tmp_path: Path) -> None:
    (tmp_path / "wide.py").write_text(
        "import torch\ntorch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\n"
        "class Net(torch.nn.Linear):\n    def __init__(self): super().__init__(2, 3)\n"
    )
    try:
        assert build("Net", file="wide.py", base=tmp_path).module.weight.dtype is torch.float64
        assert next(build("Tiny").module.parameters()).dtype is torch.float32
        assert torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


def test_edited_neighbours_imported_inside_functions_are_read_again(tmp_path: Path) -> None:
    package = tmp_path / "parts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    model = "import torch\nclass Net(torch.nn.Linear):\n    def __init__(self):\n"
    model += "        import sizes\n        from parts.depth import DEPTH\n"
    model += "        super().__init__(sizes.WIDTH, DEPTH)\n"
    (tmp_path / "net.py").write_text(model)
    for width, depth in ((2, 3), (4, 5)):  # same length, same second
        (tmp_path / "sizes.py").write_text(f"WIDTH = {width}\n")
        (package / "depth.py").write_text(f"DEPTH = {depth}\n")
        assert build("Net", file="net.py", base=tmp_path).module.weight.shape == (depth, width)
    assert not list(tmp_path.rglob("__pycache__"))


def test_edited_file_and_its_neighbours_are_read_again(tmp_path: Path) -> None:
    (tmp_path / "sizes.py").write_text("WIDTH = 3\n")
    model = "import sizes, torch\nclass Net(torch.nn.Linear):\n"
    model += "    def __init__(self): super().__init__({}, sizes.WIDTH)\n"
    (tmp_path / "net.py").write_text(model.format(2))
    assert build("Net", file="net.py", base=tmp_path).module.weight.shape == (3, 2)
    (tmp_path / "net.py").write_text(model.format(4))  # same length, same second
    (tmp_path / "sizes.py").write_text("WIDTH = 55\n")
    assert build("Net", file="net.py", base=tmp_path).module.weight.shape == (55, 4)
    assert not (tmp_path / "__pycache__").exists()


def test_relative_imports_of_a_package_are_followed() -> None:
    built = build("Packaged", file="packaged/model.py")
    assert built.module.layer.out_features == 5  # type: ignore[union-attr]


def test_module_in_the_recipe_folder_is_importable() -> None:
    built = build_model(ModelSource(module="packaged.model", name="Packaged"), PlainContext(MODELS))
    assert built.source_path == str(MODELS / "packaged" / "model.py")


def test_installed_module_is_the_one_everybody_else_sees() -> None:
    source = ModelSource(
        module="torch.nn.modules.linear", name="Linear", arguments={"in_features": 2, "out_features": 3}
    )
    assert isinstance(build_model(source, PlainContext()).module, torch.nn.Linear)


def test_installed_neighbours_of_an_installed_module_are_imported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "neighbour_of_zoo.py").write_text("")
    (installed / "zoo.py").write_text("import neighbour_of_zoo, torch\nclass Net(torch.nn.Identity): pass\n")
    monkeypatch.syspath_prepend(str(installed))
    source = ModelSource(module="zoo", name="Net")
    build_model(source, PlainContext(tmp_path))
    first = sys.modules["neighbour_of_zoo"]
    build_model(source, PlainContext(tmp_path))
    assert sys.modules["neighbour_of_zoo"] is first
    monkeypatch.delitem(sys.modules, "zoo")
    monkeypatch.delitem(sys.modules, "neighbour_of_zoo")


def test_file_named_like_a_library_neither_shadows_it_nor_is_shadowed(tmp_path: Path) -> None:
    (tmp_path / "onnx.py").write_text("raise RuntimeError('the wrong one')\n")
    (tmp_path / "json.py").write_text("import onnx\nfrom torch import nn\nclass Net(nn.Identity): ...\n")
    assert build("Net", file="json.py", base=tmp_path).class_name == "Net"
    assert "wrong" not in str(sys.modules["json"].__file__)
    assert str(tmp_path) not in str(sys.modules["onnx"].__file__)


def test_folder_beside_the_model_does_not_hide_an_installed_package(tmp_path: Path) -> None:
    (tmp_path / "tomlkit").mkdir()
    (tmp_path / "net.py").write_text("from tomlkit import dumps\nfrom torch import nn\nclass Net(nn.Identity): ...\n")
    assert build("Net", file="net.py", base=tmp_path).class_name == "Net"


def test_syntax_error_is_reported_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from torch import nn\nclass Net(nn.Module)\n")
    info = error_of("Net", file="net.py", base=tmp_path)
    assert info.code == "source-syntax"
    assert "net.py:2" in info.message


def test_syntax_error_in_a_neighbour_names_the_neighbour(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import helper_of_net\n")
    (tmp_path / "helper_of_net.py").write_text("def f(:\n")
    info = error_of("Net", file="net.py", base=tmp_path)
    assert info.code == "source-syntax"
    assert "helper_of_net.py:1" in info.message


def test_missing_import_gives_the_pip_command_of_this_interpreter() -> None:
    for info in (error_of("Net", file="missing_import.py"), error_of("ImportsInInit")):
        assert info.code == "import-missing"
        assert "'absent_library'" in info.message
        assert f'"{sys.executable}" -m pip install absent_library' in info.hint


def test_interpreter_without_torch_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    info = error_of("Tiny")
    assert info.code == "import-missing"
    assert f'"{sys.executable}" -m pip install torch' in info.hint


def test_torch_that_cannot_be_imported_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(
        "raise OSError('libtorch_cpu.so: cannot open shared object file')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torch")
    info = error_of("Tiny")
    assert info.code == "torch-broken"
    assert "libtorch_cpu.so" in info.message


def test_exception_at_import_shows_only_the_users_frames() -> None:
    info = error_of("Net", file="raises_on_import.py")
    assert info.code == "import-failed"
    assert "raises_on_import.py:5" in info.message
    assert "read_settings" in info.details
    assert "importing.py" not in info.details
    assert "importlib" not in info.details


def test_exit_at_import_is_an_error_of_the_model() -> None:
    info = error_of("Net", file="exits_on_import.py")
    assert info.code == "model-exits"
    assert "usage: train.py DATA" in info.message


def test_missing_class_suggests_close_names() -> None:
    info = error_of("Tiney")
    assert info.code == "class-missing"
    assert "Tiny" in info.hint


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "class-not-chosen"),
        ("Shape", "class-abstract"),
        ("not_a_class", "not-callable"),
        ("NotAModule", "not-a-module"),
        ("make_number", "not-a-module"),
        ("RaisesInInit", "constructor-failed"),
        ("Lazy", "lazy-parameters"),
    ],
)
def test_what_cannot_make_a_model_has_a_code_of_its_own(name: str, code: str) -> None:
    assert error_of(name).code == code


def test_constructor_error_shows_message_and_users_frames() -> None:
    info = error_of("RaisesInInit")
    assert "ValueError" in info.message
    assert "no such preset" in info.message
    assert "tiny.py" in info.details
    assert "build.py" not in info.details


def test_abstract_class_names_the_method() -> None:
    assert "area" in error_of("Shape").message


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ({"widht": 3}, "argument-unexpected", "widht"),
        ({"width": "3"}, "argument-type", "width"),
        ({"width": 2.5}, "argument-type", "width"),
        ({"width": True}, "argument-type", "width"),
        ({"scale": None}, "argument-type", "scale"),
        ({"bias": 1}, "argument-type", "bias"),
    ],
)
def test_wrong_arguments_are_named_before_the_call(arguments: dict[str, Any], code: str, named: str) -> None:
    info = error_of("Tiny", arguments)
    assert info.code == code
    assert repr(named) in info.message


def test_unexpected_argument_suggests_the_close_one() -> None:
    assert "width" in error_of("Tiny", {"widht": 3}).hint


def test_missing_argument_is_named() -> None:
    info = error_of("Arguments")
    assert info.code == "argument-missing"
    assert "width" in info.message


def test_whole_number_serves_for_a_float() -> None:
    assert build("Tiny", {"scale": 2}).module.scale == 2


def test_arguments_reach_every_kind_of_parameter() -> None:
    arguments = {"width": 2, "sizes": [4, 5], "extra": [6, 7], "name": "n"}
    module: Any = build("Arguments", arguments).module
    assert (module.sizes, module.extra, module.name, module.mode) == ((4, 5), (6, 7), "n", "fast")


def test_warnings_of_the_model_are_recorded_once_with_a_count() -> None:
    (warning,) = build("Warns").warnings
    assert (warning.category, warning.message, warning.count) == ("DeprecationWarning", "an old layer", 3)
    assert warning.file == str(MODELS / "tiny.py")


@pytest.mark.parametrize(
    ("name", "arguments", "width"),
    [
        ("build_small", {}, 16),
        ("build_small", {"scale": 0.5}, 16),
        ("build_wide", {}, 32),
        ("build_wide", {"width": 8}, 8),
        ("builder", {"width": 5}, 5),
        ("Alias", {"width": 3}, 3),
        ("made", {}, 4),
    ],
)
def test_partials_lambdas_and_other_callables_of_a_file_make_the_model(
    name: str, arguments: dict[str, Any], width: int
) -> None:
    module = build(name, arguments, file="assigned.py").module
    assert module.layers[0].in_features == width  # type: ignore[union-attr, index]
    assert module.scale == arguments.get("scale", 1.0)


def test_arguments_of_a_partial_are_checked_by_name_and_type() -> None:
    where: dict[str, Any] = {"file": "assigned.py"}
    assert error_of("build_small", {"scale": "big"}, **where).code == "argument-type"
    assert error_of("build_small", {"colour": 1}, **where).code == "argument-unexpected"
    assert build("build_linear", {"out_features": 7}, **where).module.out_features == 7


def test_a_module_made_by_the_file_is_copied_and_takes_no_arguments() -> None:
    first = build("made", file="assigned.py").module
    assert first is not sys.modules["assigned"].made
    assert error_of("made", {"width": 3}, file="assigned.py").code == "argument-unexpected"


@pytest.mark.parametrize("name", ["fetch_net", "fetch_partly"])
def test_async_factories_are_refused_with_what_to_write_instead(name: str) -> None:
    info = error_of(name, file="assigned.py")
    assert info.code == "factory-async"
    assert f"asyncio.run({name}())" in info.hint


def test_a_callable_that_gives_a_coroutine_is_told_without_a_warning() -> None:
    assert "coroutine" in error_of("later", file="assigned.py").message
