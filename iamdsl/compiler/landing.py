"""What sentences say of principals that no policy of ours reaches: grants of the resources' own policies."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import glob
from iamdsl.access.model import TRUE, Access, Condition, Grant, Not, Origin, Owner, conjunction, tests
from iamdsl.catalog import ResourceType
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.arns import HOLE, Arns, matcher
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.holders import sso_roles
from iamdsl.compiler.phrase import Thing, shown
from iamdsl.compiler.sentence import Said, any_of
from iamdsl.compiler.subjects import ANYONE, Outsider
from iamdsl.diagnostics import Report
from iamdsl.record import record, replace
from iamdsl.source import Span

Principals = tuple[tuple[str, str], ...]


@record
class Only:
    """What one `only` sentence says of one resource: `admitted` may do `act`, whatever else is granted to others."""

    owner: Owner
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition  # of the act itself: that a listing shows a path
    admitted: Condition
    origin: Origin


class Landing:
    """Gathers the grants of resource policies."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.bindings = context.bindings
        self.catalog = context.catalog
        self.report = context.report
        self.grants: dict[Owner, list[Grant]] = {}
        self.only: list[Only] = []

    # ---- from sentences

    def outsiders(
        self,
        said: Said,
        allows: bool,
        outsiders: tuple[Outsider, ...],
        guards: dict[Outsider, Condition],
        origin: Origin,
    ) -> None:
        """Grant (or deny) to each of `outsiders`; `guards` is what a grant to a service asks besides."""
        for outsider in outsiders:
            extra = conjunction(outsider.condition, guards.get(outsider, TRUE))
            before = len(self.report)
            owners = self.land(said, allows, outsider.principals, extra, origin, outsider.span)
            if outsider.kind == "account" and outsider.account == self.bindings.home and allows:
                if len(self.report) == before and owners and all(owner.type != "kms:key" for owner in owners):
                    help = "name its users and roles; an administrator gives them a policy, as sentences do"
                    self.report.add(rules.HOME_ACCOUNT, outsider.span, help=help)

    def halves(self, said: Said, arns: tuple[str, ...], origin: Origin, span: Span) -> None:
        """The other half of a grant to principals of ours, `arns`: in the policies of resources that another account of ours has."""
        abroad = [(act, condition) for act, condition in said if self.abroad(act)]
        if abroad:
            self.land(abroad, True, tuple(("AWS", arn) for arn in arns), TRUE, origin, span)

    def assigned(self, said: Said, name: str, accounts: tuple[str, ...], origin: Origin, span: Span) -> None:
        """The other half of a grant to the permission set `name`, assigned in `accounts`: where a resource is in another."""
        ours = self.bindings.ours()
        for act, condition in said:
            if act.resources == ("*",) or act.except_resources or any(type.full == "iam:role" for type in act.types):
                continue
            for arn in act.resources:
                owner = self.owner(arn, act, None)
                account = owner.account if owner else _account(arn)
                away = tuple(one for one in accounts if one != account)
                if account not in ours or not away:
                    continue
                if owner is None:
                    help = f"say `in any account` if it is meant in each, or assign `{name}` in {account} only"
                    shown_away = ", ".join(away)
                    self.report.add(rules.NOT_ASSIGNED, span, help=help, name=name, accounts=shown_away, arn=arn)
                    continue
                roots = tuple(("AWS", f"arn:{self.bindings.partition}:iam::{one}:root") for one in away)
                half = (replace(act, resources=(arn,)), condition)
                self.land([half], True, roots, sso_roles(name, away, self.bindings.partition), origin, span)

    def abroad(self, act: Act) -> bool:
        """Whether `act` is on a resource of an account of ours that is not home."""
        if not self.bindings.several or act.resources == ("*",) or any(type.full == "iam:role" for type in act.types):
            return False
        owners = [self.owner(arn, act, None) for arn in act.resources]
        accounts = [owner.account if owner else _account(arn) for owner, arn in zip(owners, act.resources)]
        return any([one != self.bindings.home and one in self.bindings.ours() for one in accounts])

    def deny(self, said: Said, origin: Origin, span: Span) -> None:
        """`nobody can`: a deny for all, on the resource itself."""
        self.land(said, False, ANYONE, TRUE, origin, span)

    def admit(self, said: Said, admitted: Condition, origin: Origin, span: Span) -> None:
        """`only`: remember whom the sentence admits to the acts `said`; `close` denies them to all others."""
        for act, _ in said:
            for owner, arns in self.held(act, span).items():
                self.only.append(Only(owner, act.actions, arns, act.condition, admitted, origin))

    def taken(self) -> tuple[dict[Owner, list[Grant]], list[Only]]:
        """The grants and `only` sentences gathered since it was last asked."""
        found = self.grants, self.only
        self.grants, self.only = {}, []
        return found

    def close(self) -> None:
        """The denies of all `only` sentences: on what one speaks of, whoever another that covers it admits is spared."""
        by_owner: dict[Owner, list[Only]] = {}
        for one in self.only:
            by_owner.setdefault(one.owner, []).append(one)
        for one in self.only:
            for action in one.actions:
                for resource in one.resources:
                    others = by_owner[one.owner]
                    admitted = [other.admitted for other in others if _speaks(other, one, action, resource)]
                    spared = any_of(list(dict.fromkeys(admitted)))
                    condition = conjunction(one.condition, Not(spared))
                    grant = Grant(False, (action,), (resource,), condition, (one.origin,), ANYONE)
                    self.add(one.owner, grant, one.origin.span)
        self.only = []

    def sayable(self, owner: Owner, grants: list[Grant]) -> tuple[Grant, ...]:
        """`grants` without those of every version of a function, whose policy is one for each, beside what it says itself."""
        type = self.catalog.type(owner.type)
        policy = self.catalog.resource_policy(type) if type else None
        if not policy or "lists" not in policy.rejects:
            return tuple(grants)
        said = {replace(grant, resources=()) for grant in grants if not any(map(glob.is_wild, grant.resources))}
        return tuple(
            grant
            for grant in grants
            if not all(map(glob.is_wild, grant.resources)) or replace(grant, resources=()) not in said
        )

    # ---- onto resources

    def land(
        self, said: Said, allows: bool, principals: Principals, extra: Condition, origin: Origin, span: Span
    ) -> list[Owner]:
        """Put the acts `said` into the policies of their resources; the owners of these."""
        starred: list[str] = []
        found: list[Owner] = []
        for act, condition in said:
            if act.resources == ("*",) or act.except_resources:
                starred += act.actions
                continue
            for owner, arns in self.held(act, span).items():
                whole = conjunction(extra, condition)
                grant = Grant(allows, act.actions, arns, whole, (origin,), principals, act.except_actions)
                self.add(owner, grant, span)
                found.append(owner)
        if starred and not found:
            help = "name a resource: a resource's policy is about that resource alone"
            self.report.add(rules.UNNAMED_RESOURCE, origin.span, help=help, thing="everything")
        elif starred:
            names = sorted(set(starred))
            are = "is" if len(names) == 1 else "are"
            self.report.add(rules.STARRED_LEFT_OUT, origin.span, actions=", ".join(names), are=are)
        return found

    def held(self, act: Act, span: Span) -> dict[Owner, tuple[str, ...]]:
        """The ARNs of `act` by the resource whose policy speaks of them; findings where there is none."""
        found: dict[Owner, tuple[str, ...]] = {}
        for arn in act.resources:
            owner = self.owner(arn, act, span)
            if owner is not None:
                found[owner] = (*found.get(owner, ()), arn)
        return found

    def owner(self, arn: str, act: Act, span: Span | None) -> Owner | None:
        """The resource whose policy speaks of `arn`; where `span` is given, with findings where there is none of ours."""
        for type in act.types:
            holder = self.catalog.holder(type)
            own = self._filled(arn, type, holder) if holder else None
            if holder and own:
                if holder.full != "iam:role":
                    return self._owner(holder, *own, act.account, span)
                if span is not None:
                    help = "who may assume a role stands in its declaration: `role NAME for account ...`"
                    self.report.add(rules.NO_RESOURCE_POLICY, span, help=help, noun="role")
                return None
        if span is not None:
            noun = shown(act.types[0]) if act.types else "resource"
            help = "limit it where all requests pass: `guardrail NAME for principals in ... { nobody can ... }`"
            self.report.add(rules.NO_RESOURCE_POLICY, span, help=help, noun=noun)
        return None

    def _owner(self, holder: ResourceType, arn: str, name: str, account: str, span: Span | None) -> Owner | None:
        region, owns = arn.split(":")[3:5]
        here = region in ("", self.bindings.region) and owns in ("", self.bindings.home)
        declared, where = self.declared().get(arn) or (name if here else arn, "")
        account = where or owns or account or self.bindings.home
        if glob.is_wild(arn):
            if span is not None:
                help = f"name each {shown(holder)}, or use a guardrail, which holds for all of them"
                self.report.add(rules.UNNAMED_RESOURCE, span, help=help, thing=f"{shown(holder)} {name}")
            return None
        ours = self.bindings.ours()
        if account and account not in ours and ours:
            if span is not None:
                help = "its owner has to write that policy; if the account is yours, leave `external` out"
                self.report.add(
                    rules.FOREIGN_RESOURCE, span, help=help, noun=shown(holder), name=declared, account=account
                )
            return None
        return Owner("resource", declared, account, holder.full, arn)

    def _filled(self, arn: str, type: ResourceType, holder: ResourceType) -> tuple[str, str] | None:
        """The ARN of the `holder` of a resource of `type` that `arn` matches, and its name; None for another type's ARN."""
        wanted = holder.variables()
        quirk = self.catalog.arn_quirk(type)
        for format in type.arns:
            match = matcher(format, quirk.plain).fullmatch(arn.removesuffix(quirk.suffix) if quirk.suffix else arn)
            if match is None:
                continue
            values = match.groupdict()
            parts = arn.split(":")
            places = {"Partition": parts[1], "Region": parts[3], "Account": parts[4]}
            # API Gateway calls one API by two names: ApiId in execute-api, RestApiId in its own
            named = {name: values.get(name) or values.get("ApiId") or "*" for name in wanted}
            own = (
                match.group()
                if type.full == holder.full
                else HOLE.sub(lambda hole: {**named, **places}[hole[1]], holder.arns[0])
            )
            return own, "/".join(named[name] for name in wanted) or "default"
        return None

    def declared(self) -> dict[str, tuple[str, str]]:
        """ARN → name and account of the declared resources that can have a policy."""
        return self.bindings.derived("ARNs of resources", _declared)

    def add(self, owner: Owner, grant: Grant, span: Span) -> None:
        """Put `grant` into the policy of `owner`, unless the service does not take it."""
        type = self.catalog.type(owner.type)
        policy = self.catalog.resource_policy(type) if type else None
        assert type is not None and policy is not None, f"{owner.type} has no resource policy"
        wrong = ""
        if not grant.allows and "deny" in policy.rejects:
            wrong = "deny"
        elif grant.except_actions and "not-action" in policy.rejects:
            wrong = "NotAction"
        if wrong:
            help = "say it of the principals (`every principal cannot ...`) or in a guardrail"
            self.report.add(rules.REJECTED_FORM, span, help=help, noun=shown(type), form=wrong)
            return
        taken = {key.lower() for key in policy.keys}
        for test in tests(grant.condition) if taken else ():
            if test.key.lower() not in taken:
                help = "it takes " + ", ".join(policy.keys)
                form = f"condition on {test.key}"
                self.report.add(rules.REJECTED_FORM, span, help=help, noun=shown(type), form=form)
                return
        self.grants.setdefault(owner, []).append(grant)


def _declared(bindings: Bindings) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    arns = Arns(bindings, Report())  # what is wrong with them is reported where they are used
    for one in bindings.resources.values():
        if bindings.catalog.resource_policy(one.type):
            target = arns.target(Thing(one.type, one.name, "", one.span), False, False)
            suffix = bindings.catalog.arn_quirk(one.type).suffix
            for arn in arns.own(target, None) if target else ():
                found.setdefault(arn.removesuffix(suffix), (one.name, one.account))
    return found


def _account(arn: str) -> str:
    return (*arn.split(":"), "", "", "", "", "")[4]


def _speaks(other: Only, one: Only, action: str, resource: str) -> bool:
    """Whether `other`, of the same owner, speaks of all that `one` says of `action` and `resource`."""
    if other.condition != TRUE and other.condition != one.condition:
        return False
    covers = any(glob.covers(wide.lower(), action.lower()) for wide in other.actions)
    return covers and glob.covered(resource, other.resources)
