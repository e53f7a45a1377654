"""Import the user's file or module afresh, so that an edited file is read again.

The user's folder is searched by finders of our own instead of `sys.path`: before everything else for what is
really there, but never for names of the standard library and of the libraries that the stages use. A file called
`onnx.py` beside the model must not shadow the library; a folder called `torchvision` with pictures neither.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.source.locate import Location, syntax_error
from modelpack_gui.stages.source.usercode import guarded

_LIBRARIES = frozenset(
    {"torch", "numpy", "onnx", "onnxruntime", "onnxscript", "onnx_ir", "safetensors", "google", "ml_dtypes",
     "sympy", "mpmath", "typing_extensions", "packaging", "functorch", "torchgen", "filelock", "fsspec", "jinja2",
     "markupsafe", "networkx", "modelpack_gui"}
)  # fmt: skip


class _FolderFinder(importlib.abc.MetaPathFinder):
    """Finds modules in the user's folder, and in the packages there.

    Two are installed: one before all other finders, which sees modules and packages with `__init__.py`, and one
    after them, which sees plain folders (namespace packages) too, as an entry of sys.path would.
    """

    def __init__(self, with_namespaces: bool) -> None:
        self.root = ""
        self._with_namespaces = with_namespaces

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 (the signature of importlib)
    ) -> importlib.machinery.ModuleSpec | None:
        top = fullname.partition(".")[0]
        if not self.root or _is_protected(top) or (path is not None and top not in _found):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, [self.root] if path is None else path)
        if spec is None or (spec.loader is None and not self._with_namespaces):
            return None
        place = spec.origin or next(iter(spec.submodule_search_locations or ()), None)
        if place is None or _is_installed(Path(place).absolute()):
            return spec  # the model itself is in an installed package, whose neighbours are nobody's to import twice
        if type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = _FreshLoader(fullname, spec.loader.path)
        _found.add(top)
        return spec


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles from the source each time: bytecode is told apart by the second, an edit can be quicker.

    It also leaves no `__pycache__` in the user's folders.
    """

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


_first = _FolderFinder(with_namespaces=False)
_last = _FolderFinder(with_namespaces=True)
_found: set[str] = set()  # top-level names that the finders have found, whenever they were imported
_user_modules: set[str] = set()


def import_source(location: Location) -> ModuleType:
    """Import the module at `location` anew, and with it whatever it imports from the user's own folders.

    The folder stays findable after this, for imports inside functions, until the next call.

    Raises:
        UserError: `source-syntax`, `import-missing`, `import-failed`, `model-exits`.
    """
    search_from(location.root)
    before = set(sys.modules)
    hint = "Correct the file, or choose another interpreter if it was written for other versions of its libraries."
    wrote_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # leave no __pycache__ in the user's folders
    try:
        with guarded("import-failed", f"importing {location.path.name}", hint):
            try:
                return _execute(location)
            except SyntaxError as error:
                raise syntax_error(error) from error
            except UnicodeDecodeError as error:
                raise UserError(
                    "source-encoding", f"{location.path} is not UTF-8: {error}.", "Save it as UTF-8."
                ) from error
    finally:
        sys.dont_write_bytecode = wrote_bytecode
        _user_modules.update(name for name in set(sys.modules) - before if _is_users(name))


def search_from(root: Path) -> None:
    """Let modules be found in the folder `root`, and forget those of the folder before it."""
    purge()
    importlib.invalidate_caches()
    linecache.checkcache()
    _first.root = _last.root = str(root)
    if _first not in sys.meta_path:
        sys.meta_path.insert(0, _first)
        sys.meta_path.append(_last)


def user_files() -> tuple[Path, ...]:
    """The files of the user's that are imported now, sorted."""
    names = [name for name in sys.modules if name in _user_modules or name.partition(".")[0] in _found]
    files = (getattr(sys.modules[name], "__file__", None) for name in names)
    return tuple(sorted({Path(file).absolute() for file in files if file}))


def purge() -> None:
    """Forget the modules that earlier loads brought in from the user's folders, inside functions too."""
    found = {name for name in sys.modules if name.partition(".")[0] in _found}
    for name in _user_modules | found:
        sys.modules.pop(name, None)
    _user_modules.clear()
    _found.clear()


def _execute(location: Location) -> ModuleType:
    name = location.module
    top = name.partition(".")[0]
    if _is_installed(location.path):
        return importlib.import_module(name)
    if _is_protected(top) or (top in sys.modules and not _is_in(sys.modules[top], location.root)):
        if "." in name:
            return importlib.import_module(name)  # a package of the interpreter hides it behind the same name
        name = f"user_{name}"
    parent, _, leaf = name.rpartition(".")
    parent_module = importlib.import_module(parent) if parent else None
    if name in sys.modules:  # the package imported it a moment ago; twice would make two of each class
        return sys.modules[name]
    is_package = location.path.name == "__init__.py"
    spec = importlib.util.spec_from_file_location(
        name,
        location.path,
        loader=_FreshLoader(name, str(location.path)),
        submodule_search_locations=[str(location.path.parent)] if is_package else None,
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{location.path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    _user_modules.add(name)
    if parent_module is not None:
        setattr(parent_module, leaf, module)
    return module


def _is_protected(name: str) -> bool:
    return name in _LIBRARIES or name in sys.stdlib_module_names


def _is_in(module: ModuleType, root: Path) -> bool:
    origin = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
    return origin is not None and Path(origin).absolute().is_relative_to(root)


def _is_users(name: str) -> bool:
    """Whether a module comes from a folder of the user's rather than from the interpreter or from us."""
    module = sys.modules.get(name)
    origin = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
    if not origin or _is_protected(name.partition(".")[0]):
        return False
    return not _is_installed(Path(origin).absolute())


def _is_installed(path: Path) -> bool:
    is_package = bool({"site-packages", "dist-packages"} & set(path.parts))
    return is_package or path.is_relative_to(sysconfig.get_path("stdlib"))
