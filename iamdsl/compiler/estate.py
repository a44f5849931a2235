"""All documents that decide together: of a program, of folders that it was compiled to, or anybody's."""

from __future__ import annotations

from iamdsl.access.model import Origin
from iamdsl.compiler.attach import Attachment
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.document import Output
from iamdsl.compiler.holders import Holder
from iamdsl.policy.model import Document
from iamdsl.record import record, replace
from iamdsl.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    """What a principal has beside the documents here: its boundary's name or ARN, the ARNs of AWS's own policies, its path."""

    owner: tuple[str, str]
    boundary: str = ""
    aws: tuple[str, ...] = ()
    path: str = "/"


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

    def arn(self, kind: str, name: str, account: str) -> str:
        """The ARN of a user or role of `account`, with its path where that is known."""
        paths = [one.path for one in self.beside if one.owner == (kind, name)] if self.pathed else []
        path = next((one for one in paths if one != "/"), "/")
        return f"arn:{self.bindings.partition}:iam::{account}:{kind}{path}{name}"

    @property
    def pathed(self) -> bool:
        """Whether any principal has a path of its own."""
        return any([one.path != "/" for one in self.beside])

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of this kind of principal (`user`, `group`, `role`, `permission-set`, `policy`) that something is said of,
        A to Z."""
        found = {name for one in self.held for of, name in one.owners if of == kind}
        found |= {name for of, name in [one.owner for one in self.beside] if of == kind}
        found |= {name for of, name in self.bindings.principals if of == kind}
        found |= {name for name, _ in self.groups} if kind == "group" else set()
        found |= {member for _, members in self.groups for member in members} if kind == "user" else set()
        return tuple(sorted(found))


def of_outputs(
    outputs: Iterable[tuple[str, Output]], attached: tuple[Attachment, ...], sources: Mapping[str, Source]
) -> list[Held]:
    """The documents of a program, each with what it is called."""
    found = []
    for path, one in outputs:
        owner = one.owner
        sentences = tuple([tuple([_place(origin, sources) for origin in each]) for each in one.lowered.origins])
        document = replace(one.lowered.document, kind=one.kind)
        targets = tuple(owner.arn.split(",")) if owner.arn else ()
        owners = [] if one.kind in ("resource", "scp", "rcp", "endpoint") else [(owner.kind, owner.name)]
        if owner.kind == "policy":
            users = [each.owner for each in attached if owner.name in each.policies]
            owners += [(user.kind, user.name) for user in users]
        found.append(Held(path, one.kind, document, tuple(owners), owner.account, sentences, targets))
    return found


def beside_of(holders: tuple[Holder, ...], attached: tuple[Attachment, ...]) -> list[Beside]:
    """What the principals of a program have beside its documents."""
    found = [Beside((one.kind, one.name), one.boundary, (), one.path) for one in holders]
    return found + [Beside((one.owner.kind, one.owner.name), "", one.aws) for one in attached]


def _place(origin: Origin, sources: Mapping[str, Source]) -> str:
    return f"{origin.path}:{sources[origin.path].position(origin.start)[0]}"
