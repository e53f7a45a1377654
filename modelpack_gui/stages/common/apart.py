"""Call a function of ours in a process that ends after it.

What a benchmark needs to know and its runner does not (which libraries are there, example inputs that torch draws,
what is in the artifact) is found out apart, so that it neither counts in the runner's memory and start-up nor leaves
threads behind in the process that is measured.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import modelpack_gui
from modelpack_gui.core import serde
from modelpack_gui.core.errors import ErrorInfo, UserError

_MARK = "modelpack-answer:"
_POLL_S = 0.05

# Modules are looked for where this process does, which has taken the user's folder from the front; our package is
# loaded from where it is, as the worker does it.
_CODE = """
import sys
sys.path[:] = sys.argv[3].split("\\n")
import importlib.util, os
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "modelpack_gui", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
module = importlib.util.module_from_spec(spec)
sys.modules["modelpack_gui"] = module
spec.loader.exec_module(module)
from modelpack_gui.stages.common.apart import answer
answer(sys.argv[2])
"""


class Apart:
    """A call under way.

    Args:
        function: `package.module:name`, takes and gives what JSON can hold.
    """

    def __init__(self, function: str, argument: Any = None) -> None:
        self._function = function
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, modelpack_gui.__path__[0], function, "\n".join(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._input = json.dumps(argument)

    def result(self, limit_s: float, check: Callable[[], None] = lambda: None) -> Any:
        """Wait for what it gives.

        Args:
            check: Called now and then; what it raises ends the process.

        Raises:
            UserError: What the function raised; `helper-failed`, its process died or took longer than `limit_s`.
        """
        until_s = time.monotonic() + limit_s
        unsent: str | None = self._input
        try:
            while True:
                check()
                try:
                    output, errors = self._process.communicate(unsent, timeout=_POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    unsent = None
                    if time.monotonic() > until_s:
                        raise self._failed(f"did not answer within {limit_s:g} s", "") from None
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.communicate()
        lines = [line.removeprefix(_MARK) for line in output.splitlines() if line.startswith(_MARK)]
        if not lines:
            raise self._failed(f"ended with the exit status {self._process.returncode}", errors[-4000:])
        answer = json.loads(lines[-1])
        if "error" in answer:
            info = serde.decode(ErrorInfo, answer["error"])
            raise UserError(info.code, info.message, info.hint, info.details, info.explanation)
        return answer["result"]

    def _failed(self, what: str, details: str) -> UserError:
        name = self._function.partition(":")[2].replace("_", " ")
        return UserError(
            "helper-failed",
            f"The process that should {name} {what}.",
            "The details hold what it said last; a package of this interpreter may be damaged.",
            details,
        )


def answer(function: str) -> None:
    """In that process: read the argument, call the function, print what it gives."""
    module, _, name = function.partition(":")
    argument = json.loads(sys.stdin.read())
    found: dict[str, Any]
    try:
        found = {"result": getattr(importlib.import_module(module), name)(argument)}
    except UserError as error:
        found = {"error": serde.encode(error.info)}
    sys.stdout.write(f"\n{_MARK}{json.dumps(found)}\n")
    sys.stdout.flush()
