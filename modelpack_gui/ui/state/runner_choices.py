"""Which runners a window lists: those of the recipe, and those that were taken out of a run but not forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from modelpack_gui.core.records import RunnerSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.project.spec_edits import edit_bench


class RunnerChoices(QObject):
    """The list, in its order. The recipe has the runners that are measured; the rest lives as long as the project.

    Attributes:
        specs: All that are listed.
    """

    changed = Signal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._put_aside: set[str] = set()  # keys that were unticked once: an undo may bring them back and forth
        self.specs: tuple[RunnerSpec, ...] = controller.recipe.bench.runners
        controller.recipe_changed.connect(self._follow)
        controller.project.leaving.connect(self._put_aside.clear)

    @property
    def on(self) -> frozenset[str]:
        """Keys of those that the next benchmark measures."""
        return frozenset(one.key for one in self._controller.recipe.bench.runners)

    def set_on(self, key: str, *, is_on: bool) -> None:
        """Measure a runner, or leave it out and keep it in the list. The last one stays."""
        now = self.on
        wanted = now | {key} if is_on else now - {key}
        if wanted == now or not wanted:
            return
        if not is_on:
            self._put_aside.add(key)
        self._edit(
            [one for one in self.specs if one.key in wanted], "measure a runner" if is_on else "leave a runner out"
        )

    def remove(self, key: str) -> None:
        """Take a runner off the list."""
        self._put_aside.discard(key)
        left = [one for one in self.specs if one.key in self.on and one.key != key]
        if key in self.on and left:
            self._edit(left, "remove a runner")
        self._follow()

    def add(self, spec: RunnerSpec, after: str = "") -> None:
        """Put a runner behind another one, or last, and measure it; one that is listed already is only measured."""
        if any(one.key == spec.key for one in self.specs):
            self.set_on(spec.key, is_on=True)
            return
        specs = list(self.specs)
        place = next((i + 1 for i, one in enumerate(specs) if one.key == after), len(specs))
        specs.insert(place, spec)
        self._edit([one for one in specs if one.key in self.on or one is spec], "add a runner")

    def replace(self, key: str, spec: RunnerSpec) -> None:
        """Give a runner other options, in its place."""
        self._put_aside.discard(key)
        specs = [spec if one.key == key else one for one in self.specs]
        self.specs = tuple({one.key: one for one in specs}.values())
        self._edit([one for one in self.specs if one.key in self.on or one is spec], "change a runner", {key: spec})

    def move(self, key: str, steps: int) -> None:
        """Show a runner earlier or later."""
        specs = list(self.specs)
        place = next(i for i, one in enumerate(specs) if one.key == key)
        moved = specs.pop(place)
        specs.insert(min(max(0, place + steps), len(specs)), moved)
        self.specs = tuple(specs)
        self._edit([one for one in specs if one.key in self.on], "move a runner")
        self.changed.emit()  # also where only one that is put aside has moved

    def _edit(self, specs: Sequence[RunnerSpec], text: str, renamed: dict[str, RunnerSpec] | None = None) -> None:
        runners = tuple(specs)
        baseline = self._controller.recipe.bench.baseline
        if renamed and baseline in renamed:
            baseline = renamed[baseline].key
        elif baseline not in {one.key for one in runners}:
            baseline = ""
        edit_bench(self._controller, text, runners=runners, baseline=baseline)

    def _follow(self) -> None:
        """Keep what was put aside in its place among the recipe's runners, as far as their order allows."""
        runners = self._controller.recipe.bench.runners
        here = {one.key for one in runners}
        aside = [one for one in self.specs if one.key in self._put_aside and one.key not in here]
        keys = [one.key for one in self.specs]
        listed = list(runners)
        for one in aside:
            before = set(keys[: keys.index(one.key)])
            place = max((i + 1 for i, other in enumerate(listed) if other.key in before), default=0)
            listed.insert(place, one)
        if tuple(listed) != self.specs:
            self.specs = tuple(listed)
        self.changed.emit()
