"""The demo as a copy of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelpack_gui.client import files
from modelpack_gui.client.demo import open_demo
from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.client.resources import resource_path
from modelpack_gui.client.trust import is_trusted
from modelpack_gui.core.errors import UserError


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(files.DATA_DIR_VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize("name", ["demo", "batch_branch"])
def test_the_demo_opens_as_a_trusted_copy_of_the_users_own(name: str, data_folder: Path) -> None:
    path = open_demo(name)
    recipe = load_recipe(path)
    assert path == data_folder / "demo" / f"{name}.toml"
    assert (path.parent / recipe.source.file).is_file()
    assert is_trusted(recipe, path)


def test_a_demo_file_that_the_user_changed_stays_and_a_missing_one_comes_back(data_folder: Path) -> None:
    folder = open_demo().parent
    (folder / "shapes.py").write_text("mine = 1\n", encoding="utf-8")
    (folder / "shapes.pt").unlink()
    for _ in range(2):
        open_demo()
        assert (folder / "shapes.py").read_text(encoding="utf-8") == "mine = 1\n"
        assert (folder / "shapes.pt").read_bytes() == resource_path("demo", "shapes.pt").read_bytes()


def test_an_unchanged_demo_file_follows_the_app_when_that_ships_another(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    text = 'schema_version = 1\n[source]\nfile = "net.py"\nname = "Net"\n'
    (shipped / "demo.toml").write_text(text, encoding="utf-8")
    (shipped / "net.py").write_text("version = 1\n", encoding="utf-8")
    (shipped / "other.py").write_text("version = 1\n", encoding="utf-8")
    monkeypatch.setattr("modelpack_gui.client.demo.resource_path", lambda *_parts: shipped)
    folder = open_demo().parent
    (folder / "other.py").write_text("mine\n", encoding="utf-8")
    for name in ("net.py", "other.py"):
        (shipped / name).write_text("version = 2\n", encoding="utf-8")
    open_demo()
    assert (folder / "net.py").read_text(encoding="utf-8") == "version = 2\n"
    assert (folder / "other.py").read_text(encoding="utf-8") == "mine\n"


def test_a_demo_that_is_not_there_is_refused_with_those_that_are(data_folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        open_demo("nope")
    assert "batch_branch, demo" in caught.value.info.hint


def test_a_resource_that_is_not_shipped_is_refused() -> None:
    assert resource_path("icons").is_dir()
    with pytest.raises(UserError, match=r"icons/none\.svg"):
        resource_path("icons", "none.svg")
