"""Start modelpack-gui on the demo project: `python scripts/run.py [recipe or model file] [options of the app]`.

The first start makes a virtual environment and installs pinned versions; later ones start at once. With a display it
opens the window; without one it runs the same recipe through the command line and writes the results as JSON.
"""

import sys

if sys.version_info < (3, 11):  # kept free of syntax that an old Python cannot read
    sys.exit(
        "modelpack-gui needs Python 3.11 or newer, and this is "
        + sys.version.split()[0]
        + ". Start it with a newer one, such as: python3.11 scripts/run.py"
    )

import argparse
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from scripts import _environment, _system_libraries  # noqa: E402 (the checkout is put on the path above)

DEMO = ROOT / "resources" / "demo" / "demo.toml"
BUILD = ROOT / "build"
_OPENED = {".toml", ".py", ".onnx", ".pt", ".pt2", ".pth", ".ckpt", ".bin", ".safetensors"}  # as in ui/file_kinds.py


def main(arguments: list[str]) -> int:
    try:
        python = _environment.ensure("worker")
    except _environment.SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    app = [str(python), "-m", "modelpack_gui"]
    if has_display():
        site_packages = _environment.site_packages_of(_environment.venv_folder())
        if not _system_libraries.ensure_qt_libraries(site_packages):
            return 1
        window = [*app, "gui", *window_arguments(arguments)]
        if os.name != "nt":
            os.execv(window[0], window)  # so that a signal to this process ends the app
        return run(window)
    command, results = headless_arguments(arguments)
    print("No display: running the recipe through the command line.", flush=True)
    results.parent.mkdir(parents=True, exist_ok=True)
    before_ns = written_ns(results)
    status = run([*app, "run", *command])
    if written_ns(results) != before_ns:  # not those of an earlier run
        print(f"Results: {results}")
    return status


def written_ns(path: Path) -> int:
    """When a file was last written; 0 if there is none."""
    return path.stat().st_mtime_ns if path.is_file() else 0


def has_display() -> bool:
    """Whether a window can open here."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def window_arguments(arguments: list[str]) -> list[str]:
    """Arguments of `modelpack gui`: the demo, unless a file is named."""
    return arguments if any(names_file(item) for item in arguments) else ["--demo", *arguments]


def headless_arguments(arguments: list[str]) -> tuple[list[str], Path]:
    """Arguments of `modelpack run`, and where the results go."""
    recipe = next((Path(item) for item in arguments if names_file(item) and item.endswith(".toml")), None)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--json", type=Path)
    results: Path | None = parser.parse_known_args(arguments)[0].json
    if results is None:
        results = BUILD / f"{(recipe or DEMO).stem}-results.json"
        arguments = [*arguments, "--json", str(results)]
    return arguments if recipe else [str(DEMO), *arguments], results


def names_file(argument: str) -> bool:
    """Whether an argument is a file to open rather than an option or its value."""
    return not argument.startswith("-") and Path(argument).suffix.lower() in _OPENED


def run(command: list[str]) -> int:
    """Run a command to its end; its exit status, 128 + n if signal n ended it."""
    child = subprocess.Popen(command)
    while True:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            continue  # the child got it too, and says how it ends
        return status if status >= 0 else 128 - status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
