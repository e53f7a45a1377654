"""The settings of the benchmark page: numbers, until when, processors, and the fold above the results."""

from __future__ import annotations

import dataclasses

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import BenchSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.bench_numbers import parse_cpus, parse_rates, spell_cpus, spell_rates
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.bench.settings import BenchSettings, protocol_summary
from modelpack_gui.ui.widgets.bench.setup import BenchSetup, setup_summary


@pytest.fixture
def fields(qtbot: QtBot, controller: Controller) -> BenchSettings:
    made = BenchSettings(controller)
    qtbot.addWidget(made)
    made.show()
    return made


def test_measuring_until_p50_is_known_takes_a_usual_precision_and_a_limit_undone_as_one(
    fields: BenchSettings, controller: Controller
) -> None:
    fields.precise.click()
    bench = controller.recipe.bench
    assert (bench.precision, bench.time_budget_s) == (0.01, 120.0)
    fields.precision.setValue(2.5)
    assert controller.recipe.bench.precision == pytest.approx(0.025)
    controller.undo_stack.undo()
    controller.undo_stack.undo()
    assert not fields.precise.isChecked()
    assert not fields.precision.isEnabled()
    assert not controller.undo_stack.canUndo()


def test_no_longer_measuring_until_then_gives_the_limit_up_too(fields: BenchSettings, controller: Controller) -> None:
    fields.precise.click()
    fields.precise.click()
    assert controller.recipe.bench == BenchSpec()


def test_what_is_folded_edits_the_recipe(fields: BenchSettings, controller: Controller) -> None:
    fields.seed.setValue(7)
    fields.block_runs.setValue(10)
    fields.batch_size.setValue(8)
    fields.budget.setValue(30)
    fields.noise_run.click()
    fields.fresh_inputs.click()
    fields.pin_cpus.setText("0-2")
    fields.pin_cpus.textEdited.emit("0-2")
    assert controller.recipe.bench == dataclasses.replace(
        BenchSpec(),
        seed=7,
        block_runs=10,
        batch_size=8,
        time_budget_s=30.0,
        noise_run=False,
        fresh_inputs=True,
        pin_cpus=(0, 1, 2),
    )
    fields.batch_size.setValue(0)
    fields.budget.setValue(0)
    assert controller.recipe.bench.batch_size is None
    assert controller.recipe.bench.time_budget_s is None


def test_processors_that_are_none_are_explained_and_change_nothing(
    fields: BenchSettings, controller: Controller
) -> None:
    fields.pin_cpus.setText("two")
    fields.pin_cpus.textEdited.emit("two")
    assert "such as 0-3, 6" in fields.problem.text
    assert controller.recipe.bench.pin_cpus == ()


@pytest.mark.parametrize(
    ("text", "cpus"), [("", ()), ("3", (3,)), ("0-3, 6", (0, 1, 2, 3, 6)), ("6 0-1", (6, 0, 1)), ("1,1", (1,))]
)
def test_processors_are_read_and_spelled(text: str, cpus: tuple[int, ...]) -> None:
    assert parse_cpus(text) == cpus
    assert parse_cpus(spell_cpus(cpus)) == cpus


@pytest.mark.parametrize("text", ["3-1", "-1", "1-", "a", "0-9999", "1.5"])
def test_what_names_no_processors_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_cpus(text)


@pytest.mark.parametrize("text", ["0", "-3", "nan", "inf", "fast"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_rates(text)
    assert spell_rates(parse_rates("50, 0.5 50")) == "50, 0.5"


def test_the_summary_says_what_is_folded() -> None:
    spec = dataclasses.replace(
        BenchSpec(), batch_size=4, time_budget_s=60.0, noise_run=False, pin_cpus=(0, 1), callers=(1, 2), threads=3
    )
    assert protocol_summary(BenchSpec()) == "25 runs a turn, seed 0, A/A run"
    assert protocol_summary(spec) == (
        "25 runs a turn, batch 4, at most 60 s, seed 0, no A/A run, processors 0-1, then 1, 2 callers, 3 s each"
    )
    assert setup_summary(spec).startswith("3 runners, 50 + 500 runs, 3 threads, 25 runs a turn, ")
    precise = dataclasses.replace(spec, precision=0.005)
    assert "500 runs until ±0.5 %" in setup_summary(precise)


def test_runners_and_settings_fold_to_a_line_and_stay_so(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    setup = BenchSetup(controller, settings)
    qtbot.addWidget(setup)
    setup.show()
    assert setup.is_open
    setup.fold_button.click()
    assert not setup.runners.isVisible()
    assert setup.line.whole.startswith("3 runners, 50 + 500 runs")
    again = BenchSetup(controller, settings)
    qtbot.addWidget(again)
    assert not again.is_open
    again.line.click()
    assert again.is_open


def test_they_give_way_to_results_until_the_user_says_otherwise(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    setup = BenchSetup(controller, settings)
    qtbot.addWidget(setup)
    setup.show()
    opened = []
    for has_results in (True, False, True):
        setup.give_way(to_results=has_results)
        opened.append(setup.is_open)
    setup.line.click()
    setup.give_way(to_results=True)
    assert [*opened, setup.is_open] == [False, True, False, True]


def test_a_run_gets_the_room_and_leaves_it_as_the_user_had_it(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    setup = BenchSetup(controller, settings)
    qtbot.addWidget(setup)
    setup.show()
    setup.set_open(is_open=True)
    opened = []
    for is_running in (False, True, True, False):
        setup.give_way(to_results=True, is_running=is_running)
        opened.append(setup.is_open)
    assert opened == [True, False, False, True]
    setup.give_way(to_results=True, is_running=True)
    setup.line.click()
    setup.give_way(to_results=True, is_running=True)
    assert setup.is_open, "the user wants to see them while it runs"


def test_they_do_not_give_way_under_the_hand_of_who_types(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    setup = BenchSetup(controller, settings)
    qtbot.addWidget(setup)
    setup.show()
    setup.activateWindow()
    setup.settings.iterations.setFocus()
    qtbot.waitUntil(setup.settings.iterations.hasFocus)
    setup.give_way(to_results=True)
    assert setup.is_open
