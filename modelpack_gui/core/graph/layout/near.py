"""The nodes near some nodes."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.graph.layout.shown import Shown


def near(shown: Shown, nodes: Sequence[int], steps_up: int, steps_down: int, most: int) -> tuple[list[int], bool]:
    """Nodes that can be reached in so many steps against and along the edges, in the order of `shown`.

    Returns:
        The nodes, the nearest of them if there are more than `most`, and whether there are more.
    """
    readers: dict[int, list[int]] = {}
    for place, node in enumerate(shown.nodes):
        for edge in range(shown.starts[place], shown.starts[place + 1]):
            readers.setdefault(shown.makers[edge], []).append(node)
    starts = list(dict.fromkeys(node for node in nodes if node in shown.place))
    found = dict.fromkeys(starts[:most])
    up, down = list(found), list(found)
    is_cut = len(starts) > most
    for step in range(max(steps_up, steps_down)):
        wave_up = [maker for node in up for maker, _ in shown.read_by(node) if maker >= 0] if step < steps_up else []
        wave_down = [reader for node in down for reader in readers.get(node, ())] if step < steps_down else []
        up = [node for node in dict.fromkeys(wave_up) if node not in found]
        down = [node for node in dict.fromkeys(wave_down) if node not in found]
        if not up and not down:
            break
        room = most - len(found)
        if len(up) + len(down) > room:
            is_cut = True
            up, down = up[: max(room // 2, room - len(down))], down[: max(room // 2, room - len(up))]
        found.update(dict.fromkeys(up[:room]))
        found.update(dict.fromkeys(down[: max(0, most - len(found))]))
        if is_cut:
            break
    return sorted(found, key=shown.place.__getitem__), is_cut
