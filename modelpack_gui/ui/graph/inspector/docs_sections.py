"""What the inspector shows of an operator's documentation."""

from __future__ import annotations

from collections.abc import Iterable

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import AttributeDoc, GraphDetails, NodeInfo, OperatorDocs, ParameterDoc
from modelpack_gui.ui.graph.inspector.targets import WebPage
from modelpack_gui.ui.inspection import Action, Property, Section

_TYPES_SHOWN = 6
_LONGEST_ROW, _LONGEST_TOOLTIP = 400, 4000
"""Characters."""


def docs_sections(docs: OperatorDocs | None, version: int | None) -> list[Section]:
    """The operator in general, then its inputs, outputs and attributes explained.

    Args:
        docs: None while they are being looked up.
        version: Opset of the operator's domain that the model imports.
    """
    if docs is None:
        return [Section("Operator", (Property("Documentation", "looking it up…"),))]
    if not docs.is_known:
        text = (
            f"Neither onnx nor onnxruntime nor torch, as they are installed here, knows {docs.domain}.{docs.op_type}."
        )
        return [Section("Operator", text=text, is_prose=True)]
    actions = (Action("Open its page", "link", WebPage(docs.link), docs.link),) if docs.link else ()
    text = docs.text or docs.signature
    is_markdown = bool(docs.text)
    sections = [Section("Operator", tuple(_facts(docs, version)), text, is_markdown=is_markdown, actions=actions)]
    explained = _explained(docs)
    if explained:
        sections.append(Section("Parameters explained", text=explained, is_markdown=True, is_folded=True))
    return sections


def attribute_rows(node: NodeInfo, docs: OperatorDocs | None, details: GraphDetails | None = None) -> list[Property]:
    """The attributes that a node has, then the defaults of those that it leaves out.

    Args:
        details: What the file tells of them in full; what is too long for a row stays shortened.
    """
    rows = []
    for item in node.attributes:
        doc = docs.attribute(item.name) if docs is not None else None
        whole = details.attribute(item.name) if details is not None else None
        value = whole.value if whole is not None and len(whole.value) <= _LONGEST_ROW else item.value
        full = (whole or item).value[:_LONGEST_TOOLTIP]
        rows.append(
            Property(item.name, value, f"{full}  ({item.type})", True, doc.description if doc is not None else "")
        )
    given = {item.name for item in node.attributes}
    for doc in docs.attributes if docs is not None else ():
        if doc.default and doc.name not in given:
            rows.append(Property(doc.name, f"{doc.default}  (default)", doc.default, True, doc.description))
    return rows


def _facts(docs: OperatorDocs, version: int | None) -> list[Property]:
    rows = []
    if docs.since_version:
        rows.append(
            Property(
                "Since opset", str(docs.since_version), meaning="Where it became what it is in this model's opset"
            )
        )
        if docs.newest_version > docs.since_version:
            asked = f"; this model imports opset {version}" if version is not None else ""
            rows.append(Property("Changed in", f"opset {docs.newest_version}", f"opset {docs.newest_version}{asked}"))
    if docs.is_deprecated:
        rows.append(Property("Deprecated", "yes", meaning="A newer operator takes its place"))
    rows.append(Property("Described by", docs.source))
    return rows


def _explained(docs: OperatorDocs) -> str:
    """Markdown: a heading for each kind of parameter, and an entry for each of them."""
    parts = []
    for title, entries in (
        ("Inputs", map(_parameter, docs.inputs)),
        ("Outputs", map(_parameter, docs.outputs)),
        ("Attributes", map(_attribute, docs.attributes)),
    ):
        listed = list(entries)
        if listed:
            parts.append(f"**{title}**\n\n" + "\n\n".join(listed))
    return "\n\n".join(parts)


def _parameter(item: ParameterDoc) -> str:
    notes: list[str] = [item.presence] if item.presence != "required" else []
    if item.types:
        notes.append(fmt.listed(item.types, _TYPES_SHOWN))
    return _entry(item.name or "result", notes, item.description)


def _attribute(item: AttributeDoc) -> str:
    notes = [item.type] if item.type else []
    if item.is_required:
        notes.append("required")
    elif item.default:
        notes.append(f"default {item.default}")
    return _entry(item.name, notes, item.description)


def _entry(name: str, notes: Iterable[str], description: str) -> str:
    about = "; ".join(notes)
    head = f"`{name}`" + (f" *({about})*" if about else "")
    return f"{head}  \n{description}" if description else head
