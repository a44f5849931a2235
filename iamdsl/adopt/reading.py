"""Located values to texts, lists and documents: what every reader of this room does, with a finding where it fails."""

from __future__ import annotations

from urllib.parse import unquote

from iamdsl import rules
from iamdsl.adopt.model import Paper
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.located import Malformed, Node, locate
from iamdsl.policy.model import Document
from iamdsl.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Reader:
    """Reads the values of one source. What is not of the shape that was asked for is a finding, and reads as empty."""

    def __init__(self, source: Source, report: Report) -> None:
        self.source = source
        self.report = report

    def place(self, node: Node) -> Span:
        return Span(self.source.path, node.start, max(node.end, node.start + 1))

    def wrong(self, node: Node, what: str, why: str, help: str = "") -> None:
        self.report.add(rules.UNEXPECTED_SHAPE, self.place(node), help=help, what=what, why=why)

    def member(self, node: Node, name: str) -> Node | None:
        """The value of the member `name`; None where there is none or it is null."""
        found = next((one.value for one in node.members if one.key == name), None)
        return None if found is None or found.kind == "null" else found

    def text(self, node: Node, name: str, what: str = "", default: str | None = None) -> str:
        """The text of the member `name` of the object that is `what`; a finding where it is missing and has no default."""
        found = self.member(node, name)
        if found is None:
            if default is None:
                self.wrong(node, what or "this", f"it has no `{name}`")
            return default or ""
        if found.kind not in ("string", "number", "boolean"):
            self.wrong(found, f"`{name}`", "it is not a text")
            return default or ""
        return found.text

    def number(self, node: Node, name: str) -> int:
        """The whole number of the member `name`, 0 where there is none."""
        text = self.text(node, name, default="") or "0"
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        self.wrong(self.member(node, name) or node, f"`{name}`", "it is not a whole number")
        return 0

    def items(self, node: Node, name: str) -> list[Node]:
        """The elements of the list `name`, which may be missing."""
        found = self.member(node, name)
        if found is None:
            return []
        if found.kind != "array":
            self.wrong(found, f"`{name}`", "it is not a list")
            return []
        return found.elements

    def texts(self, node: Node, name: str) -> tuple[str, ...]:
        found = []
        for one in self.items(node, name):
            if one.kind == "string":
                found.append(one.text)
            else:
                self.wrong(one, f"an element of `{name}`", "it is not a text")
        return tuple(found)

    def paper(self, node: Node | None, what: str, note: str = "") -> Paper | None:
        """The policy document that `node` is, or that its text holds: as JSON, or with the URL encoding of IAM's API."""
        if node is None:
            return None
        document = self.object(node, what) if node.kind == "object" else self.inside(node, what)
        return Paper(document, self.place(node), node, note) if document else None

    def object(self, node: Node, what: str) -> Document | None:
        try:
            return codec.load(value(node), "")
        except codec.Malformed as fault:
            self.wrong(at(node, fault.pointer), what, fault.message)
        except Twice as fault:
            self.wrong(fault.node, what, f"`{fault.node.name}` stands there twice")
        return None

    def inside(self, node: Node, what: str) -> Document | None:
        """The document in a text. A fault in it is shown at the text: its own lines are not those of the file."""
        if node.kind != "string":
            self.wrong(node, what, "it is no policy document")
            return None
        text = node.text
        try:
            return codec.read(unquote(text) if text.lstrip().startswith("%7B") else text, "")
        except codec.Malformed as fault:
            where = f" at `{fault.pointer}` in it" if fault.pointer else ""
            self.wrong(node, what, f"{fault.message}{where}")
        return None


def read(source: Source, report: Report) -> Node | None:
    """The JSON value that `source` is; None, and a finding, if it is none."""
    report.sources[source.path] = source
    try:
        return locate(source.text)
    except Malformed as fault:
        place = Span(source.path, fault.start, max(fault.end, fault.start + 1))
        report.add(rules.UNREADABLE_TEXT, place, help=fault.help, what="JSON", why=fault.what)
        return None


class Twice(Exception):
    """An object has a name twice; `node` is the second value."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.name)
        self.node = node


def value(node: Node) -> Any:
    """The Python value of a node, numbers as their digits. Raises Twice."""
    if node.kind == "object":
        found: dict[str, Any] = {}
        for member in node.members:
            if member.key in found:
                raise Twice(member.value)
            found[member.key] = value(member.value)
        return found
    if node.kind == "array":
        return [value(one) for one in node.elements]
    return codec.Number(node.text) if node.kind == "number" else node.value


def at(node: Node, pointer: str) -> Node:
    """The value at `pointer` below `node`, or the nearest above it."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        inner = next((one.value for one in node.members if one.key == name), None)
        if inner is None and node.kind == "array" and name.isdigit() and int(name) < len(node.elements):
            inner = node.elements[int(name)]
        if inner is None:
            return node
        node = inner
    return node
