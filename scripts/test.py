"""Check the project: `python scripts/test.py [--only lint|types|imports|tests] [arguments of pytest]`.

Installs what it needs first, as scripts/run.py does. All checks run, even after one fails.
"""

import sys

if sys.version_info < (3, 11):  # kept free of syntax that an old Python cannot read
    sys.exit(
        "modelpack-gui needs Python 3.11 or newer, and this is "
        + sys.version.split()[0]
        + ". Start it with a newer one, such as: python3.11 scripts/test.py"
    )

import argparse
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_AT_ONCE = 4
"""Each of them holds torch and starts workers: more need more memory than time is won."""
sys.path.insert(0, str(ROOT))
from scripts import _environment, _system_libraries  # noqa: E402 (the checkout is put on the path above)


@dataclass(frozen=True)
class Check:
    """A command that passes with exit status 0; `group` is what `--only` names."""

    name: str
    group: str
    command: list[str]


def checks(venv: Path, pytest_arguments: list[str]) -> list[Check]:
    """All checks, in the order they run."""
    python = str(_environment.python_of(venv))
    return [
        Check("ruff format", "lint", [python, "-m", "ruff", "format", "--check", "."]),
        Check("ruff check", "lint", [python, "-m", "ruff", "check", "."]),
        Check("mypy", "types", [python, "-m", "mypy"]),
        Check("import contracts", "imports", [str(_environment.program_of(venv, "lint-imports"))]),
        Check("pytest", "tests", [python, "-m", "pytest", *side_by_side(), *pytest_arguments]),
    ]


def side_by_side() -> list[str]:
    """Options that run the files of tests on several cores; the tests of a file share what is costly to make."""
    return ["-n", str(min(os.cpu_count() or 1, MOST_AT_ONCE)), "--dist", "loadfile"]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description="Check the project.", epilog="All other arguments go to pytest.", allow_abbrev=False
    )
    parser.add_argument("--only", choices=("lint", "types", "imports", "tests"), help="run these checks alone")
    options, pytest_arguments = parser.parse_known_args(arguments)
    try:
        _environment.ensure("worker", "openvino", "dev")
    except _environment.SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    venv = _environment.venv_folder()
    chosen = [check for check in checks(venv, pytest_arguments) if options.only in (None, check.group)]
    if any(check.group == "tests" for check in chosen):
        _system_libraries.ensure_qt_libraries(
            _environment.site_packages_of(venv), with_virtual_screen=True
        )  # what still lacks fails its tests
    outcomes = [(check, *run(check)) for check in chosen]
    print("\n" + "\n".join(summary_lines(outcomes)))
    return 1 if any(status for _, status, _ in outcomes) else 0


def run(check: Check) -> tuple[int, float]:
    """Exit status and seconds of a check, whose output goes to ours."""
    print(f"\n--- {check.name}", flush=True)
    started_s = time.monotonic()
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(check.command, cwd=ROOT, env=environment, check=False)
    return done.returncode, time.monotonic() - started_s


def summary_lines(outcomes: list[tuple[Check, int, float]]) -> list[str]:
    """A table: name, outcome, seconds."""
    return [
        f"{check.name:<18}{'passed' if status == 0 else f'FAILED ({status})':<14}{duration_s:7.1f} s"
        for check, status, duration_s in outcomes
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
