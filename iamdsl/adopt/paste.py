"""Policy documents wherever they stand in a value: whole ones, single statements, those inside texts and those of Terraform."""

from __future__ import annotations

from iamdsl.adopt.marks import Marks
from iamdsl.adopt.model import Loose
from iamdsl.adopt.reading import Reader
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Member, Node
from iamdsl.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ACTIONS = ("Action", "NotAction")
# what the AWS CLI and SDKs call a document, and what it is then
_NAMES = {"AssumeRolePolicyDocument": "trust", "assume_role_policy": "trust"}
_VERSION = "2012-10-17"


def paste(source: Source, root: Node, marks: Marks, report: Report) -> tuple[Loose, ...]:
    """Every document in `root`, in order; those of Terraform's with marks for what they refer to."""
    return tuple(_Paste(source, marks, report).documents(root, ""))


class _Paste(Reader):
    def __init__(self, source: Source, marks: Marks, report: Report) -> None:
        super().__init__(source, report)
        self.marks = marks

    def documents(self, node: Node, kind: str) -> Iterator[Loose]:
        if _is_statement(node) or (node.kind == "array" and node.elements and all(map(_is_statement, node.elements))):
            yield from self.loose(_document(node), kind)
        elif any([one.key == "Statement" for one in node.members]):
            yield from self.loose(node, kind)
        elif node.kind == "string":
            if '"Statement"' in node.text and node.text.lstrip().startswith(("{", "%7B")):
                yield from self.loose(node, kind)
        elif node.kind == "array":
            for one in node.elements:
                yield from self.documents(one, kind)
        else:
            for member in node.members:
                if member.key.startswith("data.aws_iam_policy_document"):
                    yield from self.loose(_of_terraform(member.value), kind)
                else:
                    yield from self.documents(member.value, _NAMES.get(member.key, kind))

    def loose(self, node: Node, kind: str) -> Iterator[Loose]:
        paper = self.paper(self.marked(node), "this")
        if paper:
            yield Loose(kind or kind_of(node), "", paper)

    def marked(self, node: Node) -> Node:
        """`node` with marks for references."""
        stack = [node]
        while stack:
            one = stack.pop()
            self.marks.place = self.place(one)
            if isinstance(one.value, str) and one.kind == "string":
                one.value = self.marks.filled(one.value)
            for member in one.members:
                member.key = self.marks.filled(member.key)
                stack.append(member.value)
            stack += one.elements if one.kind == "array" else []
        return self.marks.grounded(node)


def kind_of(node: Node) -> str:
    """The kind of a document by its elements: `identity`, `trust` or `resource`."""
    statements = [one.value for one in node.members if one.key == "Statement"]
    listed = statements[0].elements if statements else []
    names = [{one.key for one in each.members} for each in listed]
    if not any([one & {"Principal", "NotPrincipal"} for one in names]):
        return "identity"
    if any([one & {"Resource", "NotResource"} for one in names]):
        return "resource"
    actions = [
        text.text for each in listed for one in each.members if one.key in _ACTIONS for text in one.value.elements
    ]
    return "trust" if all([one.lower().startswith("sts:") for one in actions]) else "resource"


def _is_statement(node: Node) -> bool:
    names = {one.key for one in node.members}
    return "Effect" in names and bool(names & set(_ACTIONS))


def _document(statements: Node) -> Node:
    """A whole document of a statement, or of several, with the version that says the most."""
    made = Node("object", [], statements.start, statements.end)
    _put(made, "Version", _text(_VERSION, statements))
    _put(made, "Statement", statements)
    return made


def _put(node: Node, key: str, value: Node) -> None:
    value.parent, value.name = node, key
    node.members.append(Member(key, value.start, value.end, value))


def _text(text: str, like: Node) -> Node:
    return Node("string", text, like.start, like.end)


# Terraform AWS provider documentation, "Data Source: aws_iam_policy_document": argument → element
_ELEMENTS = {
    "sid": "Sid",
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}


def _of_terraform(body: Node) -> Node:
    """The document that a block `data "aws_iam_policy_document"` stands for. In Terraform's text `&{x}` is AWS's `${x}`."""
    made = Node("object", [], body.start, body.end)
    version = next((one.value for one in body.members if one.key == "version"), None)
    _put(made, "Version", version or _text(_VERSION, body))
    listed = Node("array", [], body.start, body.end)
    for block in [one.value for one in body.members if one.key == "statement"]:
        statement = _statement(block)
        statement.parent, statement.name = listed, len(listed.elements)
        listed.elements.append(statement)
    _put(made, "Statement", listed)
    return made


def _statement(block: Node) -> Node:
    made = Node("object", [], block.start, block.end)
    if not any([one.key == "effect" for one in block.members]):
        _put(made, "Effect", _text("Allow", block))
    conditions = Node("object", [], block.start, block.end)
    for member in block.members:
        if member.key in _ELEMENTS:
            _put(made, _ELEMENTS[member.key], _variables(member.value))
        elif member.key in _PRINCIPALS:
            _principals(made, _PRINCIPALS[member.key], member.value)
        elif member.key == "condition":
            told = {one.key: one.value for one in member.value.members}
            if {"test", "variable", "values"} <= told.keys():
                inner = next((one.value for one in conditions.members if one.key == told["test"].text), None)
                if inner is None:
                    inner = Node("object", [], member.start, member.value.end)
                    _put(conditions, told["test"].text, inner)
                _put(inner, told["variable"].text, _variables(told["values"]))
    if conditions.members:
        _put(made, "Condition", conditions)
    return made


def _principals(statement: Node, element: str, block: Node) -> None:
    told = {one.key: one.value for one in block.members}
    if not {"type", "identifiers"} <= told.keys():
        return
    identifiers = told["identifiers"]
    texts = [one.text for one in identifiers.elements]
    if told["type"].text == "*" and texts == ["*"]:
        _put(statement, element, _text("*", block))
        return
    inner = next((one.value for one in statement.members if one.key == element), None)
    if inner is None:
        inner = Node("object", [], block.start, block.end)
        _put(statement, element, inner)
    _put(inner, told["type"].text, identifiers)


def _variables(node: Node) -> Node:
    for one in [node, *(node.elements if node.kind == "array" else [])]:
        if isinstance(one.value, str) and one.kind == "string":
            one.value = one.value.replace("&{", "${")
    return node
