"""Factories that the app writes for classes whose constructors need objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import FactoryDraft, FactoryRequest, ModelSource, ScanRequest
from modelpack_gui.stages.source import factory, scan
from modelpack_gui.stages.source.build import build_model

CONFIG = """\
from dataclasses import dataclass, field


@dataclass
class Head:
    classes: int = 5
    bias: bool = True


@dataclass
class Config:
    width: int
    depth: int = 2
    scale: float = 1.0
    names: list = field(default_factory=list)
    rest: object = object()
    head: "Head" = None
"""
NET = """\
from torch import nn


class Net(nn.Module):
    \"\"\"A net.\"\"\"

    def __init__(self, config: Config, activation: str = "relu", *, dropout: float = 0.0):
        super().__init__()
        self.layers = nn.Sequential(*(nn.Linear(config.width, config.width) for _ in range(config.depth)))
        self.activation, self.dropout, self.config = activation, dropout, config

    def forward(self, x):
        return self.layers(x)
"""


def draft(folder: Path, file: str = "net.py", name: str = "Net") -> FactoryDraft:
    return factory.run(FactoryRequest(file, "", name), PlainContext(folder))


def built(folder: Path, made: FactoryDraft, **arguments: object) -> object:
    Path(made.path).write_text(made.text)
    source = ModelSource(file=str(Path(made.path).relative_to(folder)), name=made.name, arguments=arguments)
    return build_model(source, PlainContext(folder)).module


def objects_of(folder: Path, name: str = "Net") -> dict[str, str]:
    found = scan.run(ScanRequest("net.py"), PlainContext(folder)).callables
    info = next(item for item in found if item.name == name)
    return {item.name: item.object_class for item in info.parameters}


def test_a_configuration_in_the_same_file_is_made_of_its_fields(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CONFIG + NET)
    assert objects_of(tmp_path) == {"config": "Config", "activation": "", "dropout": ""}
    made = draft(tmp_path)
    assert (Path(made.path), made.name) == (tmp_path / "net_factory.py", "make_net")
    assert "TODO" not in made.text
    module = built(tmp_path, made, width=7, dropout=0.5)
    assert module.config.width == 7  # type: ignore[attr-defined]
    assert (module.config.depth, module.dropout) == (2, 0.5)  # type: ignore[attr-defined]


def test_the_parameters_of_the_factory_are_those_that_an_argument_can_be(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CONFIG + NET)
    made = draft(tmp_path)
    Path(made.path).write_text(made.text)
    (info,) = scan.run(ScanRequest("net_factory.py"), PlainContext(tmp_path)).callables
    assert [(item.name, item.annotation, item.default) for item in info.parameters] == [
        ("width", "int", None),
        ("depth", "int", "2"),
        ("scale", "float", "1.0"),
        ("activation", "str", "'relu'"),
        ("dropout", "float", "0.0"),
    ]
    assert not any(item.object_class for item in info.parameters)


def test_a_configuration_in_a_neighbour_of_a_package_is_found_through_relative_imports(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    (package / "settings").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "settings" / "__init__.py").write_text("from .values import Config\n")
    (package / "settings" / "values.py").write_text(CONFIG.replace("    width: int\n", "    width: int = 3\n"))
    (package / "net.py").write_text("from .settings import Config\n" + NET)
    made = draft(tmp_path, "pack/net.py")
    assert "from pack.settings.values import Config" in made.text
    assert built(tmp_path, made).config.width == 3  # type: ignore[attr-defined]


def test_objects_in_objects_are_made_from_the_inside_out(tmp_path: Path) -> None:
    text = CONFIG.replace('    head: "Head" = None\n', "").replace(
        "    width: int\n", "    head: Head\n    width: int = 4\n"
    )
    (tmp_path / "config.py").write_text(text)
    (tmp_path / "net.py").write_text("import config\n" + NET.replace("config: Config", "config: config.Config"))
    module = built(tmp_path, draft(tmp_path), classes=9)
    assert module.config.head.classes == 9  # type: ignore[attr-defined]


def test_a_parameter_without_an_annotation_takes_the_only_configuration_there_is(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CONFIG + NET.replace("config: Config", "config"))
    assert objects_of(tmp_path)["config"] == "Config"
    assert built(tmp_path, draft(tmp_path), width=2).config.width == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "parameter",
    ["config: Config = Config()", "sizes: list[int]", "size: int | None", "kind: Literal['a']", "rest: Unknown", "x"],
)
def test_what_an_argument_can_be_or_has_a_default_needs_no_factory(tmp_path: Path, parameter: str) -> None:
    text = (
        f"from torch import nn\nclass Config: ...\nclass Net(nn.Module):\n    def __init__(self, {parameter}): ...\n"
    )
    (tmp_path / "net.py").write_text(text)
    assert set(objects_of(tmp_path).values()) == {""}
    with pytest.raises(UserError) as caught:
        draft(tmp_path)
    assert caught.value.info.code == "factory-not-needed"


def test_a_file_that_no_import_can_name_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "my-net.py").write_text(CONFIG + NET)
    with pytest.raises(UserError) as caught:
        draft(tmp_path, "my-net.py")
    assert caught.value.info.code == "factory-not-possible"


def test_names_that_meet_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CONFIG + NET.replace('activation: str = "relu"', "depth: int = 8"))
    text = draft(tmp_path).text
    compile(text, "net_factory.py", "exec")
    assert "config=config" in text
    assert "model_depth: int = 8" in text


def test_a_class_that_the_file_does_not_define_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    with pytest.raises(UserError) as caught:
        draft(tmp_path, name="Other")
    assert caught.value.info.code == "class-missing"
