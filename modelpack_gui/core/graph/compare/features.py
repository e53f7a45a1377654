"""What tells the nodes of two graphs apart, as numbers that mean the same on both sides.

Everything is numbered by one table for both graphs, so that equal numbers mean equal things and no hash can collide.
A node's signature upwards stands for all that it is computed from, the one downwards for all that is computed from
it: in a chain of equal blocks each node has its own.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.graph import Graph


@dataclass(frozen=True)
class Digests:
    """What the columns of a graph do not hold: the bytes of weights and of long attributes.

    Attributes:
        initializers: By number; empty where it is not known. Equal digests mean equal dtype, shape and values.
        attributes: By the number of the attribute's row; only of those whose text does not tell all. A tensor has
            the digest that it would have as an initializer.
        defaults: Texts of attributes that are left out, by op type and domain.
    """

    initializers: Sequence[str] = ()
    attributes: Mapping[int, str] = field(default_factory=dict)
    defaults: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)

    def of_initializer(self, number: int) -> str:
        """Of an initializer; empty if unknown."""
        return self.initializers[number] if number < len(self.initializers) else ""


_RENAMING = ("QLinear", "QGemm", "QAttention", "ConvInteger", "MatMulInteger", "DynamicQuantize")
_HANDING = frozenset({"DequantizeLinear", "Identity"})


class Numbers:
    """Gives equal things equal numbers, from 1; 0 stands for what is not known."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, thing: Hashable) -> int:
        """Its number."""
        return self._numbers.setdefault(thing, len(self._numbers) + 1)


@dataclass(frozen=True)
class Signatures:
    """Of each node upwards and downwards."""

    upwards: array[int]
    downwards: array[int]


class Features:
    """The nodes of one graph, by numbers that it shares with the other one.

    A Constant is as good as an initializer here, and an Identity hands on what it reads: exporters differ in both.
    So does a pair of QuantizeLinear and DequantizeLinear, and a DequantizeLinear of a weight: a quantised model is
    laid beside the one that it was made of.

    Attributes:
        ops: Op type with its domain.
        names: Node names; 0 for none.
        modules: Paths of the modules; 0 for none.
        attribute_sets: What all attributes of a node say, those left out included.
        sources: The value that each value is the same as; itself, unless it is only handed on.
        quantized: The dtype that each value has on its way, of those that a pair hands on.
        stored: The attribute row or initializer, see `digest`, of each value that is in the file.
        weights: The digests of what each node reads from the file; 0 for a node that reads nothing, or where one
            of them is not known.
        first_outputs: Names of the first outputs; 0 for none.
        exact: Signatures that know attributes and weights.
        shaped: Signatures that know attributes, and of weights the shape.
        rough: Signatures that know op types only.
    """

    def __init__(self, graph: Graph, digests: Digests, numbers: Numbers) -> None:
        self.graph = graph
        self._digests = digests
        self._numbers = numbers
        self._texts = [numbers.of(text) if text else 0 for text in graph.texts]
        texts, of = self._texts, numbers.of
        self.ops = ints(
            [
                of((texts[op], texts[domain]))
                for op, domain in zip(graph.ints("node_op_type"), graph.ints("node_domain"), strict=True)
            ]
        )
        self._renaming = self._renaming_ops()
        self.names = ints([self._named(node, text, "_quant") for node, text in enumerate(graph.ints("node_name"))])
        self.modules = ints([texts[text] for text in graph.ints("node_module_path")])
        self.first_outputs = ints([self._first_output(node) for node in range(len(self.ops))])
        self._defaults = self._default_numbers()
        self.attribute_sets = self._attribute_sets()
        self._constant = of((of("Constant"), of("ai.onnx")))
        self._handing, self._silent = self._hand_on()
        self.sources = self._sources()
        self.quantized = self._quantized()
        self.stored = self._stored()
        self.weights = self._weight_sets()
        self.exact = self._signatures(self.attribute_sets, self._weight_numbers(is_exact=True))
        self.shaped = self._signatures(self.attribute_sets, self._weight_numbers(is_exact=False))
        self.rough = self._signatures(None, dict.fromkeys(self.stored, of("weight")))

    def attributes(self, node: int) -> dict[str, int]:
        """Rows of a node's attributes by name."""
        starts, names = self.graph.ints("attribute_starts"), self.graph.ints("attribute_names")
        return {self.graph.texts[names[row]]: row for row in range(starts[node], starts[node + 1])}

    def attribute_number(self, row: int) -> int:
        """Equal for equal values."""
        digest = self._digests.attributes.get(row)
        if digest is not None:
            return self._numbers.of(("bytes", digest))
        return self._texts[self.graph.ints("attribute_texts")[row]]

    def default_text(self, node: int, name: str) -> str:
        """What an attribute is taken for that the node leaves out; empty if there is no such value."""
        key = self.graph.text("node_op_type", node), self.graph.text("node_domain", node)
        return self._digests.defaults.get(key, {}).get(name, "")

    def digest(self, value: int) -> str:
        """Of a value that is stored in the file; empty if unknown."""
        number = self.stored[value]
        return self._digests.of_initializer(number) if number >= 0 else self._digests.attributes.get(~number, "")

    def stored_text(self, value: int) -> str:
        """What a Constant holds, as text; empty for an initializer."""
        number = self.stored[value]
        return "" if number >= 0 else self.graph.text("attribute_texts", ~number)

    def _first_output(self, node: int) -> int:
        value = next((value for value in self.graph.outputs(node) if value >= 0), -1)
        return self._named(node, self.graph.ints("value_name")[value], "_quantized") if value >= 0 else 0

    def _renaming_ops(self) -> frozenset[int]:
        """Text numbers of the op types that onnxruntime's quantiser puts in place of others, under longer names."""
        texts = self.graph.texts
        return frozenset(op for op in set(self.graph.ints("node_op_type")) if texts[op].startswith(_RENAMING))

    def _named(self, node: int, text: int, added: str) -> int:
        """Number of a name, without what quantising adds to it."""
        if self._renaming and self.graph.ints("node_op_type")[node] in self._renaming:
            return self._numbers.of(self.graph.texts[text].removesuffix(added))
        return self._texts[text]

    def _default_numbers(self) -> dict[int, dict[int, int]]:
        """Numbers of the attributes that ops leave out, by the op's number."""
        of = self._numbers.of
        return {
            of((of(op_type), of(domain))): {of(name): of(text) for name, text in texts.items()}
            for (op_type, domain), texts in self._digests.defaults.items()
        }

    def _attribute_sets(self) -> array[int]:
        """The number of what all attributes of each node say."""
        graph, texts, of = self.graph, self._texts, self._numbers.of
        starts, names = graph.ints("attribute_starts"), graph.ints("attribute_names")
        rows = [(texts[name], self.attribute_number(row)) for row, name in enumerate(names)]
        found = ints()
        for op, (start, end) in zip(self.ops, itertools.pairwise(starts), strict=True):
            defaults = self._defaults.get(op)
            said = rows[start:end] if not defaults else {**defaults, **dict(rows[start:end])}.items()
            found.append(of(tuple(sorted(said))))
        return found

    def _hand_on(self) -> tuple[dict[int, int], set[int]]:
        """For each node that only hands on a value that value; and the nodes that make it ready for one of those."""
        graph = self.graph
        texts, op_types = graph.texts, graph.ints("node_op_type")
        found: dict[int, int] = {}
        quantizers: dict[int, bool] = {}  # whether all that read what one makes hand on what it reads
        for node, op in enumerate(op_types):
            op_type = texts[op]
            if op_type not in _HANDING:
                continue
            read, made = graph.inputs(node), graph.outputs(node)
            if len(made) != 1 or made[0] < 0 or not read or read[0] < 0:
                continue
            if op_type == "Identity":
                found[node] = read[0]
                continue
            maker = graph.producers[read[0]]
            if maker < 0:
                if read[0] in graph.initializer_of:
                    found[node] = read[0]
            elif texts[op_types[maker]] == "QuantizeLinear" and maker < node and graph.inputs(maker)[0] >= 0:
                found[node] = graph.inputs(maker)[0]
                quantizers[maker] = True
        silent = {
            maker
            for maker in quantizers
            if all(
                reader in found for value in graph.outputs(maker) if value >= 0 for reader in graph.consumers(value)
            )
        }
        return found, silent

    def _sources(self) -> array[int]:
        """In the order of the file, which puts what is read first."""
        found = ints(range(self.graph.value_count))
        for node, value in self._handing.items():
            found[self.graph.outputs(node)[0]] = found[value]
        return found

    def _quantized(self) -> dict[int, str]:
        graph = self.graph
        found: dict[int, str] = {}
        for node, value in self._handing.items():
            made, read = graph.outputs(node)[0], graph.inputs(node)[0]
            if graph.text("node_op_type", node) != "Identity":
                found[made] = graph.text("value_dtype", read) or "integers"
            elif value in found:
                found[made] = found[value]
        return found

    def _stored(self) -> dict[int, int]:
        """Initializers by their number, what Constants make by the complement of their attribute's row."""
        graph = self.graph
        found = dict(graph.initializer_of)
        starts = graph.ints("attribute_starts")
        for node, op in enumerate(self.ops):
            if op == self._constant and starts[node] + 1 == starts[node + 1]:
                found.update({value: ~starts[node] for value in graph.outputs(node) if value >= 0})
        for value, source in enumerate(self.sources):
            if value != source and source in found:
                found[value] = found[source]
        return found

    def _weight_numbers(self, *, is_exact: bool) -> dict[int, int]:
        """The number of what each value that is stored in the file holds; by its shape only unless exact."""
        graph, of = self.graph, self._numbers.of
        shapes = graph.ints("value_shape")
        found = {}
        for value, number in self.stored.items():
            digest = self.digest(value) if is_exact else ""
            source = self.sources[value]
            shape = graph.shapes[shapes[source]] if shapes[source] >= 0 else None
            text = self._texts[graph.ints("attribute_texts")[~number]] if number < 0 and shape is None else 0
            found[value] = of(("digest", digest)) if digest else of(("shape", shape, text))
        return found

    def _weight_sets(self) -> array[int]:
        of, stored = self._numbers.of, self.stored
        starts, values = self.graph.ints("input_starts"), self.graph.ints("input_values")
        found = ints()
        for start, end in itertools.pairwise(starts):
            digests = [self.digest(value) for value in values[start:end] if value in stored]
            found.append(of(("weights", *digests)) if digests and all(digests) else 0)
        return found

    def _signatures(self, attributes: array[int] | None, stored: Mapping[int, int]) -> Signatures:
        own = (
            self.ops
            if attributes is None
            else ints([self._numbers.of(pair) for pair in zip(self.ops, attributes, strict=True)])
        )
        return Signatures(self._upwards(own, stored), self._downwards(own, stored))

    def _inputs_first(self, stored: Mapping[int, int]) -> list[int]:
        """Numbers of the values before any node is run; the last is for an input that is left out."""
        graph, of = self.graph, self._numbers.of
        values = [0] * (graph.value_count + 1)
        kinds = graph.ints("scope_kind")
        for value, (scope, place) in places_of_inputs(graph).items():
            values[value] = of(("input", self._texts[kinds[scope]], place))
        for value, number in stored.items():
            values[value] = number
        return values

    def _upwards(self, own: array[int], stored: Mapping[int, int]) -> array[int]:
        graph, of, values = self.graph, self._numbers.of, self._inputs_first(stored)
        input_starts, inputs = graph.ints("input_starts"), graph.ints("input_values")
        output_starts, outputs = graph.ints("output_starts"), graph.ints("output_values")
        found = ints()
        for node, kind in enumerate(own):
            read = inputs[input_starts[node] : input_starts[node + 1]]
            number = of(("up", kind, *[values[value] for value in read]))
            found.append(number)
            if node in self._handing:
                number = values[self._handing[node]]
            for place, value in enumerate(outputs[output_starts[node] : output_starts[node + 1]]):
                if value >= 0 and value not in stored:
                    values[value] = of((number, place)) if place else number
        return found

    def _downwards(self, own: array[int], stored: Mapping[int, int]) -> array[int]:
        graph, of = self.graph, self._numbers.of
        input_starts, inputs = graph.ints("input_starts"), graph.ints("input_values")
        output_starts, outputs = graph.ints("output_starts"), graph.ints("output_values")
        uses: list[list[int]] = [[] for _ in range(graph.value_count)]
        starts, ports = graph.ints("scope_output_starts"), graph.ints("scope_outputs")
        for scope, kind in enumerate(graph.ints("scope_kind")):
            for place, value in enumerate(ports[starts[scope] : starts[scope + 1]]):
                if value >= 0:
                    uses[value].append(of(("output", self._texts[kind], place)))
        found = ints([0]) * len(own)
        for node in range(len(own) - 1, -1, -1):
            read = inputs[input_starts[node] : input_starts[node + 1]]
            given = outputs[output_starts[node] : output_starts[node + 1]]
            number = of(
                (
                    "down",
                    own[node],
                    *[stored.get(value, 0) for value in read],
                    *[tuple(sorted(uses[value])) if value >= 0 else () for value in given],
                )
            )
            found[node] = number
            if node in self._handing:
                uses[self._handing[node]] += uses[given[0]]
                continue
            if node in self._silent:
                continue
            for place, value in enumerate(read):
                if value >= 0:
                    uses[value].append(of((number, place)))
        return found


def places_of_inputs(graph: Graph) -> dict[int, tuple[int, int]]:
    """The scope of each value that one takes, and its place among them; what is stored in the file left out."""
    starts, ports = graph.ints("scope_input_starts"), graph.ints("scope_inputs")
    stored, found = graph.initializer_of, {}
    for scope in range(len(starts) - 1):
        taken = [value for value in ports[starts[scope] : starts[scope + 1]] if value >= 0 and value not in stored]
        found.update({value: (scope, place) for place, value in enumerate(taken)})
    return found
