"""Documents compared over all requests, each witness replayed by `policy.simulate` before anyone sees it."""

from __future__ import annotations

from iamdsl.access.compare import STEPS, Change, Request, Side, Verdict, compare
from iamdsl.access.model import Grant
from iamdsl.compiler.lift import lift
from iamdsl.policy.model import Document, Statement
from iamdsl.policy.simulate import ALLOWED, Layers, decide
from iamdsl.policy.simulate import Request as Asked
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamdsl.access.classes import Names
    from iamdsl.access.reach import Formats

UNCONFIRMED = "a witness did not hold when it was replayed: please report this bug with the policies"
_EVERYTHING = Document("identity", (Statement("Allow", ("*",), resource=("*",)),))
_NOBODY = "AWS arn:aws:iam::111122223333:user/example"


@record
class Facts:
    """What is known of AWS, for a comparison: see `access.compare`. `closed_world`: that there are no other actions."""

    formats: Formats | None = None
    names: Names | None = None
    closed_world: bool = False


@record
class Policies:
    """Documents that decide together: of a principal (`layer` identity), a role's trust, a resource, ...

    `principal`: the ARN of whom they are about, "" where it is not known, or the documents say it.
    """

    layer: str
    documents: tuple[Document, ...]
    principal: str = ""


@record
class Difference:
    """The verdict on NEW beside OLD. `old` and `new`: the grants of each document, one for each statement, in order.

    `segmented`: the relation if a `*` of `Resource` stops at a colon, where that is another one; else "".
    """

    verdict: Verdict
    old: tuple[tuple[Grant, ...], ...]
    new: tuple[tuple[Grant, ...], ...]
    segmented: str = ""


def diff(old: Policies, new: Policies, facts: Facts, complete: bool = False, steps: int = STEPS) -> Difference:
    """How `new` relates to `old`, which are of one layer. `complete`: with every change."""
    before, after = [tuple([lift(one) for one in side.documents]) for side in (old, new)]
    sides = (_side(before), _side(after))

    def verdict(segmented: bool, complete: bool) -> Verdict:
        found = compare(sides[0], sides[1], facts.formats, facts.names, facts.closed_world, segmented, complete, steps)
        return _replayed(found, old, new, segmented)

    found = verdict(False, complete)
    other = found.relation
    if found.relation not in ("equal", "unknown") and _crosses(sides):
        other = verdict(True, False).relation
    return Difference(found, before, after, "" if other == found.relation else other)


def _side(documents: tuple[tuple[Grant, ...], ...]) -> Side:
    return Side(((tuple([grant for grants in documents for grant in grants]),),))


def _crosses(sides: Iterable[Side]) -> bool:
    """Whether a `*` of a resource might cross a colon to some effect: `*` alone crosses all."""
    return any(["*" in one and one != "*" for side in sides for grant in side.grants for one in grant.resources])


def _replayed(verdict: Verdict, old: Policies, new: Policies, segmented: bool) -> Verdict:
    """The verdict with its requests as `simulate` took them; `unknown` if it took one otherwise."""
    faults: list[Request] = []

    def replay(request: Request | None, one: Policies, other: Policies) -> Request | None:
        if request is None:
            return None
        named = replace(request, principal=request.principal or _principal(request, one.principal or other.principal))
        if not confirmed(named, one, other, segmented):
            faults.append(named)
        return named

    def all_of(changes: tuple[Change, ...], one: Policies, other: Policies) -> tuple[Change, ...]:
        return tuple([replace(change, request=replay(change.request, one, other)) for change in changes])

    found = replace(
        verdict,
        new=replay(verdict.new, new, old),
        lost=replay(verdict.lost, old, new),
        gained=all_of(verdict.gained, new, old),
        taken=all_of(verdict.taken, old, new),
    )
    return replace(found, relation="unknown", why=UNCONFIRMED) if faults else found


def _principal(request: Request, known: str) -> str:
    """Who asks where the documents do not say: whom they are about, or whom the request's own keys tell of."""
    if known:
        return f"AWS {known}"
    keys = {key.lower(): values for key, values in request.context}
    named = keys.get("aws:principalarn", ("",))[0]
    parts = named.split(":")
    if len(parts) == 6 and parts[2] == "iam" and len(parts[4]) == 12 and parts[4].isdecimal():
        return f"AWS {named}" if parts[5].startswith(("user/", "role/")) and parts[5][5:] else _NOBODY
    return _NOBODY


def confirmed(request: Request, one: Policies, other: Policies, segmented: bool = False) -> bool:
    """Whether `simulate` has `one` allow the request and `other` not."""
    try:
        return allows(one, request, segmented) and not allows(other, request, segmented)
    except ValueError:
        return False


def allows(policies: Policies, request: Request, segmented: bool = False) -> bool:
    """Whether the documents alone allow the request, by `simulate`. Raises ValueError for a principal that cannot ask."""
    asked = Asked(request.principal.partition(" ")[2], request.action, request.resource, dict(request.context))
    if policies.layer in ("identity", "boundary", "session", "scp", "endpoint") and not _named(policies):
        return decide(asked, Layers(identity=policies.documents), segmented).outcome == ALLOWED
    together = Document("resource", tuple([one for each in policies.documents for one in each.statements]))
    if any([each.version != "2012-10-17" for each in policies.documents]):
        together = replace(together, version="2008-10-17")
    layers = Layers(identity=(_EVERYTHING,), resource=(together,), same_account=False)
    return decide(asked, layers, segmented).outcome == ALLOWED


def _named(policies: Policies) -> bool:
    return any(
        one.principal is not None or one.not_principal is not None
        for each in policies.documents
        for one in each.statements
    )
