from __future__ import annotations

import dataclasses
import math
import threading
from pathlib import Path
from typing import get_args

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from modelpack_gui.client.files import stamp_of
from modelpack_gui.core.graph import graph_overlays
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay, Tone
from modelpack_gui.core.profile.request import profile_request
from modelpack_gui.core.records import LayersRequest, ProfileRow, RunnerSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.overlays import state
from modelpack_gui.ui.graph.overlays.colors import PLAIN, category_colors, overlay_colors, tone_color
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from modelpack_gui.ui.look.color_scale import readable_on
from modelpack_gui.ui.look.colors import DARK, LIGHT
from modelpack_gui.ui.state.profiles import KeptProfile
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.graph.numbers.costs_records import counted
from tests.ui.graph.records import small_graph
from tests.ui.parity.made_layers import part, row
from tests.unit.core.profile.profiles import report

NAN = math.nan


def problems(overlays: GraphOverlays) -> dict[str, str]:
    return {offer.key: offer.problem for offer in overlays.all}


def loaded(values: list[float], **more: object) -> Overlay:
    return Overlay("loaded", "Loaded", "", "sequential", floats(values), **more)  # type: ignore[arg-type]


def test_what_the_graph_tells_can_be_chosen_and_what_was_not_measured_says_where_to_do_so(
    overlays: GraphOverlays,
) -> None:
    found = problems(overlays)
    assert not any(found[key] for key in ("op-type", "parameters", "weight-bytes", "quantized"))
    assert "Parity page" in found["parity-error"]
    assert "Benchmark page" in found["latency-share"]
    assert "Quantise page" in found["sensitivity"]
    assert overlays.overlay("parity-error") is None


def test_choosing_tells_who_draws(qtbot: QtBot, overlays: GraphOverlays) -> None:
    with qtbot.waitSignal(overlays.changed):
        overlays.choose("op-type")
    assert overlays.current is not None
    assert overlays.current.categories[0] == "Conv"
    with qtbot.assertNotEmitted(overlays.changed):
        overlays.choose("op-type")


def test_what_a_large_graph_tells_is_made_on_another_thread_and_drawn_when_it_is_there(
    qtbot: QtBot, overlays: GraphOverlays, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[threading.Thread] = set()
    op_types = graph_overlays.op_types

    def watched(graph: Graph) -> Overlay:
        threads.add(threading.current_thread())
        return op_types(graph)

    source = next(one for one in overlays._sources if one.key == "op-type")
    monkeypatch.setattr(state, "_MANY", 1)
    overlays.add_sources([dataclasses.replace(source, made=watched)])  # type: ignore[type-var]
    with qtbot.waitSignals([overlays.changed] * 2):  # chosen, and made
        overlays.choose("op-type")
        assert [overlays.current] == [None]
    found = overlays.current
    assert found is not None
    assert found.categories[0] == "Conv"
    assert overlays.colors(found) is overlays.colors(found)
    assert threads
    assert threading.main_thread() not in threads
    overlays.refresh()  # more was measured: it says the same
    assert overlays.current is found
    assert len(threads) == 1


def test_a_fault_in_what_makes_an_overlay_is_raised_once_and_nothing_is_drawn(
    qtbot: QtBot, overlays: GraphOverlays, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(graph: Graph) -> Overlay:
        raise ZeroDivisionError

    source = next(one for one in overlays._sources if one.key == "op-type")
    monkeypatch.setattr(state, "_MANY", 1)
    overlays.add_sources([dataclasses.replace(source, made=broken)])  # type: ignore[type-var]
    with qtbot.captureExceptions() as raised:
        overlays.choose("op-type")
        assert [overlays.current] == [None]
        qtbot.waitUntil(lambda: overlays.chosen == "")
    assert len(raised) == 1
    assert "ZeroDivisionError" in str(raised[0][1])


def test_rows_of_the_comparison_come_in_while_it_runs(
    qtbot: QtBot, controller: Controller, overlays: GraphOverlays
) -> None:
    overlays.choose("parity-error")
    assert problems(overlays)["parity-error"]
    layers, recipe = controller.layers, controller.recipe
    with qtbot.waitSignal(overlays.changed):
        layers.start(LayersRequest(recipe.source, (), controller.artifact_path, (), recipe.parity))
        layers.job.part_came.emit(part(row(0, "off", 2.2e-4, node=0), row(0, "all", 1.1e-4, node=0)))
    found = overlays.current
    assert found is not None
    assert found.values[0] == pytest.approx(2.0)  # the larger of both levels, in limits
    assert math.isnan(found.values[1])
    assert overlays.worst() == (0,)


def test_comparison_of_another_file_is_not_shown(controller: Controller, overlays: GraphOverlays) -> None:
    recipe = controller.recipe
    controller.layers.start(LayersRequest(recipe.source, (), "/models/other.onnx", (), recipe.parity))
    controller.layers.job.part_came.emit(part(row(0)))
    assert "Another file" in problems(overlays)["parity-error"]


def test_time_of_a_fused_kernel_is_at_the_node_it_is_named_after(
    controller: Controller, overlays: GraphOverlays
) -> None:
    path = Path(controller.artifact_path)
    rows = (
        ProfileRow("fused", "FusedConv", "CPU", 30.0, 1.0, 0.75, ("node_Conv_0", "node_Relu_1"), indices=(0, 1)),
        ProfileRow("node_Conv_2", "Conv", "CPU", 10.0, 1.0, 0.25, ("node_Conv_2",)),
    )
    made = report("ORT", 40.0, *rows)
    made = dataclasses.replace(made, artifact_path=str(path))
    request = profile_request(controller.recipe, RunnerSpec("ort"), str(path))
    controller.profiles.kept["ort"] = KeptProfile(made, request, (), stamp_of(path))
    found = overlays.overlay("latency-share")
    assert found is not None
    assert list(found.values)[:3] == [0.75, 0.0, 0.25]
    assert math.isnan(found.values[3])


def test_loaded_overlay_is_drawn_and_goes_with_its_graph(
    qtbot: QtBot, controller: Controller, client: FakeClient, overlays: GraphOverlays, tmp_path: Path
) -> None:
    overlays.add(loaded([1.0] * 12))
    assert overlays.current is not None
    assert overlays.current.key == "loaded"
    other = tmp_path / "other.onnx"
    other.write_bytes(b"onnx")
    index = small_graph(tmp_path, nodes_kept=3)
    client.answers["inspect"] = dataclasses.replace(
        index, artifact=dataclasses.replace(index.artifact, path=str(other))
    )
    controller.open_artifact(other)
    qtbot.waitUntil(lambda: controller.graph.index is not None and controller.graph.index.node_count == 3)
    assert "loaded" not in problems(overlays)


def test_removed_overlay_is_not_drawn(overlays: GraphOverlays) -> None:
    overlays.add(loaded([1.0] * 12))
    overlays.remove("loaded")
    assert overlays.chosen == ""


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_more_is_further_from_the_canvas(controller: Controller, overlays: GraphOverlays, colors: object) -> None:
    graph = controller.graph.graph
    assert graph is not None
    theme_colors = DARK if colors is DARK else LIGHT
    values = [1.0, 10.0, 100.0, 0.0, NAN, *[50.0] * 7]
    found = overlay_colors(graph, loaded(values, is_log=True), theme_colors)
    light = [QColor.fromRgba(int(argb)).lightness() for argb in found.nodes[:3]]
    assert light == sorted(light, reverse=theme_colors is LIGHT)
    assert found.nodes[3] == PLAIN
    assert found.nodes[4] == found.unknown


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_every_category_can_be_read(colors: object) -> None:
    told = DARK if colors is DARK else LIGHT
    for argb in (*category_colors(12, told), *(tone_color(tone, told) for tone in get_args(Tone))):
        color = QColor.fromRgba(argb)
        assert contrast(color, readable_on(color)) >= 4.5


def contrast(one: QColor, other: QColor) -> float:
    """As WCAG 2.1 defines it."""

    def luminance(color: QColor) -> float:
        parts = (part / 255 for part in (color.red(), color.green(), color.blue()))
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_costs_are_counted_when_they_are_asked_for_and_drawn_when_they_come(
    qtbot: QtBot, client: FakeClient, overlays: GraphOverlays
) -> None:
    def jobs() -> list[FakeJob]:
        return [job for job in client.jobs if job.stage == "graph.costs"]

    assert not problems(overlays)["macs"]
    assert jobs() == []
    added_up = overlays.overlay("parameters")
    overlays.choose("macs")
    assert overlays.overlay("macs") is None
    assert "being counted" in problems(overlays)["macs"]
    jobs()[0].answer(counted(jobs()[0].request))
    qtbot.waitUntil(lambda: overlays.current is not None)
    qtbot.waitUntil(lambda: overlays.overlay("parameters") is not added_up)
    weights = overlays.overlay("parameters")
    assert added_up is not None
    assert weights is not None
    assert (weights.values, weights.groups) == (added_up.values, added_up.groups)
    assert overlays.worst() == (0, 11)  # the other convolutions have no weights in this graph
