"""What AWS asks of a document before it looks at its meaning: size and characters."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.diagnostics import Label, Report
from iamdsl.policy import codec
from iamdsl.policy.model import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# IAM user guide, "IAM and STS quotas": characters allowed in a policy
_ALLOWED = "\t\n\r"

_INLINE = "make it a managed policy, `policy NAME { ... }` that is used, or use wider names; `--minimize short` may do"
_SMALLER = {
    "trust": "trust fewer, or their account; up to 8192 characters are to be had from AWS, then set `quotas.trust`",
    "managed": "give some of its sentences to another principal or group, or use wider names; `--minimize short` may do",
    "session": "say less in it, or use wider names; `--minimize short` may do",
    **dict.fromkeys(("scp", "rcp", "endpoint"), "use wider names; `--minimize short` may do"),
    "permission-set": "say some of it in a `policy NAME { ... }` that it uses, or use wider names; `--minimize short` may do",
    **dict.fromkeys(("inline-user", "inline-group", "inline-role"), _INLINE),
}
_NARROWER = "name an account or organization in place of many principals, or use wider names"  # of a resource's policy


def size(document: Document, unit: str) -> int:
    """How large AWS counts the document: `nonspace` characters, `characters` or `bytes`."""
    return counted(codec.dump(document), unit)


def counted(value: Any, unit: str) -> int:
    """As `size`, of a document as JSON has it."""
    compact = codec.squeezed(value)
    if unit == "bytes":
        return len(compact.encode())
    if unit == "nonspace":
        return sum(not character.isspace() for character in compact)
    return len(compact)


def validate(document: Document, name: str, limit: int, unit: str, places: tuple[Label, ...], report: Report) -> int:
    """Report a document that AWS would refuse; return its size in `unit`. `places`: its largest sentences; a `limit` of
    0 is none."""
    counted = size(document, unit)
    span = places[0].span if places else None
    if not document.statements:
        report.add(rules.EMPTY_DOCUMENT, span, document=name)
    if limit and counted > limit:
        help = _SMALLER.get(document.kind, _NARROWER)
        report.add(rules.OVER_QUOTA, places, help=help, document=name, size=counted, over=counted - limit, limit=limit)
    for character in sorted(set(codec.compact(document))):
        if not (" " <= character <= "\u00ff" or character in _ALLOWED):
            shown = f"U+{ord(character):04X}"
            report.add(rules.BAD_DOCUMENT_CHARACTER, span, document=name, character=shown)
    return counted
