"""Documents compared over all requests, each witness replayed by `policy.simulate` before anyone sees it."""

from __future__ import annotations

from iamdsl.access.compare import STEPS, Change, Request, Side, Verdict, compare
from iamdsl.access.model import Grant
from iamdsl.compiler.lift import lift
from iamdsl.policy.model import Document, Statement
from iamdsl.policy.simulate import ALLOWED, EXPLICIT, Layers, decide
from iamdsl.policy.simulate import Request as Asked
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.classes import Names
    from iamdsl.access.reach import Formats

UNCONFIRMED = "a witness did not hold when it was replayed: please report this bug with the policies"
EVERYTHING = Document("identity", (Statement("Allow", ("*",), resource=("*",)),))
_NOBODY = "AWS arn:aws:iam::111122223333:user/example"


@record
class Facts:
    """What is known of AWS, for a comparison: see `access.compare`. `closed_world`: that there are no other actions."""

    formats: Formats | None = None
    names: Names | None = None
    closed_world: bool = False


@record
class Policies:
    """Documents that decide together, within those of `boundary` where there are any.

    `denied`: compare what they deny, not what they allow. `principal`: the ARN of whom they are about, "" where it is not
    known, or the documents say it.
    """

    documents: tuple[Document, ...]
    boundary: tuple[Document, ...] = ()
    denied: bool = False
    principal: str = ""


@record
class Difference:
    """The verdict on NEW beside OLD; where they are compared by what they deny, on that.

    `segmented`: the relation if a `*` of `Resource` stops at a colon, where that is another one; else "".
    """

    verdict: Verdict
    segmented: str = ""


def diff(old: Policies, new: Policies, facts: Facts, complete: bool = False, steps: int = STEPS) -> Difference:
    """How `new` relates to `old`. `complete`: with every change."""
    sides = (_side(old), _side(new))

    def verdict(segmented: bool, complete: bool, lost: Request | None = None, gained: Request | None = None) -> Verdict:
        made = compare(
            *sides,
            facts.formats,
            facts.names,
            facts.closed_world,
            segmented,
            complete,
            steps,
            second=True,
            hints=(lost, gained),
        )
        return _replayed(made, old, new, segmented)

    found = verdict(False, complete)
    other = found.relation
    if found.relation not in ("equal", "unknown") and _crosses(sides):
        other = verdict(True, False, found.lost, found.new).relation
    return Difference(found, "" if other == found.relation else other)


def _side(policies: Policies) -> Side:
    grants = _lifted(policies.documents)
    if policies.denied:
        return Side(((tuple([replace(one, allows=True) for one in grants if not one.allows]),),))
    return Side(((grants, _lifted(policies.boundary)),)) if policies.boundary else Side(((grants,),))


def _lifted(documents: tuple[Document, ...]) -> tuple[Grant, ...]:
    return tuple([grant for one in documents for grant in lift(one)])


def _crosses(sides: tuple[Side, Side]) -> bool:
    """Whether a `*` of a resource might cross a colon to some effect: `*` alone crosses all."""
    return any(["*" in one and one != "*" for side in sides for grant in side.grants for one in grant.resources])


def _replayed(verdict: Verdict, old: Policies, new: Policies, segmented: bool) -> Verdict:
    """The verdict with its requests as `simulate` took them; `unknown` if it took one otherwise."""
    faults: list[Request] = []

    def replay(request: Request, one: Policies, other: Policies) -> Request:
        named = replace(request, principal=request.principal or _principal(request, one.principal or other.principal))
        if not confirmed(named, one, other, segmented):
            faults.append(named)
        return named

    def all_of(changes: tuple[Change, ...], one: Policies, other: Policies) -> tuple[Change, ...]:
        return tuple([replace(change, request=replay(change.request, one, other)) for change in changes])

    found = replace(
        verdict,
        new=verdict.new and replay(verdict.new, new, old),
        lost=verdict.lost and replay(verdict.lost, old, new),
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
    account = keys.get("aws:principalaccount", ("",))[0]
    nobody = _NOBODY.replace("111122223333", account) if len(account) == 12 and account.isdecimal() else _NOBODY
    parts = named.split(":")
    if len(parts) == 6 and parts[2] == "iam" and len(parts[4]) == 12 and parts[4].isdecimal():
        return f"AWS {named}" if parts[5].startswith(("user/", "role/")) and parts[5][5:] else nobody
    return nobody


def confirmed(request: Request, one: Policies, other: Policies, segmented: bool = False) -> bool:
    """Whether `simulate` has `one` allow (or deny) the request and `other` not."""
    try:
        return decides(one, request, segmented) and not decides(other, request, segmented)
    except ValueError:
        return False


def decides(policies: Policies, request: Request, segmented: bool = False) -> bool:
    """Whether the documents alone allow the request (or deny it, where that is compared), by `simulate`.

    Raises ValueError for a principal that cannot ask.
    """
    kind, _, caller = request.principal.partition(" ")
    asked = Asked(caller, request.action, request.resource, dict(request.context))
    wanted = EXPLICIT if policies.denied else ALLOWED
    if _named(policies.documents):  # of someone in another account, whose own policies allow everything
        layers = Layers((EVERYTHING,), resource=policies.documents, same_account=False)
    else:
        layers = Layers(policies.documents, boundary=policies.boundary)
    return decide(asked, layers, segmented).outcome == wanted


def _named(documents: tuple[Document, ...]) -> bool:
    every = [one for each in documents for one in each.statements]
    return any([one.principal is not None or one.not_principal is not None for one in every])
