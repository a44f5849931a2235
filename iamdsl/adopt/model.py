"""An account as it was found: who there is, what they hold, and every policy document with its place."""

from __future__ import annotations

from iamdsl.policy.located import Node
from iamdsl.policy.model import Document
from iamdsl.record import record
from iamdsl.source import Span

Tags = tuple[tuple[str, str], ...]


@record
class Paper:
    """A policy document as it was found, at `place`: the value `node`, or the text that it is. `note`: what is said of it there."""

    document: Document
    place: Span
    node: Node
    note: str = ""


@record
class Managed:
    """A managed policy of the account."""

    name: str
    arn: str
    path: str
    paper: Paper
    tags: Tags = ()


@record
class Principal:
    """A user, group or role (`kind`).

    `managed`: the ARNs of the managed policies that are attached; `inline`: its own, by name; `groups`: those that a user
    is in; `boundary`: the ARN of a policy; `trust`: of a role. `session_seconds`: 0 where nothing is said.
    """

    kind: str
    name: str
    path: str
    place: Span
    managed: tuple[str, ...] = ()
    inline: tuple[tuple[str, Paper], ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str = ""
    trust: Paper | None = None
    tags: Tags = ()
    instance_profiles: tuple[str, ...] = ()
    session_seconds: int = 0
    note: str = ""


@record
class Held:
    """The policy of a resource: its ARN, and its type (`s3:bucket`) where that is known."""

    arn: str
    paper: Paper
    type: str = ""


@record
class Guardrail:
    """A policy of Organizations, `scp` or `rcp`, and the ids that it is attached to."""

    kind: str
    name: str
    paper: Paper
    targets: tuple[str, ...] = ()


@record
class Loose:
    """A document whose owner is not known: `kind` as `iamdsl validate` takes it, `name` where one is near."""

    kind: str
    name: str
    paper: Paper


@record
class Account:
    """Everything that was read. `id` and `partition`: those of its own ARNs, "" where nothing says so.

    `references`: marks that stand in the documents for what is not known, with the name and the meaning of each.
    """

    id: str = ""
    partition: str = ""
    region: str = ""
    principals: tuple[Principal, ...] = ()
    policies: tuple[Managed, ...] = ()
    held: tuple[Held, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    references: tuple[Reference, ...] = ()


@record
class Reference:
    """What is not known where a document was found: `mark` stands for it there, `{name}` will in the program. `meaning`: as
    the text had it, first at `place`; `default`: its value unless another is given."""

    mark: str
    name: str
    meaning: str
    default: str = ""
    place: Span | None = None
