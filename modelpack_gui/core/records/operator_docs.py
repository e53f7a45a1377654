"""What the standard, or the runtime that defines it, says of an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class OperatorDocsRequest:
    """Look up an operator.

    Attributes:
        domain: `ai.onnx`, `com.microsoft`, `aten`...
        version: Opset of the domain that the model imports; None for the newest.
    """

    op_type: str
    domain: str
    version: int | None = None


@dataclass(frozen=True)
class ParameterDoc:
    """An input or output of an operator.

    Attributes:
        types: Element types that it takes, such as `float16`; `seq(int64)` and the like for what is no tensor. Empty
            if unknown.
        presence: `variadic` stands for any number of values.
    """

    name: str
    description: str = ""
    types: tuple[str, ...] = ()
    presence: Literal["required", "optional", "variadic"] = "required"


@dataclass(frozen=True)
class AttributeDoc:
    """An attribute of an operator.

    Attributes:
        type: As ONNX names it: `INTS`.
        default: As the text of an attribute's value; empty for none.
    """

    name: str
    description: str = ""
    type: str = ""
    default: str = ""
    is_required: bool = False


@dataclass(frozen=True)
class OperatorDocs:
    """What is known of an operator.

    Attributes:
        source: Where it is from, such as `onnx 1.22`; empty if nothing here knows the operator.
        since_version: Opset of its domain in which it became what it is at the model's opset; 0 for domains without.
        newest_version: Opset in which it changed last, as far as the source knows.
        text: What it computes, in Markdown.
        signature: How it is called, where the source gives that and no more.
        link: Web page about it; empty for none.
    """

    op_type: str
    domain: str
    source: str = ""
    since_version: int = 0
    newest_version: int = 0
    is_deprecated: bool = False
    text: str = ""
    signature: str = ""
    inputs: tuple[ParameterDoc, ...] = ()
    outputs: tuple[ParameterDoc, ...] = ()
    attributes: tuple[AttributeDoc, ...] = ()
    link: str = ""

    @property
    def is_known(self) -> bool:
        """Whether anything here knows the operator."""
        return bool(self.source)

    def attribute(self, name: str) -> AttributeDoc | None:
        """An attribute by its name."""
        return next((item for item in self.attributes if item.name == name), None)


def parameter_at(parameters: tuple[ParameterDoc, ...], place: int) -> ParameterDoc | None:
    """The parameter that a value at a place is for; the last one takes all that follow if it is variadic."""
    if place < len(parameters):
        return parameters[place]
    return parameters[-1] if parameters and parameters[-1].presence == "variadic" else None
