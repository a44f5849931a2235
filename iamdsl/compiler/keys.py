"""Key policies that leave somebody able to administer the key: nobody but the key's own policy gives access to it."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import condition as conditions
from iamdsl.access import glob
from iamdsl.access.condition import TooManyStatements
from iamdsl.access.literal import Literal
from iamdsl.access.model import TRUE, Access, Condition, Grant, Not
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.keep import Keep, of
from iamdsl.diagnostics import Report
from iamdsl.record import replace

CHANGE = "kms:putkeypolicy"


def administered(
    accesses: tuple[Access, ...], bindings: Bindings, report: Report, keep: Keep | None = None
) -> tuple[Access, ...]:
    """`accesses` with the key's account let into each key's policy, unless a sentence says who may change it, or the policy
    is written out.

    KMS developer guide, "Default key policy": without the account as a principal, no IAM policy works for the key, and when
    all principals named are gone the key cannot be managed any more.
    """
    found: list[Access] = []
    for one in accesses:
        if one.owner.type == "kms:key" and not one.written:
            needs, making = (one, bindings.partition), lambda own: _administered(one, bindings, own)
            one = of(keep, ("administered", id(one)), needs, report, making)
        found.append(one)
    return tuple(found)


def _administered(access: Access, bindings: Bindings, report: Report) -> Access:
    owner = access.owner
    if not access.grants:
        return access
    first = access.grants[0].origins[0]
    account = owner.arn.split(":")[4]
    root = ("AWS", f"arn:{bindings.partition}:iam::{account}:root")
    if not any(grant.allows and root in grant.principals and _gives(grant) for grant in access.grants):
        report.add(rules.KEY_ADMINISTRATION, first.span, name=owner.name, account=account)
        grant = Grant(True, ("kms:*",), (owner.arn,), TRUE, (first,), (root,))
        access = replace(access, grants=(*access.grants, grant))
    for grant in access.grants:
        if not grant.allows and _gives(grant) and not _escapes(grant.condition, account):
            help = "spare an administrator: `... unless role admin`, or deny less than the key's own policy"
            report.add(rules.KEY_LOCK_OUT, grant.origins[0].span, help=help, name=owner.name)
    return access


def _gives(grant: Grant) -> bool:
    """Whether `grant` is of changing the key's policy."""
    named = any(glob.covers(action.lower(), CHANGE) for action in grant.actions)
    return named != grant.except_actions


def _escapes(condition: Condition, account: str) -> bool:
    """Whether some request of the key's account is outside `condition`, so far as its tests of the caller tell."""
    try:
        spared = conditions.cubes(Not(condition))
    except TooManyStatements:
        return True
    for cube in spared:
        if all([_may_be_ours(literal, account) for literal in cube]):
            return True
    return False


def _may_be_ours(literal: Literal, account: str) -> bool:
    test = literal.test
    key = test.key.lower()
    if not literal.positive or literal.or_absent:
        return True
    if key == "aws:principalarn":
        return any([glob.overlap(value.split(":")[4], account) for value in test.values if value.count(":") >= 5])
    if key == "aws:principalaccount":
        return account in test.values
    return key not in ("aws:principalservicename", "aws:principalisawsservice")
