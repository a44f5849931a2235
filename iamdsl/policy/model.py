"""The exact shape of a policy document: IAM user guide, "IAM JSON policy elements reference"."""

from __future__ import annotations

from iamdsl.record import record

Block = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]  # operator → key → values


@record
class Statement:
    """One statement. Lists are sorted; an absent element is None or ().

    `principal` holds (type, value) pairs such as ("AWS", "arn:..."), in order of type and value.
    """

    effect: str
    action: tuple[str, ...] | None = None
    not_action: tuple[str, ...] | None = None
    resource: tuple[str, ...] | None = None
    not_resource: tuple[str, ...] | None = None
    principal: tuple[tuple[str, str], ...] = ()
    condition: Block = ()
    sid: str = ""


@record
class Document:
    """A policy document. `kind` is what AWS will take it as: `managed`, `trust`, ...; it is not part of the JSON."""

    kind: str
    statements: tuple[Statement, ...]
    version: str = "2012-10-17"
