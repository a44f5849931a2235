"""What decompiling takes and gives."""

from __future__ import annotations

from iamdsl.policy.model import Document
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast


@record
class Input:
    """A document and whose it is.

    `kind` is `identity`, `trust`, `resource`, `boundary`, `scp`, `rcp`, `session` or `endpoint`. `owner`: of an identity
    document `policy`, `user`, `group`, `role` or `permission set`, of a resource's the full name of its type (`s3:bucket`).
    `name` is what the program is to call it; `title` and `place` what findings call
    it and point at.
    """

    kind: str
    document: Document
    owner: str
    name: str
    title: str = ""
    place: Span | None = None


@record
class Setting:
    """What the program around declares: the id of its home account, its region and partition; "" for what it does not."""

    account: str = ""
    region: str = ""
    partition: str = "aws"


@record
class Said:
    """A document as sentences.

    `lines` declare it at the top level of a program; `body` are its sentences alone, without a subject where the kind of
    document has none. Both are () for a document that cannot be said, with a finding. `exact`: for each statement whether
    an exact action was needed to say it. `proof`: `equal`, or "" where no proof was asked for.
    """

    input: Input
    lines: tuple[ast.Line, ...]
    body: tuple[ast.Line, ...]
    exact: tuple[bool, ...]
    proof: str = ""
