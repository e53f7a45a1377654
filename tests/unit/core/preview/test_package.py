"""The lines that make a model take a file out of the middle of a package, relative imports included."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from modelpack_gui.core.preview.model import model_lines
from modelpack_gui.core.records import ModelSource

NET = """
from ..sizes import WIDTH

class Net:
    def eval(self):
        print(WIDTH, type(self).__module__)
"""


def run(file: Path) -> str:
    stand_in = "import importlib.util, sys, types\nfrom pathlib import Path\n"
    stand_in += "torch = types.SimpleNamespace(manual_seed=print)\n"
    code = stand_in + "\n".join(model_lines(ModelSource(file=str(file), name="Net")))
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_file_in_a_package_imports_relatively_even_when_the_package_imports_it_first(tmp_path: Path) -> None:
    models = tmp_path / "acme" / "models"
    models.mkdir(parents=True)
    (tmp_path / "acme" / "__init__.py").write_text("")
    (tmp_path / "acme" / "sizes.py").write_text("WIDTH = 8\n")
    (models / "__init__.py").write_text("from .net import Net\n")
    (models / "net.py").write_text(NET)
    assert run(models / "net.py") == "8 acme.models.net"


def test_a_file_outside_a_package_may_have_the_name_of_a_library(tmp_path: Path) -> None:
    file = tmp_path / f"{importlib.util.__name__.partition('.')[0]}.py"
    file.write_text(NET.replace("from ..sizes import WIDTH", "WIDTH = 3"))
    assert run(file) == "3 importlib"
