"""Text of whatever notation people have to a located value: JSON, YAML, or Terraform's own."""

from __future__ import annotations

import re
from urllib.parse import unquote

from iamdsl import rules
from iamdsl.adopt import hcl, yaml_text
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Malformed, Node, locate
from iamdsl.source import Source, Span

_ASSIGNED = re.compile(
    r"""(?mx) ^\s* (?:"[^"\n]*"|[A-Za-z_][\w-]*) \s* =(?!=) | ^\s*(?:resource|data|locals|module)\b[^\n]*\{
    | \b(?:jsonencode|data\.\w+)\b | <<-?[A-Za-z_]+[ \t]*$ | \{\s*[A-Za-z_][\w-]*\s*="""
)
_JSON = re.compile(r'\s*[\[{"]')
_MEMBERS = re.compile(r'\s*"\w+"\s*:')


def read(source: Source, report: Report) -> Node | None:
    """The value that `source` is, whatever it is written in; None, and a finding at the place of the fault."""
    report.sources[source.path] = source
    try:
        return _read(source.text)
    except yaml_text.NoYaml:
        help = "install it: `pip install 'iamdsl[yaml]'`, or give the text as JSON"
        report.add(rules.NEEDS_PACKAGE, Span(source.path, 0, 1), help=help, what="YAML", package="PyYAML")
    except _NoForm as fault:
        place = Span(source.path, fault.fault.start, max(fault.fault.end, fault.fault.start + 1))
        report.add(rules.UNREADABLE_TEXT, place, help=fault.fault.help, what=fault.form, why=fault.fault.what)
    except RecursionError:
        report.add(rules.UNREADABLE_TEXT, Span(source.path, 0, 1), what="policy", why="it is nested too deep")
    return None


class _NoForm(Exception):
    """The text is not of the notation that it looks like."""

    def __init__(self, form: str, fault: Malformed) -> None:
        super().__init__(form, fault)
        self.form = form
        self.fault = fault


def _read(text: str) -> Node:
    if text.lstrip().startswith("%7B"):
        return _moved(_read(unquote(text)), len(text))
    if _JSON.match(text):
        return _json(text)
    if _ASSIGNED.search(text):
        return _tried("Terraform", hcl.parse, text)
    return _tried("YAML", yaml_text.parse, text)


def _tried(form: str, parse: object, text: str) -> Node:
    try:
        return parse(text)  # type: ignore[operator, no-any-return]
    except Malformed as fault:
        raise _NoForm(form, fault) from None


def _json(text: str) -> Node:
    """JSON, a part of a list or an object in JSON, or what looks like it and is Terraform's."""
    try:
        return locate(text)
    except Malformed as fault:
        first = fault
    if _MEMBERS.match(text):  # `"Statement": [...]` without its braces
        try:
            return _shifted(locate("{" + text.rstrip().rstrip(",") + "}"))
        except Malformed:
            pass
    elif text.lstrip().startswith("{"):  # statements with commas between them, or behind the only one
        try:
            return _shifted(locate("[" + text.rstrip().rstrip(",") + "]"))
        except Malformed:
            pass
    if _ASSIGNED.search(text):
        return _tried("Terraform", hcl.parse, text)
    if '\\"' in text:  # a policy with the escapes of the text that it was in
        try:
            inner = locate('"' + re.sub(r"\s*\n\s*", " ", text.strip()) + '"')
            return _moved(locate(inner.text), len(text))
        except Malformed:
            pass
    raise _NoForm("JSON", first)


def _shifted(root: Node) -> Node:
    """`root`, read with one character before the text, at its places in the text."""
    stack = [root]
    while stack:
        node = stack.pop()
        node.start, node.end = max(node.start - 1, 0), max(node.end - 1, 0)
        for member in node.members:
            member.start, member.end = member.start - 1, member.end - 1
            stack.append(member.value)
        stack += node.elements if node.kind == "array" else []
    return root


def _moved(root: Node, length: int) -> Node:
    """`root`, read from a text inside the text, at the whole of it."""
    stack = [root]
    while stack:
        node = stack.pop()
        node.start, node.end = 0, length
        for member in node.members:
            member.start, member.end = 0, length
            stack.append(member.value)
        stack += node.elements if node.kind == "array" else []
    return root
