"""What principals hold beside their documents: session length, boundary, instance profile, assignments."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Test
from iamdsl.compiler.bindings import Bindings, Principal, spoken
from iamdsl.compiler.facts import tags
from iamdsl.compiler.keep import Keep, of, reading, version
from iamdsl.compiler.values import duration
from iamdsl.compiler.words import literal, suggestion
from iamdsl.diagnostics import Label, Report
from iamdsl.record import record
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR = 3600


@record
class Holder:
    """What a principal of ours holds beside its documents.

    `session_seconds`: how long its sessions last at most, 0 where AWS's default (one hour) stands. `boundary`: the name
    of a declared boundary, or the ARN of a policy. `instance_profile`: its name. `accounts`, `groups`, `users`: where
    Identity Center assigns a permission set, and to whom. `tags`: key and value, A to Z.
    """

    kind: str
    name: str
    account: str = ""
    session_seconds: int = 0
    boundary: str = ""
    instance_profile: str = ""
    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    path: str = "/"
    tags: tuple[tuple[str, str], ...] = ()


def holders(bindings: Bindings, report: Report, keep: Keep | None = None) -> tuple[Holder, ...]:
    """What each declared principal holds, in the order of their declarations; without those that hold nothing."""
    return of(keep, "holders", version(keep), report, lambda own: _holders(bindings, own, keep))


def _holders(bindings: Bindings, report: Report, keep: Keep | None) -> tuple[Holder, ...]:
    found: list[Holder] = []
    for one in bindings.principals.values():
        key, needs = ("holder", one.kind, one.name), (one, one.span)
        found.append(reading(keep, key, needs, report, lambda own: _holder(one, bindings, own)))
    return tuple(one for one in found if one != Holder(one.kind, one.name, one.account))


def sso_roles(name: str, accounts: tuple[str, ...], partition: str) -> Test:
    """That the caller is a session of the permission set `name`, in one of `accounts`.

    IAM Identity Center user guide, "Referencing permission sets in resource policies": the name of its role there ends in
    16 characters, and the path names the region of Identity Center unless that is us-east-1.
    """
    role = f"AWSReservedSSO_{name}_{'?' * 16}"
    arns = [
        f"arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/{region}{role}"
        for account in accounts
        for region in ("", "*/")
    ]
    return Test("aws:PrincipalArn", "like", tuple(arns), "ARN")


def _holder(principal: Principal, bindings: Bindings, report: Report) -> Holder:
    is_set = principal.kind == "permission-set"
    groups = tuple(_values("group-name", principal, bindings, report))
    users = tuple(_values("user-name", principal, bindings, report))
    if is_set and not groups and not users:
        help = 'say who gets it: `for group-name "Developers"`, `for user-name "alice"`'
        report.add(rules.UNASSIGNED, principal.span, help=help, name=principal.name)
    return Holder(
        principal.kind,
        principal.name,
        bindings.home,
        _lasting(principal, bindings, report),
        _boundary(principal, bindings, report),
        _instance_profile(principal, bindings, report),
        assigned_accounts(principal, bindings, report) if is_set and (groups or users) else (),
        groups,
        users,
        principal.path,
        tags(principal.facts, principal.span, bindings.params, report),
    )


def _values(kind: str, principal: Principal, bindings: Bindings, report: Report) -> Iterator[str]:
    """What the facts of `kind` name, each once."""
    words = [
        word for fact in principal.facts if isinstance(fact, ast.Fact) and fact.kind == kind for word in fact.values
    ]
    yield from dict.fromkeys(literal(word, bindings.params, report) for word in words)


def _one(kind: str, principal: Principal, report: Report) -> ast.Fact | None:
    """The fact of `kind`; a finding where there are two."""
    facts = [fact for fact in principal.facts if isinstance(fact, ast.Fact) and fact.kind == kind]
    if len(facts) > 1:
        places = (Label(facts[1].span), Label(facts[0].span, "the first is here"))
        shown = "`within boundary`" if kind == "boundary" else f"`{kind}`"
        report.add(rules.DUPLICATE_SETTING, places, kind=shown)
    return facts[0] if facts else None


def _lasting(principal: Principal, bindings: Bindings, report: Report) -> int:
    """IAM user guide, "Update the maximum session duration for a role"; Identity Center has the same range."""
    fact = _one("lasting", principal, report)
    if fact is None:
        return 0
    word = fact.values[0]
    before = report.errors
    text = literal(word, bindings.params, report)
    seconds = duration(text, word.span, report)
    if report.errors == before and not HOUR <= seconds <= 12 * HOUR:
        help = "write a length from `1h` to `12h`"
        report.add(rules.SESSION_LENGTH, word.span, help=help, value=text)
    trustees = [one for trust in principal.role.trusts for one in trust.trustees] if principal.role else []
    kinds = {one.kind for one in trustees if one.kind != "same"}
    if kinds == {"role"} and seconds > HOUR:
        help = "leave it out, or let a user, a service or a provider assume the role as well"
        report.add(rules.CHAINED_SESSION, word.span, help=help, name=principal.name)
    return seconds


def _boundary(principal: Principal, bindings: Bindings, report: Report) -> str:
    fact = _one("boundary", principal, report)
    if fact is None:
        return ""
    word = fact.values[0]
    name = literal(word, bindings.params, report)
    if name.startswith(f"arn:{bindings.partition}:iam::") and ":policy/" in name:
        return name
    if name not in bindings.boundaries:
        help = suggestion(name, bindings.boundaries) or f"declare it: `boundary {name} {{ can ... }}`, or write an ARN"
        report.add(rules.UNKNOWN_BOUNDARY, word.span, help=help, name=name)
    return name


def _instance_profile(principal: Principal, bindings: Bindings, report: Report) -> str:
    """The one that is named, else that of a role for EC2, which is called like it."""
    fact = _one("instance profile", principal, report)
    if fact is None:
        return principal.name if _for_instances(principal, bindings, report) else ""
    if not fact.values:
        return ""
    name = literal(fact.values[0], bindings.params, report)
    if not name or len(name) > 128 or not all(c.isascii() and (c.isalnum() or c in "+=,.@_-") for c in name):
        help = "it has 1 to 128 ASCII letters, digits and `+=,.@_-`"
        report.add(rules.BAD_NAME, fact.values[0].span, help=help, kind="instance profile", name=name)
    return name


def _for_instances(principal: Principal, bindings: Bindings, report: Report) -> bool:
    """Whether EC2 assumes the role, which it does through an instance profile of the role's name."""
    kind = ""
    for trustee in [one for trust in principal.role.trusts for one in trust.trustees] if principal.role else []:
        kind = trustee.kind if trustee.kind != "same" else kind
        name = literal(trustee.values[0], bindings.params, report)
        if kind == "service" and bindings.catalog.principal(name) == "ec2.amazonaws.com":
            return True
    return False


def assigned_accounts(permission_set: Principal, bindings: Bindings, report: Report) -> tuple[str, ...]:
    """The ids of the accounts where a permission set is assigned: those that it names, else home."""
    facts = [fact for fact in permission_set.facts if isinstance(fact, ast.Fact) and fact.kind == "account"]
    words = [word for fact in facts for word in fact.values]
    external = {account.id for account in bindings.accounts.values() if account.external}
    found: list[str] = []
    for word in words:
        id = bindings.account_id(word, report)
        if id in external:
            help = "Identity Center assigns permission sets in accounts of your organization only"
            what = f"names `{literal(word, bindings.params, report)}`, an account that is not ours"
            report.add(rules.BAD_DECLARATION, word.span, help=help, what=what)
        found.append(id)
    if not words and not bindings.home:
        what = f"the assignment of {spoken(permission_set.kind)} `{permission_set.name}`"
        report.add(rules.NO_HOME, permission_set.span, help="declare it: `account NAME = 111122223333`", what=what)
    return tuple(dict.fromkeys(found or [bindings.home]))
