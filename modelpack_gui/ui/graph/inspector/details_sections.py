"""What the inspector shows of what only the file itself tells."""

from __future__ import annotations

from modelpack_gui.core.records import GraphDetails
from modelpack_gui.ui.inspection import Property, Section

_LONGEST_ROW = 120
_LONGEST_TEXT = 100_000
"""Characters that are laid out at once; what is copied is whole."""


def details_sections(details: GraphDetails | None) -> list[Section]:
    """Facts, the note of whoever made the file, and its metadata."""
    if details is None:
        return []
    sections = []
    if details.facts:
        rows = tuple(Property(row.name.capitalize(), _cut(row.text), row.text) for row in details.facts)
        sections.append(Section("In the file", rows))
    if details.doc:
        sections.append(Section("Note in the file", text=details.doc[:_LONGEST_TEXT]))
    if details.metadata:
        rows = tuple(Property(name, _cut(text), text, is_mono=True) for name, text in details.metadata.items())
        sections.append(Section("Metadata of the file", rows, is_folded=True))
    return sections


def whole_attribute(details: GraphDetails | None, name: str) -> Section:
    """All of an attribute that is shortened elsewhere."""
    found = details.attribute(name) if details is not None else None
    text = "reading…" if found is None else found.value[:_LONGEST_TEXT]
    return Section(f"Attribute {name}", text=text)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_ROW else f"{line[:_LONGEST_ROW]}…"
