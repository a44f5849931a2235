"""Grants to principals of ours that the policy of a resource takes back: `only` and `nobody` speak of them too."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import glob
from iamdsl.access.model import Access, Grant, Owner, Test, conjunction
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.keep import Keep, each
from iamdsl.compiler.subjects import ANYONE
from iamdsl.diagnostics import Label, Report
from iamdsl.record import replace


def conflicts(accesses: tuple[Access, ...], bindings: Bindings, report: Report, keep: Keep | None = None) -> None:
    """Report each grant to a user, group or role that a resource's own policy denies to all of them, always."""
    denies = tuple(
        [grant for access in accesses if access.kind == "resource" for grant in access.grants if not grant.allows]
    )
    if not denies:
        return
    named = [(one, arns) for one in accesses if one.kind == "identity" and (arns := _arns(one.owner, bindings))]
    needs = [(denies, arns) for _, arns in named]
    each(keep, "conflicts", [one for one, _ in named], needs, report, _conflicts_of)


def _conflicts_of(access: Access, needs: tuple[tuple[Grant, ...], tuple[str, ...]], report: Report) -> None:
    from iamdsl.access.compare import compare, identity  # local: only programs with such denies ask

    (denies, arns), nothing = needs, identity(())
    caller = Test("aws:PrincipalArn", "equals", arns, "ARN")
    for grant in access.grants:
        near = [deny for deny in denies if _near(deny, grant, arns)]
        if not grant.allows or not near or grant.origins[0].exact:
            continue
        theirs = replace(grant, condition=conjunction(caller, grant.condition))
        against = [replace(deny, principals=()) for deny in near]
        if compare(nothing, identity((theirs, *against))).relation == "equal":
            places = (Label(grant.origins[0].span), Label(near[0].origins[0].span, "denied here"))
            help = "name the subject there too, or leave one of the two out"
            report.add(rules.CANCELLED, places, help=help)


def _arns(owner: Owner, bindings: Bindings) -> tuple[str, ...]:
    """The ARNs of a user or role, or of the members of a group."""
    if owner.kind == "group":
        named = [("user", member) for member in bindings.principals["group", owner.name].members]
    else:
        named = [(owner.kind, owner.name)] if owner.kind in ("user", "role") else []
    if not owner.account:
        return ()
    return tuple(bindings.principal_arn(kind, name) for kind, name in named)


def _near(deny: Grant, grant: Grant, arns: tuple[str, ...]) -> bool:
    """Whether `deny` is to these callers and may touch what `grant` is of."""
    if deny.principals != ANYONE and not {("AWS", arn) for arn in arns} <= set(deny.principals):
        return False
    same = any(glob.overlap(one.lower(), other.lower()) for one in deny.actions for other in grant.actions)
    return same and any(glob.overlap(one, other) for one in deny.resources for other in grant.resources)
