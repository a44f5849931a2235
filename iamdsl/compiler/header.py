"""What a program says of all its documents: the version of AWS's policy language, and an id."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Origin
from iamdsl.compiler.bindings import OLD, Header
from iamdsl.compiler.lower import Lowered
from iamdsl.diagnostics import Label, Report
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.policy.model import Statement

# IAM user guide, "IAM JSON policy elements: Id": "allowed in resource-based policies, but not in identity-based policies"
_WITH_ID = ("resource", "trust", "endpoint")
# Organizations user guide, "SCP syntax": the version is 2012-10-17, and no other
_NEW_ONLY = ("scp", "rcp")


def head(lowered: Lowered, kind: str, header: Header, report: Report) -> Lowered:
    """`lowered` with the version and id that a document of `kind` takes."""
    version = lowered.document.version if kind in _NEW_ONLY else header.version
    if version == OLD and header.place is not None:
        for statement, origins in zip(lowered.document.statements, lowered.origins):
            if variable := _variable(statement):
                _unread(variable, header, origins[0], report)
    id = header.id if header.id and kind in _WITH_ID else None
    return replace(lowered, document=replace(lowered.document, version=version, id=id))


def check_id(kinds: list[str], header: Header, report: Report) -> None:
    """Report an id that no document, given the `kinds` of all, takes."""
    if header.id and header.id_place is not None and not any([kind in _WITH_ID for kind in kinds]):
        help = "the policies of resources, trust policies and endpoint policies have one; leave it out"
        what = "gives an id, which none of these documents can have"
        report.add(rules.BAD_DECLARATION, header.id_place, help=help, what=what)


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
