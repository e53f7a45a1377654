from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from modelpack_gui.client.quantize_store import (
    digest_of,
    keep_run,
    read_kept,
)
from modelpack_gui.core.events import Partial
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize.speed import RUNNER, UNLOADABLE
from modelpack_gui.core.records import (
    BenchReport,
    BenchRequest,
    BenchSpec,
    MachineNoise,
    OutputsCheck,
    QuantizeAdvice,
    QuantizeRequest,
    RunnerResult,
    RunnerSpec,
    Verdict,
)
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.models.variant_table import FLOAT_LABEL
from modelpack_gui.ui.pages.quantize import QuantizePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.state.quantize import runner_of
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient
from tests.ui.made_reports import bench_report, latencies
from tests.ui.quantize import made_quantize as made
from tests.ui.quantize.pages import finish, labels, open_quantize_page, start
from tests.ui.samples import FAULT

# Speed


def test_speed_is_measured_after_quantising_beside_float32_and_told_in_the_verdict(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    page.measures.click()
    variant = made.variant(made.STATIC, artifact.parent)
    finish(page, client, qtbot, variant)
    qtbot.waitUntil(lambda: any(job.stage == "bench" for job in client.jobs))
    job = client.last("bench")
    assert isinstance(job.request, BenchRequest)
    key = runner_of(variant, page.controller.base).key
    assert [one.key for one in job.request.bench.runners] == [RUNNER, key]
    assert key == f"onnxruntime[file=build/{Path(variant.path).name}]"
    assert page.variants.stop_button.isVisible()
    assert page.variants.chart.isVisible()  # it keeps its place
    assert not page.variants.chart.shown
    assert page.sentence.text().startswith("So far: INT8 static is 3.6x smaller")
    job.answer(speed_report(*job.request.bench.runners))
    qtbot.waitUntil(lambda: not page._state.speed.is_running)
    line = page.variants.model.records[1]
    assert line.speedup is not None
    assert line.speedup.value == pytest.approx(2.0, rel=0.05)
    assert "2.0x faster" in page.sentence.text()
    assert page.variants.measure_button.text() == "Measure again"


def speed_report(*specs: RunnerSpec) -> BenchReport:
    whole = bench_report()
    base, fast = latencies(1.0, 500, 1), latencies(0.5, 500, 2)
    ratio = stats.speedup(base, fast)
    runners = (
        RunnerResult(RUNNER, "", None, (), base, stats.summarise(base), None, spec=specs[0]),
        RunnerResult(specs[1].key, "", None, (), fast, stats.summarise(fast), ratio, spec=specs[1]),
    )
    bench = BenchSpec(runners=specs)
    return dataclasses.replace(whole, bench=bench, baseline=RUNNER, runners=runners)


def test_a_noisy_measurement_and_a_file_that_answers_wrongly_are_told(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent))
    page.variants.measure_button.click()
    job = client.last("bench")
    assert isinstance(job.request, BenchRequest)
    whole = speed_report(*job.request.bench.runners)
    wrong = OutputsCheck(Verdict.FAILED, RUNNER, note="The outputs are noise.")
    fast = dataclasses.replace(whole.runners[1], title="INT8 static", outputs=wrong, speedup=None)
    noise = MachineNoise((1.0, 1.4), 0.4, is_noisy=True, text="The machine was busy.")
    job.answer(dataclasses.replace(whole, runners=(whole.runners[0], fast), noise=noise))
    qtbot.waitUntil(lambda: not page._state.speed.is_running)
    assert page.variants.speed_doubts.text == (
        "INT8 static: its speed does not count. The outputs are noise.\nThe machine was busy."
    )
    assert page.variants.model.records[1].speedup is None
    assert read_kept(artifact).speed_doubts  # also when the project is reopened


def test_speed_that_could_not_be_measured_is_told_and_can_be_tried_again(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent))
    page.variants.measure_button.click()
    client.last("bench").answer(FAULT)
    qtbot.waitUntil(lambda: not page._state.speed.is_running)
    assert "class 'Shapes'" in page.variants.speed_error.text
    assert page.variants.measure_button.text() == "Measure speed"


def test_no_two_files_look_alike_in_the_chart(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    more = dataclasses.replace(made.STATIC, exclude_nodes=("head",))
    specs = (*made.SPECS, more)
    finish(page, client, qtbot, *(made.variant(one, artifact.parent, is_measured=True) for one in specs))
    points = page.variants.chart.shown
    assert len({(one.color, one.dash) for one in points if not one.is_reference}) == 7
    assert {one.shade for one in points if one.is_reference} == {theme().colors.muted}
    assert [one.title for one in points if one.is_best] == ["INT8 static, QOperator"]


def test_one_more_file_is_scrolled_into_view(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    page.resize(900, 520)
    finish(page, client, qtbot, *(made.variant(one, artifact.parent, is_measured=True) for one in made.SPECS))
    more = made.variant(dataclasses.replace(made.STATIC, exclude_nodes=("head",)), artifact.parent)
    job = start(page, client, qtbot)
    job.give(Partial(job.id, more))
    table = page.variants.table
    qtbot.waitUntil(lambda: page.variants.model.rowCount() == 8)
    last = page.variants.model.index(7, 0)
    qtbot.waitUntil(lambda: 0 < table.visualRect(last).bottom() <= table.viewport().height())


# Kept with the project


def test_variants_are_shown_again_when_the_project_is_reopened(
    page: QuantizePage,
    client: FakeClient,
    qtbot: QtBot,
    artifact: Path,
    settings: Settings,
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent, is_measured=True))
    controller = page.controller
    qtbot.waitUntil(lambda: read_kept(artifact).variants[0].made_from == digest_of(artifact))
    controller.new_project()
    assert labels(page) == []
    controller.open_recipe(artifact.parent.parent / "recipe.toml", is_trusted=True)
    assert labels(page) == [FLOAT_LABEL, "INT8 static"]
    assert page.sentence.text().startswith("INT8 static is 1.9x faster")
    assert page.badge.status is Status.PASSED


def test_nothing_is_run_for_a_recipe_that_is_not_trusted(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent))
    controller = page.controller
    controller.new_project()
    controller.open_recipe(artifact.parent.parent / "recipe.toml", is_trusted=False)
    assert labels(page) == [FLOAT_LABEL, "INT8 static"]
    asked: list[bool] = []
    controller.trust_wanted.connect(lambda: asked.append(True))
    before = len(client.jobs)
    for start_it in (page.variants.measure_button.click, page.nodes.explore, page.try_button.click):
        start_it()
    assert len(asked) == 3
    assert len(client.jobs) == before
    controller.trust_recipe()
    request = start(page, client, qtbot).request
    assert isinstance(request, QuantizeRequest)
    assert len(request.specs) == 1  # the six that were asked for before were not


def test_a_variant_of_another_artifact_is_out_of_date(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent, is_measured=True))
    qtbot.waitUntil(lambda: bool(page._state._digest))
    artifact.write_bytes(b"other weights")
    page.controller.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: page.variants.model.records[1].is_stale)
    assert page.badge.status is Status.STALE
    assert page.sentence.text().startswith("Out of date")
    assert not page.variants.chart.isVisible()
    assert page.run_button.text() == "Quantise"


# What can be done with a file


def menu_of(page: QuantizePage, row: int) -> dict[str, object]:
    menu = QMenu(page)
    page.variants.table.context_menu_made.emit(menu, page.variants.model.record(row))
    return {action.text(): action for action in menu.actions() if action.text()}


def test_files_go_to_the_benchmark_and_to_parity(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    one, two = (made.variant(spec, artifact.parent) for spec in (made.STATIC, made.FLOAT16))
    finish(page, client, qtbot, one, two)
    controller = page.controller
    wanted: list[Stage] = []
    controller.page_wanted.connect(wanted.append)
    page.variants.bench_button.click()
    page.variants.bench_button.click()  # they are there already
    added = [spec for spec in controller.recipe.bench.runners if spec.artifact]
    assert [spec.artifact for spec in added] == [f"build/{Path(made.path).name}" for made in (one, two)]
    page.variants.table.selectRow(2)
    actions = menu_of(page, 2)
    assert list(actions) == ["Reveal in folder", "Copy path", "Benchmark this", "Compare in Parity", "Delete file…"]
    actions["Copy path"].trigger()  # type: ignore[attr-defined]
    assert QGuiApplication.clipboard().text() == two.path
    actions["Compare in Parity"].trigger()  # type: ignore[attr-defined]
    assert controller.recipe.parity.actual_artifact == f"build/{Path(two.path).name}"
    assert wanted == [Stage.BENCH, Stage.BENCH, Stage.PARITY]
    assert menu_of(page, 0) == {}  # float32 is the export's


def test_a_file_is_deleted_after_a_question(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    one, two = (made.variant(spec, artifact.parent) for spec in (made.STATIC, made.FLOAT16))
    finish(page, client, qtbot, one, two)
    page.variants.table.selectRow(1)
    page.variants.ask_to_delete(page.variants.chosen)
    box = page.variants.findChild(QMessageBox, "delete-variants")
    assert box is not None
    default = box.defaultButton()
    assert default is not None
    assert "Cancel" in default.text()  # Return must not delete
    assert Path(one.path).exists()
    next(button for button in box.buttons() if button.text() == "Delete").click()
    assert not Path(one.path).exists()
    assert labels(page) == [FLOAT_LABEL, "float16"]
    assert [kept.variant.label for kept in read_kept(artifact).variants] == ["float16"]


def test_beside_the_chart_the_table_has_room_for_its_columns(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    page.resize(1560, 800)
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent, is_measured=True))
    view = page.variants
    qtbot.waitUntil(lambda: view.table.viewport().width() >= 0.59 * view.width())
    assert view.table.horizontalScrollBar().maximum() == 0
    assert view.chart.width() >= 0.38 * view.width()


def test_the_split_is_remembered(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path, settings: Settings
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent, is_measured=True))
    splitter = page.variants.splitter
    qtbot.waitUntil(lambda: page.variants.chart.height() > 230)
    least = page.variants.chart.minimumHeight()
    splitter.moveSplitter(least, 1)
    other = open_quantize_page(qtbot, page.controller, settings)
    qtbot.waitUntil(lambda: other.variants.splitter.sizes()[0] == splitter.sizes()[0] == least)


def test_what_the_command_line_makes_meanwhile_is_shown_and_not_written_over(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent))
    keep_run(artifact, made.report(made.variant(made.DYNAMIC, artifact.parent)), digest_of(artifact))
    page.hide()
    page.show()
    assert labels(page) == [FLOAT_LABEL, "INT8 static", "INT8 dynamic"]
    keep_run(artifact, made.report(made.variant(made.FLOAT16, artifact.parent)), digest_of(artifact))
    finish(page, client, qtbot, made.variant(made.ENTROPY, artifact.parent))
    kept = [one.variant.label for one in read_kept(artifact).variants]
    assert kept == ["INT8 static", "INT8 dynamic", "float16", "INT8 static, entropy"]


def test_an_artifact_that_is_exported_elsewhere_makes_the_files_stale(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent))
    qtbot.waitUntil(lambda: bool(page._state._digest))
    page.hide()
    artifact.write_bytes(b"other weights, by the command line")
    page.show()
    qtbot.waitUntil(lambda: page.variants.model.records[1].is_stale)


def test_a_file_that_a_benchmark_cannot_load_is_not_measured(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    fault = QuantizeAdvice(UNLOADABLE, "warning", "onnxruntime crashes.")
    crashing = dataclasses.replace(made.variant(made.FLOAT16, artifact.parent), advice=(fault,))
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent), crashing)
    page.variants.measure_button.click()
    job = client.last("bench")
    assert isinstance(job.request, BenchRequest)
    assert [one.label for one in job.request.bench.runners] == ["float32", "INT8 static"]
