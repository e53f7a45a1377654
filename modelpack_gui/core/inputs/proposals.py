"""First guesses at example inputs, from the names and annotations of the parameters of `forward`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from modelpack_gui.core.records.source import InputSpec, ParameterInfo

IMAGE_SHAPE = (1, 3, 224, 224)
SEQUENCE_SHAPE = (1, 16)
_IDS = {"ids", "id", "tokens", "token", "indices", "index", "idx", "labels"}
_SEQUENCES = {"seq", "sequence", "src", "tgt", "embeds", "features", "hidden", "states"}
_VALUES = {"int": 1, "float": 1.0, "bool": False, "str": ""}
_LISTS = {"list", "List", "Sequence", "tuple", "Tuple", "Iterable"}
_DICTS = {"dict", "Dict", "Mapping"}


def proposed_inputs(parameters: Sequence[ParameterInfo]) -> tuple[InputSpec, ...]:
    """Inputs for all parameters that are required; if none is, for the first."""
    usable = [item for item in parameters if not item.kind.startswith("var_")]
    chosen = [item for item in usable if item.is_required] or usable[:1]
    if not chosen:  # forward(*tensors)
        chosen = [item for item in parameters if item.kind == "var_positional"]
    places = {item.name: index for index, item in enumerate(usable)}
    return tuple(
        spec
        for index, item in enumerate(chosen)
        for spec in proposed(item, by_position=places.get(item.name, index) == index)
    )


def proposed(parameter: ParameterInfo, *, by_position: bool = True) -> Iterator[InputSpec]:
    """The inputs for one parameter: several where it is annotated as a list or tuple of tensors.

    Args:
        by_position: Whether it can be passed by position.
    """
    name = parameter.name
    head, inner = _annotation(parameter.annotation)
    is_named = not by_position or parameter.kind == "keyword_only"
    if head in _VALUES:
        value = parameter.value if parameter.value is not None else _VALUES[head]
        yield InputSpec(name, (), is_value=True, value=value, argument=name if is_named else "")
    elif head in _LISTS:
        parts = re.split(r",\s*", inner) if head in ("tuple", "Tuple") and "..." not in inner else ["", ""]
        for index in range(len(parts)):
            yield proposed_tensor(name, f"{name}_{index}", f"{name}[{index}]")
    elif head in _DICTS:
        yield proposed_tensor(name, f"{name}_input", f"{name}.input")
    else:
        yield proposed_tensor(name, name, name if is_named else "")


def proposed_tensor(hint: str, name: str, argument: str) -> InputSpec:
    """A tensor for something that is called `hint`."""
    words = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", hint).lower().split("_"))
    if "mask" in words:
        return InputSpec(name, SEQUENCE_SHAPE, "int64", 1.0, 1.0, argument=argument)
    if words & _IDS:
        return InputSpec(name, SEQUENCE_SHAPE, "int64", argument=argument)
    if words & {"timestep", "timesteps", "length", "lengths"}:
        return InputSpec(name, (1,), "int64", 1.0, argument=argument)
    if words & _SEQUENCES:
        return InputSpec(name, (*SEQUENCE_SHAPE, 64), argument=argument)
    return InputSpec(name, IMAGE_SHAPE, argument=argument)


def _annotation(text: str) -> tuple[str, str]:
    """The outermost name of an annotation without `None`, and what is in its brackets: `list`, `Tensor`."""
    bare = text.strip().strip("'\"")
    optional = re.fullmatch(r"(?:typing\.)?Optional\[(.*)\]", bare)
    if optional:
        bare = optional[1]
    members = [part.strip() for part in re.split(r"\|(?![^\[]*\])", bare)]
    bare = next((part for part in members if part != "None"), "")
    match = re.fullmatch(r"([\w.]+)(?:\[(.*)\])?", bare)
    if match is None:
        return "", ""
    return match[1].rpartition(".")[2], match[2] or ""
