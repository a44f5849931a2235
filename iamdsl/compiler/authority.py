"""What a caller may do by all documents together, as the sides of a comparison (`access.compare`).

A request is allowed in one of several ways, each a row of layers that must all allow it: by the caller's own policies within
his boundary and the guardrails; by the policy of the resource, where it names him; by both, across accounts, for roles and for
keys (IAM user guide, "Policy evaluation logic"). What is denied anywhere is denied.
"""

from __future__ import annotations

from iamdsl.access import glob
from iamdsl.access.compare import Side
from iamdsl.access.model import TRUE, Condition, Grant, Not, Test, conjunction, tests
from iamdsl.compiler.estate import Estate, Held
from iamdsl.compiler.lift import lift
from iamdsl.compiler.meet import SSO, UNKNOWN_ACCOUNT, Asker, declared, speaks
from iamdsl.record import record, replace

_ALL = Grant(True, ("*",), ("*",), TRUE, ())


@record
class Caller:
    """Somebody who asks, or a kind of them. `facts` hold of all his requests. `known`: his policies are all here; else his
    administrators may allow him anything. `account`: his, "" for a service or nobody known. `assumption`: what that takes
    for granted.
    """

    shown: str
    asker: Asker
    facts: Condition
    known: bool
    account: str
    assumption: str = ""


class Authority:
    """The documents of an estate, lifted once."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.home = estate.bindings.home or UNKNOWN_ACCOUNT
        self.voices = [(held, _scoped(held, lift(held.document))) for held in estate.held]

    # ---- callers

    def declared(self) -> tuple[Caller, ...]:
        """The users, roles and permission sets that the estate knows, A to Z."""
        kinds = ("role", "user", "permission-set", "policy")
        return tuple([self.principal(kind, name) for kind in kinds for name in self.estate.names(kind)])

    def principal(self, kind: str, name: str) -> Caller:
        """A principal of ours by its name."""
        partition, place = self.estate.bindings.partition, self.home
        shown = f"a member of group {name}" if kind == "group" else f"{kind.replace('-', ' ')} {name}"
        arn = self.estate.arn("role" if kind == "role" else "user", name, place)
        facts: list[Condition] = [Test("aws:PrincipalArn", "equals", (arn,), "ARN")]
        if kind == "permission-set":
            reserved = f"arn:{partition}:iam::{place}:role/aws-reserved/sso.amazonaws.com/*{SSO}{name}_*"
            facts = [Test("aws:PrincipalArn", "like", (reserved,), "ARN")]
        elif kind in ("group", "policy"):
            facts = []
        facts.append(Test("aws:PrincipalAccount", "equals", (place,)))
        facts.append(Not(Test("aws:PrincipalServiceName", "present")))
        return Caller(shown, declared(kind, name, self.estate, place), conjunction(*facts), True, place)

    def members(self, kind: str, name: str) -> tuple[Caller, ...]:
        """Who acts for a principal: the members of a group, itself otherwise."""
        members = dict(self.estate.groups).get(name, ()) if kind == "group" else ()
        return tuple([self.principal("user", one) for one in members]) or (self.principal(kind, name),)

    def another(self) -> Caller:
        """A principal of our account that the estate does not know."""
        partition, place = self.estate.bindings.partition, self.home
        kinds = ("user", "role")
        known = [f"arn:{partition}:iam::{place}:{kind}/{name}" for kind in kinds for name in self.estate.names(kind)]
        forms = tuple([f"arn:{partition}:iam::{place}:{kind}/*" for kind in kinds])
        ours = Test("aws:PrincipalArn", "like", forms, "ARN")
        facts: list[Condition] = [Test("aws:PrincipalAccount", "equals", (place,)), ours]
        facts += [Not(Test("aws:PrincipalArn", "equals", tuple(known), "ARN"))] if known else []
        facts.append(Not(Test("aws:PrincipalServiceName", "present")))
        asker = Asker(f"arn:{partition}:iam::{place}:user/another", (), False, "another principal of our account")
        assumption = "a principal of our account that is not declared may have any policy"
        return Caller(asker.shown, asker, conjunction(*facts), False, place, assumption)

    def outsiders(self, resource: str) -> tuple[Caller, ...]:
        """All whom the policies of what `resource` matches let in from outside our account, one for each kind of them."""
        allows = [one for _, grants in self.speaking(resource) for one in grants if one.allows]
        found: dict[str, Caller] = {}
        for kind, value in sorted({pair for one in allows for pair in one.principals}):
            if value == "*":
                callers = self._anybody([test for one in allows for test in tests(one.condition)])
            elif kind == "Service":
                callers = [self._service(value)]
            elif kind == "AWS":
                callers = [self._abroad(value)]
            else:
                callers = []  # identity providers are asked of roles only, in their trust policies
            found.update({one.shown: one for one in callers if one.account != self.home})
        return tuple(found.values())

    def _anybody(self, conditions: list[Test]) -> list[Caller]:
        """Whom `*` covers: each account and service that a condition tells apart, any other account, and nobody known."""
        accounts = {_FRESH}
        services: set[str] = set()
        for test in conditions:
            if test.key.lower() in ("aws:principalaccount", "aws:principalarn"):
                accounts.update([part for value in test.values for part in value.split(":") if _is_account(part)])
            elif test.key.lower() == "aws:principalservicename":
                services.update(test.values)
        nobody = conjunction(*[Not(Test(key, "present")) for key in _OF_CALLERS])
        found = [self._abroad(account) for account in sorted(accounts)] + [
            self._service(one) for one in sorted(services)
        ]
        return [*found, Caller("anyone", Asker("*", (), True, "anyone"), nobody, False, "")]

    def _service(self, name: str) -> Caller:
        facts: list[Condition] = [Test("aws:PrincipalServiceName", "equals", (name,))]
        facts.append(Test("aws:PrincipalIsAWSService", "equals", ("true",), "Bool"))
        facts += [Not(Test(key, "present")) for key in _OF_CALLERS[:3]]
        return Caller(f"service {name}", Asker(name, (), True, name), conjunction(*facts), False, "")

    def _abroad(self, value: str) -> Caller:
        """A principal of another account, by its ARN; any of the account, by that of its root or its id."""
        account = value if _is_account(value) else (*value.split(":"), "", "", "", "", "")[4]
        whole = _is_account(value) or value.endswith(":root")
        before = f"arn:{self.estate.bindings.partition}:iam::{account}:"
        shown = "a principal of another account" if account == _FRESH else f"account {account}" if whole else value
        named = Test("aws:PrincipalArn", "like", (f"{before}role/*", f"{before}user/*"), "ARN")
        named = named if whole else Test("aws:PrincipalArn", "equals", (value,), "ARN")
        facts: list[Condition] = [
            Test("aws:PrincipalAccount", "equals", (account,)),
            named,
            Not(Test("aws:PrincipalServiceName", "present")),
        ]
        asker = Asker(f"{before}user/somebody" if whole else value, (), False, shown)
        whose = "another account" if account == _FRESH else f"account {account}"
        return Caller(shown, asker, conjunction(*facts), False, account, f"{whose} allows everything on its side")

    # ---- what they may do

    def speaking(self, resource: str) -> list[tuple[Held, tuple[Grant, ...]]]:
        """The policies of resources, and of roles, that speak of something that `resource` matches."""
        found = []
        for held, grants in self.voices:
            if held.layer == "resource" and any([_touch(arn, resource) for arn in held.targets]):
                found.append((held, grants))
            elif held.layer == "trust" and any([_names(resource, name) for _, name in held.owners]):
                found.append((held, grants))
        return found

    def absent(self, caller: Caller) -> str:
        """The managed policies of AWS that a caller has and that are not here, so that they may allow him anything; "" if
        he has none."""
        arns = [arn for one in self.estate.beside if one.owner in caller.asker.owners for arn in one.aws]
        return ", ".join([f"`{name}`" for name in sorted({arn.rpartition("/")[2] for arn in arns})])

    def side(self, caller: Caller, action: str, resource: str, at_most: bool = False) -> Side:
        """All requests of `caller` for `action` on what `resource` matches that are allowed; `at_most`: if the managed
        policies of AWS that he has allowed everything, which are not here."""
        own = self._layer(caller, "identity") if caller.known else (_ALL,) if caller.account else ()
        own = (*own, _ALL) if at_most else own
        limits = [layer for name in ("boundary",) if (layer := self._layer(caller, name))] if caller.known else []
        guards = self._guardrails(caller)
        speaking = self.speaking(resource)
        theirs = [grant for _, grants in speaking for grant in grants]
        direct = tuple([_to_him(one) for one in theirs if one.allows and _direct(one, caller)])
        delegated = tuple([_to_him(one) for one in theirs if one.allows and _reaches(one, caller)])
        same = all([_account(held, self.home) == caller.account or not caller.account for held, _ in speaking])
        required = action.partition(":")[0].lower() == "kms" or action.lower().startswith("sts:assumerole")
        denies = tuple(
            [one for one in [*own, *theirs, *self._denies(caller)] if not one.allows and _denied(one, caller)]
        )
        facts = (replace(_ALL, condition=caller.facts), *denies)
        ways: list[tuple[tuple[Grant, ...], ...]] = []
        if not caller.account:
            ways.append((facts, direct))
        elif (speaking and required) or not same:
            ways.append((facts, own, (*direct, *delegated), *limits, *guards))
        else:
            ways.append((facts, own, *limits, *guards))
        if caller.account and same and direct:
            ways.append((facts, direct, *guards))
        return Side(tuple(ways))

    def allowing(self, caller: Caller, resource: str) -> list[tuple[Held, tuple[Grant, ...]]]:
        """The documents that may allow it: his own, and the policies of resources with what of them reaches him."""
        own = [(held, grants) for held, grants in self.voices if held.layer == "identity" and self._his(held, caller)]
        found = list(own) if caller.known else []
        for held, grants in self.speaking(resource):
            reaching = [_direct(one, caller) or _reaches(one, caller) for one in grants]
            found.append(
                (held, tuple([one if to else replace(one, allows=False) for one, to in zip(grants, reaching)]))
            )
        return found

    def _his(self, held: Held, caller: Caller) -> bool:
        return not held.owners or bool(set(held.owners) & set(caller.asker.owners))

    def _layer(self, caller: Caller, layer: str) -> tuple[Grant, ...]:
        found: list[Grant] = []
        for held, grants in self.voices:
            if held.layer == layer and self._his(held, caller):
                found += grants
        return tuple(found)

    def _guardrails(self, caller: Caller) -> list[tuple[Grant, ...]]:
        """Service control policies of the caller's account: each with AWS's own that allows all, unless it allows itself."""
        if caller.account != self.home:
            return []
        found = [grants for held, grants in self.voices if held.layer == "scp" and self._applies(held)]
        return [(*grants, *(() if any([one.allows for one in grants]) else (_ALL,))) for grants in found]

    def _applies(self, held: Held) -> bool:
        return not held.targets or not held.targets[0].isdecimal() or held.targets[0] == self.home

    def _denies(self, caller: Caller) -> list[Grant]:
        """What guardrails and the caller's boundary deny."""
        found = list(self._layer(caller, "boundary")) if caller.known else []
        for held, grants in self.voices:
            if held.layer == "rcp" and self._applies(held):
                found += grants
            elif held.layer == "scp" and self._applies(held) and caller.account and caller.account == self.home:
                found += grants
        return found


_FRESH = "999988887777"  # stands for every account that nothing speaks of
_OF_CALLERS = (
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:PrincipalServiceName",
    "aws:PrincipalIsAWSService",
)


def _scoped(held: Held, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """The grants of a resource's policy, on that resource where they name none."""
    if held.layer == "trust":
        return tuple([replace(one, resources=("*",)) for one in grants])
    if held.layer != "resource" or not held.targets:
        return grants
    arn, *_ = held.targets
    inside = (arn, f"{arn}/*", f"{arn}:*", *((f"{arn}-??????",) if ":secretsmanager:" in arn else ()))
    return tuple([replace(one, resources=inside) if one.resources in ((), ("*",)) else one for one in grants])


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isdecimal()


def _touch(arn: str, resource: str) -> bool:
    """Whether something that `resource` matches is the resource `arn`, or in it."""
    if not glob.is_wild(resource):
        return speaks(arn, resource)
    return any([glob.overlap(resource, one) for one in (arn, f"{arn}/*", f"{arn}:*", f"{arn}-??????")])


def _names(resource: str, role: str) -> bool:
    """Whether `resource` may be the role of that name."""
    return ":role/" in resource and glob.overlap(resource.rpartition("/")[2], role)


def _account(held: Held, home: str) -> str:
    return held.account or home


def _pairs(caller: Caller) -> tuple[str, ...]:
    """The ARNs that name the caller himself: his own, that of his role."""
    arn = caller.asker.principal
    if ":assumed-role/" in arn:
        parts = arn.split(":")
        return arn, f"{parts[0]}:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
    return (arn,)


def _direct(grant: Grant, caller: Caller) -> bool:
    """Whether the grant names the caller, or everybody."""
    named = _pairs(caller)
    return grant.except_principals != any(
        [value == "*" or value in named or _same_role(value, named) for _, value in grant.principals]
    )


def _to_him(grant: Grant) -> Grant:
    """The grant without its principals, among whom the caller is."""
    return replace(grant, principals=(), except_principals=False)


def _same_role(value: str, named: tuple[str, ...]) -> bool:
    """A role's path is not part of its sessions' ARNs."""
    return ":role/" in value and any(
        [
            ":role/" in one
            and one.split(":")[4] == value.split(":")[4]
            and one.rpartition("/")[2] == value.rpartition("/")[2]
            for one in named
        ]
    )


def _reaches(grant: Grant, caller: Caller) -> bool:
    """Whether the grant is to the caller's account, whose policies then decide."""
    accounts = (caller.account, f":{caller.account}:root")
    return bool(caller.account) and any([value.endswith(accounts) for kind, value in grant.principals if kind == "AWS"])


def _denied(grant: Grant, caller: Caller) -> bool:
    return not grant.principals or _direct(grant, caller) or _reaches(grant, caller)


def within(side: Side, asked: Grant) -> Side:
    """What of `side` is also in the grant `asked`."""
    return Side(tuple([((asked,), *way) for way in side.ways]))
