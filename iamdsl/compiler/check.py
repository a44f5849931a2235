"""Sentences that compile and still cannot do what they say."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import condition as conditions
from iamdsl.access import glob
from iamdsl.access.model import Access, Grant, Origin, Owner, tests
from iamdsl.compiler.attach import Attachment
from iamdsl.compiler.bindings import Bindings, Principal, spoken
from iamdsl.compiler.keep import Keep, each
from iamdsl.diagnostics import Label, Report
from iamdsl.pause import pause
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MFA = ("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge")
_ASSUMED = ("role", "permission-set")
_WITHOUT_PEOPLE = ("service", "github", "oidc", "saml", "kubernetes")


@record
class Read:
    """What is to be known of the grants of one document, beside others: those that deny; the sentences that end at some
    time; which sentences repeat a grant (see `_said_before`), and the files of all its sentences."""

    denies: tuple[Grant, ...]
    dated: tuple[Origin, ...]
    repeated: dict[Origin, list[Origin | None]]
    paths: frozenset[str]


def check(
    accesses: tuple[Access, ...],
    attached: tuple[Attachment, ...],
    bindings: Bindings,
    report: Report,
    keep: Keep | None = None,
) -> None:
    """Report grants that never take effect, tests that never pass and dates that are past."""
    used = {one.owner: one.policies for one in attached}
    principals = [
        (
            bindings.principals[one.owner.kind, one.owner.name]
            if one.kind == "identity" and one.owner.kind in _ASSUMED
            else None
        )
        for one in accesses
    ]
    read = each(keep, "checked", accesses, principals, report, _read)
    shared = {access.owner.name: access.grants for access in accesses if access.owner.kind == "policy"} if used else {}
    for owner, names in used.items():
        if owner.kind in _ASSUMED:
            grants = [grant for name in names for grant in shared.get(name, ())]
            _mfa_on_role(bindings.principals[owner.kind, owner.name], grants, report, True)
    _past([one.dated for one in read if one.dated], report)
    _cancelled(accesses, read, used, bindings, report, keep)
    _repeated(accesses, read, report)


def _read(access: Access, principal: Principal | None, report: Report) -> Read:
    """What is to be known of one document; findings for what is wrong in it alone. `principal`: whose it is, if he is assumed."""
    if principal is not None:
        _mfa_on_role(principal, access.grants, report)
    denies = [grant for grant in access.grants if not grant.allows] if access.kind == "identity" else []
    origins = dict.fromkeys([origin for grant in access.grants for origin in grant.origins])
    dated = tuple([origin for origin in origins if origin.until])
    return Read(tuple(denies), dated, _said_before(access.grants), frozenset([origin.path for origin in origins]))


def _mfa_on_role(principal: Principal, grants: Iterable[Grant], report: Report, shared: bool = False) -> None:
    """IAM user guide, "Configuring MFA-protected API access": credentials of an assumed role carry no MFA information.

    `shared`: the grants are of a policy that others may use as well, for whom the test can pass.
    """
    name = principal.name
    kinds = [one.kind for trust in principal.role.trusts for one in trust.trustees] if principal.role else []
    people = not kinds or any(not kind.startswith((*_WITHOUT_PEOPLE, "same")) for kind in kinds)
    in_identity_center = principal.kind == "permission-set"
    for grant in grants:
        if grant.origins[0].exact or not any(test.key in _MFA for test in tests(grant.condition)):
            continue
        if in_identity_center:
            rule, help = rules.MFA_ON_ROLE, "ask for it in the settings of Identity Center, for all who sign in"
        elif people or shared:
            rule, help = rules.MFA_ON_ROLE, f"ask for it when the role is assumed: `role {name} for ... with mfa`"
        else:
            rule, help = rules.MFA_ON_SERVICE_ROLE, "services have no MFA device: leave it out"
        report.add(rule, grant.origins[0].span, help=help, kind=spoken(principal.kind), name=name)


def _cancelled(
    accesses: tuple[Access, ...],
    read: list[Read],
    used: dict[Owner, tuple[str, ...]],
    bindings: Bindings,
    report: Report,
    keep: Keep | None,
) -> None:
    """Report each grant that denies of the same principal take back whole: his own, his groups', of the policies he uses."""
    denies: dict[tuple[str, str], list[Grant]] = {}
    for access, one in zip(accesses, read):
        if one.denies:
            owner = access.owner
            users = [user for user, names in used.items() if owner.name in names] if owner.kind == "policy" else [owner]
            for user in users:
                denies.setdefault((user.kind, user.name), []).extend(one.denies)
    if not denies:
        return
    of_users = {name: list(found) for (kind, name), found in denies.items() if kind == "user"}  # and of their groups
    for group in [one for one in bindings.principals.values() if one.kind == "group"]:
        for name in group.members:
            of_users.setdefault(name, []).extend(denies.get(("group", group.name), ()))
    concerned: list[Access] = []
    by_whom: list[list[list[Grant]]] = []
    for access in accesses:
        if access.kind != "identity":
            continue
        owner = access.owner
        whose = [of_users.get(owner.name, []) if owner.kind == "user" else denies.get((owner.kind, owner.name), [])]
        if owner.kind == "group":
            whose = [of_users[name] for name in bindings.principals["group", owner.name].members] or whose
        if all(whose):
            concerned.append(access)
            by_whom.append(whose)
    each(keep, "cancelled", concerned, by_whom, report, _cancelled_of)


def _cancelled_of(access: Access, whose: list[list[Grant]], report: Report) -> None:
    for grant in access.grants:
        pause()
        plain = not grant.except_actions and not grant.except_resources and not grant.origins[0].exact
        if grant.allows and plain:
            _cancelled_for(grant, whose, report)


def _cancelled_for(grant: Grant, whose: list[list[Grant]], report: Report) -> None:
    """Report `grant` if it is denied to everybody whom it is to, of whom each has the denies of one list of `whose`."""
    first = [next((deny for deny in denies if _covers(deny, grant)), None) for denies in whose]
    if first[0] and all(first):
        places = (Label(grant.origins[0].span), Label(first[0].origins[0].span, "denied here"))
        report.add(rules.CANCELLED, places, help="a `cannot` always wins: leave one of the two out")


def _covers(wide: Grant, narrow: Grant) -> bool:
    """Whether `wide` is of all that `narrow` is of, whenever that is."""
    if wide.except_resources:
        return False
    for action in narrow.actions:
        named = any(glob.covers(one.lower(), action.lower()) for one in wide.actions)
        touched = any(glob.overlap(one.lower(), action.lower()) for one in wide.actions)
        if touched if wide.except_actions else not named:
            return False
    if not all(glob.covered(arn, wide.resources) for arn in narrow.resources):
        return False
    return conditions.implies(narrow.condition, wide.condition)


def _repeated(accesses: tuple[Access, ...], read: list[Read], report: Report) -> None:
    """Sentences all of whose grants another sentence, before it, makes too."""
    befores: dict[Origin, list[Origin | None]] = {}  # by sentence, for each of its grants: who said it before
    suspects = {origin for one in read for origin in one.repeated}
    paths = {origin.path for origin in suspects}
    for access, one in zip(accesses, read) if suspects else ():
        for grant in access.grants if not paths.isdisjoint(one.paths) else ():
            origin = grant.origins[0]
            if origin in suspects:
                same = one.repeated.get(origin, [])
                befores.setdefault(origin, []).extend(same or [None])
    for origin, firsts in befores.items():
        if firsts[0] and all(firsts) and not origin.same_place(firsts[0]):
            places = (Label(origin.span), Label(firsts[0].span, "said here"))
            report.add(rules.COVERED, places, help="leave one of the two out")


def _said_before(grants: tuple[Grant, ...]) -> dict[Origin, list[Origin | None]]:
    """For the sentences of one document that repeat a grant of another: who said each of their grants before."""
    first: dict[Grant, Origin] = {}
    found: dict[Origin, list[Origin | None]] = {}
    for grant in grants:
        origin = grant.origins[0]
        same = first.setdefault(replace(grant, origins=()), origin)
        found.setdefault(origin, []).append(same if same != origin else None)
    return {origin: befores for origin, befores in found.items() if any(befores)}


def _past(dated: list[tuple[Origin, ...]], report: Report) -> None:
    """Report what ended before today. `dated`: sentences with an end, by document."""
    if not dated:
        return
    from datetime import date  # local: only programs with dates pay for it

    today = date.today().isoformat()
    for origin in dict.fromkeys([origin for origins in dated for origin in origins]):
        if origin.until[:10] < today:
            report.add(rules.PAST_DATE, origin.span, help="remove the sentence or move the date", date=origin.until)
