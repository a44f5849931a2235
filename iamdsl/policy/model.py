"""The exact shape of a policy document: IAM user guide, "IAM JSON policy elements reference"."""

from __future__ import annotations

from iamdsl.record import record

Block = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]  # operator → key → values
Principals = tuple[tuple[str, str], ...]  # (kind, value)


@record
class Statement:
    """One statement. An absent element is None, an absent `Condition` (); lists keep their order and duplicates.

    Principals are (kind, value) pairs such as ("AWS", "arn:..."); `"Principal": "*"` is (("*", "*"),), which is not
    `{"AWS": "*"}`. Values of conditions are the text that AWS compares: `true` of a JSON boolean, digits of a number.
    """

    effect: str
    action: tuple[str, ...] | None = None
    not_action: tuple[str, ...] | None = None
    resource: tuple[str, ...] | None = None
    not_resource: tuple[str, ...] | None = None
    principal: Principals | None = None
    not_principal: Principals | None = None
    condition: Block = ()
    sid: str | None = None


@record
class Document:
    """A policy document. `kind` is what AWS will take it as: `managed`, `trust`, ...; it is not part of the JSON.

    `version` is "" where the element is absent, which AWS reads as 2008-10-17.
    """

    kind: str
    statements: tuple[Statement, ...]
    version: str = "2012-10-17"
    id: str | None = None
