"""Drive the real window over the models of the zoo, as a person would: `python scripts/zoo_tour.py [MODEL ...]`.

Each model is a recipe of its own. It is loaded, exported with the default exporter, checked and compared; then the
same with the worst route of the table of the zoo, where the first fix that the window offers is pressed. Writes a
picture of each trouble and what came of all of it (`tour.json`). Needs a display:
`xvfb-run -a -s "-screen 0 1400x900x24" .venv/bin/python scripts/zoo_tour.py --out build/zoo`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtWidgets import QPushButton

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modelpack_gui.client import recipe_file, trust  # noqa: E402 (the checkout is put on the path above)
from modelpack_gui.core.explain.explanation import Explanation  # noqa: E402
from modelpack_gui.core.pipeline import Stage  # noqa: E402
from modelpack_gui.core.recipe import Recipe  # noqa: E402
from modelpack_gui.core.records import ExportRecord, ParityReport  # noqa: E402
from scripts.screenshots import Photographer  # noqa: E402
from tests.fixtures.zoo.cases import CASES, FOLDER, ZooCase  # noqa: E402

SUFFIXES = {"onnx": ".onnx", "torchscript": ".pt", "pt2": ".pt2"}
STAGES = (Stage.SOURCE, Stage.EXPORT, Stage.CHECK, Stage.PARITY)
TABLE = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))["models"]


class Tour:
    """One window, model after model."""

    def __init__(self, photographer: Photographer, folder: Path) -> None:
        self.photographer = photographer
        self.window = photographer.window
        self.controller = photographer.window.controller
        self.folder = folder

    def visit(self, case: ZooCase) -> dict[str, object]:
        """What the window says of a model: by the default route, and by the worst of the table with its first fix."""
        said: dict[str, object] = {"default": self._run(case, "onnx/dynamo/20")}
        route = worst_route(case.name)
        if route:
            said["route"], said["worst"] = route, self._run(case, route)
            said["shown"] = [item.id for item in self._explanations()]
            said |= self._mend(case)
        return said

    def _run(self, case: ZooCase, route: str) -> dict[str, str]:
        format_, exporter, *opset = route.split("/")
        output = str(self.folder / f"{case.name}-{exporter}{SUFFIXES[format_]}")
        export = case.export(format_, exporter, int(opset[0]) if opset else None, output)
        path = self.folder / f"{case.name}-{format_}-{exporter}.toml"
        recipe = Recipe(source=case.source, inputs=case.inputs, export=export)
        recipe_file.save_recipe(recipe, path)
        trust.trust(recipe_file.load_recipe(path), path)
        self.controller.undo_stack.setClean()  # a fix that was pressed is an unsaved change, and opening would ask
        self.window.open_path(path)
        self._wait("hello and scan", lambda: self.controller.capabilities is not None)
        self.controller.run(*STAGES)
        return self._outcome()

    def _outcome(self) -> dict[str, str]:
        self._wait("stages", lambda: not self.controller.is_busy)
        said = {}
        for stage in STAGES:
            state = self.controller.state(stage)
            said[stage.label] = state.status.value + (f": {state.error.code}" if state.error else "")
        return said

    def _wait(self, what: str, is_done: object) -> None:
        self.photographer.wait(is_done, what)  # type: ignore[arg-type]

    def _explanations(self) -> tuple[Explanation, ...]:
        found: list[Explanation] = []
        for stage in STAGES:
            state = self.controller.state(stage)
            if state.error is not None and state.error.explanation is not None:
                found.append(state.error.explanation)
            elif isinstance(state.result, (ExportRecord, ParityReport)):
                found += state.result.explanations
        return tuple(found)

    def _mend(self, case: ZooCase) -> dict[str, object]:
        """Press the first fix button of the first page that has one."""
        for stage in (Stage.EXPORT, Stage.PARITY):
            page = self.window.page(stage)
            self.window.show_stage(stage)
            self.photographer.settle(200)
            state = self.controller.state(stage)
            explains = isinstance(state.result, (ExportRecord, ParityReport)) and state.result.explanations
            shown = state.error is not None or bool(explains)
            if shown:
                self.photographer.shoot(f"{case.name}-{stage.label.lower()}")
            button = next((one for one in page.findChildren(QPushButton, "apply-fix") if can_press(one)), None)
            if not shown or button is None:
                continue
            text = button.accessibleName()
            button.click()
            self._wait("the fix", lambda: not self.controller.is_busy)
            self.controller.run(*STAGES[1:])
            mended = self._outcome()
            self.photographer.shoot(f"{case.name}-mended")
            return {"fix": text, "on": stage.label, "mended": mended}
        return {}


def can_press(button: QPushButton) -> bool:
    """Whether a person could: a panel that is hidden keeps its last buttons."""
    return button.isEnabled() and button.isVisible()


def worst_route(name: str) -> str:
    """A route that is silently wrong, else one that fails; of several the most usual one. Empty if all work."""
    outcomes: dict[str, str] = TABLE[name]
    for kind in ("wrong: at", "wrong", "fails"):
        found = [route for route, outcome in outcomes.items() if outcome.startswith(kind)]
        if found:
            return found[0]
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models to visit; all if none is named")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "zoo")
    parser.add_argument("--themes", nargs="+", default=["light"], choices=["light", "dark"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="modelpack-zoo-") as folder:
        os.environ["MODELPACK_DATA_DIR"] = folder
        photographer = Photographer(options.out, options.themes, (1280, 800))
        tour = Tour(photographer, Path(folder))
        said = {}
        for case in CASES:
            if not options.names or case.name in options.names:
                said[case.name] = tour.visit(case)
                print(case.name, json.dumps(said[case.name]), flush=True)
        photographer.window.controller.undo_stack.setClean()
        photographer.window.close()
    (options.out / "tour.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
