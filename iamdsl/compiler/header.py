"""What a program says of all its documents: the version of AWS's policy language, and an id."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Origin
from iamdsl.compiler.bindings import NEW, OLD, Header
from iamdsl.compiler.lower import Lowered
from iamdsl.diagnostics import Label, Report
from iamdsl.record import replace
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.policy.model import Statement

# kinds of document that take an id and the older version. IAM user guide, "IAM JSON policy elements: Id": in resource-based
# policies, not in identity-based ones. IAM makes managed policies of "version 2012-10-17 or greater" only, as its error says;
# Organizations user guide, "SCP syntax": the version is 2012-10-17
_TAKING = ("resource", "trust", "endpoint")


def headed(known: Header, node: ast.Setting, text: str, report: Report) -> Header:
    """`known` with what a sentence `version` or `id` says, whose word stands for `text`."""
    if node.kind == "id":
        if not text:
            report.add(rules.BAD_VALUE, node.name.span, value=text, what="an id: it is empty")
        return replace(known, id=text, id_place=node.span)
    version = next((one for one in (NEW, OLD) if text in (one, one[:4])), "")
    if not version:
        help = f"write `version 2008` or, what goes without saying, `version {NEW}`"
        report.add(rules.BAD_VALUE, node.name.span, help=help, value=text, what="a version of policies")
    return replace(known, version=version, place=node.span)


def head(lowered: Lowered, kind: str, header: Header, report: Report) -> Lowered:
    """`lowered` with the version and id that a document of `kind` takes."""
    version = header.version if kind in _TAKING else lowered.document.version
    if version == OLD and header.place is not None:
        for statement, origins in zip(lowered.document.statements, lowered.origins):
            if variable := _variable(statement):
                _unread(variable, header, origins[0], report)
    id = header.id if header.id and kind in _TAKING else None
    return replace(lowered, document=replace(lowered.document, version=version, id=id))


def check_header(kinds: list[str], header: Header, report: Report) -> None:
    """Report an id or an older version that no document, given the `kinds` of all, takes."""
    if any([kind in _TAKING for kind in kinds]):
        return
    help = "the policies of resources, trust policies and endpoint policies take it; leave it out"
    if header.id_place is not None:
        what = "gives an id, which none of these documents can have"
        report.add(rules.BAD_DECLARATION, header.id_place, help=help, what=what)
    if header.place is not None and header.version == OLD:
        what = "asks for a version that AWS takes in none of these documents"
        report.add(rules.BAD_DECLARATION, header.place, help=help, what=what)


def _variable(statement: Statement) -> str:
    """A policy variable in `statement`, "" if there is none."""
    values = [*(statement.resource or ()), *(statement.not_resource or ())]
    values += [value for _, keys in statement.condition for _, listed in keys for value in listed]
    found = next((value for value in values if "${" in value), "")
    return found[found.index("${") :].partition("}")[0] + "}" if found else ""


def _unread(variable: str, header: Header, origin: Origin, report: Report) -> None:
    """IAM user guide, "IAM policy elements: Variables and tags": before 2012-10-17 they are plain text."""
    assert header.place is not None
    places = (Label(header.place), Label(origin.span, f"`{variable}` is plain text in that version"))
    help = "leave the version out, or the variable"
    report.add(rules.BAD_DECLARATION, places, help=help, what="takes their meaning from policy variables")
