"""The documents of an account as parts of a program: each by a body of sentences, or kept as it is."""

from __future__ import annotations

from iamdsl.adopt.model import Account, Paper
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamdsl.syntax import ast


@record
class Key:
    """Which document it is. `kind` is `policy`, `inline`, `trust`, `boundary`, `resource`, `scp`, `rcp` or another layer;
    `of`: for `inline` the kind of its holder and `name` his, with the policy's own in `inline`; for `resource` its type.
    """

    kind: str
    name: str
    of: str = ""
    inline: str = ""

    def __str__(self) -> str:
        if self.kind == "inline":
            return f"inline policy `{self.inline}` of {self.of} `{self.name}`"
        said = {"trust": "the trust policy of role", "resource": "the policy of"}.get(self.kind, self.kind)
        return f"{said} `{self.name}`"


@record
class Piece:
    """A document of the program to be. `body`: its sentences, () where it is kept as it is, because of `reason`."""

    key: Key
    paper: Paper
    body: tuple[ast.Line, ...] = ()
    reason: str = ""


def papers(account: Account, bounding: frozenset[str]) -> Iterator[tuple[Key, Paper]]:
    """Every document of `account` in order; `bounding`: the ARNs of policies that are boundaries of a program."""
    for policy in account.policies:
        yield Key("boundary" if policy.arn in bounding else "policy", policy.name), policy.paper
    for one in account.principals:
        if one.trust is not None:
            yield Key("trust", one.name), one.trust
        for name, paper in one.inline:
            yield Key("inline", one.name, one.kind, name), paper
    for held in account.held:
        yield Key("resource", held.arn, held.type), held.paper
    for guardrail in account.guardrails:
        yield Key(guardrail.kind, guardrail.name), guardrail.paper


# what the language calls the kind of access of a document
LAYERS = {"policy": "identity", "inline": "identity"}


def layer(key: Key) -> str:
    """The kind of a document as the compiler has it: `identity`, `trust`, `resource`, ..."""
    return LAYERS.get(key.kind, key.kind)
