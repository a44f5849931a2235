"""All documents that decide together: of a program, of folders that it was compiled to, or anybody's."""

from __future__ import annotations

from iamdsl.compiler.bindings import Bindings
from iamdsl.policy.model import Document
from iamdsl.record import record

LAYERS = ("identity", "trust", "resource", "boundary", "session", "scp", "rcp", "endpoint")


@record
class Held:
    """A document and whose it is. `layer` is one of LAYERS. `owners`: (kind, name) pairs such as ("role", "training"), none
    where nothing says so: then it is of whoever asks, or of what is asked for. `sentences`: `file:line` of those behind each
    statement. `targets`: the ARN of its resource, the ids of the account or unit that a guardrail is for, of endpoints.
    """

    path: str
    layer: str
    document: Document
    owners: tuple[tuple[str, str], ...] = ()
    account: str = ""
    sentences: tuple[tuple[str, ...], ...] = ()
    targets: tuple[str, ...] = ()


@record
class Beside:
    """What a principal has beside the documents here: its boundary's name or ARN, and the ARNs of AWS's own policies."""

    owner: tuple[str, str]
    boundary: str = ""
    aws: tuple[str, ...] = ()


@record
class Estate:
    """All documents of a question, what principals have beside them, the members of each group, and what the names of its
    program stand for."""

    held: tuple[Held, ...]
    beside: tuple[Beside, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    bindings: Bindings

    @property
    def homes(self) -> frozenset[str]:
        """The ids of our accounts, as far as they are known."""
        declared = {one.id for one in self.bindings.accounts.values() if not one.external}
        return frozenset(declared | {one.account for one in self.held if one.account})

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of this kind of principal (`user`, `group`, `role`, `permission-set`, `policy`) that something is said of,
        A to Z."""
        found = {name for one in self.held for of, name in one.owners if of == kind}
        found |= {name for of, name in [one.owner for one in self.beside] if of == kind}
        found |= {name for of, name in self.bindings.principals if of == kind}
        found |= {name for name, _ in self.groups} if kind == "group" else set()
        found |= {member for _, members in self.groups for member in members} if kind == "user" else set()
        return tuple(sorted(found))
