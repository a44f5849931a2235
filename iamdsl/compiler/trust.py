"""Who may assume each role: trust grants, and the other half in the policies of the users and roles trusted."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Access, Condition, Grant, Origin, Owner, Test, conjunction
from iamdsl.compiler import deputy
from iamdsl.compiler.bindings import Bindings, Principal
from iamdsl.compiler.callers import service_principal
from iamdsl.compiler.conditions import Conditions, judge
from iamdsl.compiler.words import literal, suggestion
from iamdsl.diagnostics import Report
from iamdsl.source import Span
from iamdsl.syntax import ast

ASSUME = "sts:AssumeRole"

_LATER = {
    "organization": "trust in an organization",
    "github": "trust in GitHub",
    "github branch": "trust in GitHub",
    "github environment": "trust in GitHub",
    "github tag": "trust in GitHub",
    "oidc": "trust in an OIDC provider",
    "saml": "trust in a SAML provider",
    "kubernetes": "trust in Kubernetes",
}


def trust(bindings: Bindings, report: Report) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
    """The trust of every declared role, and the identity grants of `sts:AssumeRole` that go with it."""
    maker = _Trusts(bindings, report)
    for principal in bindings.principals.values():
        if principal.role is not None:
            maker.role(principal, principal.role)
    identity = tuple(Access(owner, "identity", tuple(grants)) for owner, grants in maker.halves.items())
    return tuple(maker.found), identity


class _Trusts:
    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.report = report
        self.found: list[Access] = []
        self.halves: dict[Owner, list[Grant]] = {}

    def role(self, principal: Principal, node: ast.Role) -> None:
        for fact in node.facts:
            self.report.add(
                rules.NOT_YET, fact.span, what=f"`{'within boundary' if fact.kind == 'boundary' else fact.kind}`"
            )
        trusts = [one for one in node.trusts if one.trustees]
        for stray in node.trusts:
            if not stray.trustees:
                first = stray.qualifiers[0]
                clause = first.kind if isinstance(first, (ast.Clause, ast.TagClause)) else "if"
                help = "write it after the `for` that it limits"
                self.report.add(rules.BAD_CLAUSE, stray.span, help=help, clause=clause, why="it comes before any `for`")
        if not trusts:
            help = f"say who may assume it: `role {principal.name} for service ec2`, `... for user alice`"
            self.report.add(rules.NO_TRUST, principal.span, help=help, name=principal.name)
            return
        if all(self.itself(principal, trustee) for one in trusts for trustee in one.trustees):
            help = "say who else may assume it, such as `for user alice` or `for service ec2`"
            self.report.add(rules.SELF_TRUST, principal.span, help=help, name=principal.name)
            return
        grants: list[Grant] = []
        for one in trusts:
            grants += self.trusted(principal, one)
        self.found.append(Access(Owner("role", principal.name, self.bindings.home), "trust", tuple(grants)))

    def itself(self, role: Principal, trustee: ast.Trustee) -> bool:
        """Whether `trustee` is the very role that trusts it."""
        named = trustee.kind == "role" and literal(trustee.values[0], self.bindings.params, self.report)
        return named == role.name

    def trusted(self, role: Principal, node: ast.Trust) -> list[Grant]:
        """The grants of one `for`: a grant for all AWS principals, and one for each service."""
        before = self.report.errors
        condition = Conditions(self.bindings, self.report, "sts").of(node.qualifiers)
        if self.report.errors == before:
            judge(condition, node.qualifiers, node.span, self.report)
        if not any(one.kind == "service" for one in node.trustees):
            deputy.stray(node.qualifiers, self.report)
        because = tuple(
            one.values[0].text for one in node.qualifiers if isinstance(one, ast.Clause) and one.kind == "because"
        )
        origin = Origin.at(node.span, "; ".join(because))
        arns: list[str] = []
        grants: list[Grant] = []
        kind = ""
        for trustee in node.trustees:
            kind = trustee.kind if trustee.kind != "same" else kind
            if kind == "service":
                grants.append(self.service(role, trustee, node, condition, origin))
            elif kind in _LATER:
                self.report.add(rules.NOT_YET, trustee.span, what=_LATER[kind])
            elif kind == "account":
                if id := self.bindings.account_id(trustee.values[0], self.report):
                    arns.append(f"arn:{self.bindings.partition}:iam::{id}:root")
            else:
                arns += self.principals(role, kind, trustee, condition, origin)
        if arns:
            named = tuple(("AWS", arn) for arn in sorted(set(arns)))
            grants.append(Grant(True, (ASSUME,), (), condition, (origin,), named))
        return grants

    def principals(
        self, role: Principal, kind: str, trustee: ast.Trustee, condition: Condition, origin: Origin
    ) -> list[str]:
        """The ARNs of a user, role or group's members; their own policies get the other half."""
        word = trustee.values[0]
        name = literal(word, self.bindings.params, self.report)
        known = self.bindings.principals.get((kind, name))
        if known is None:
            names = [other for of, other in self.bindings.principals if of == kind]
            help = suggestion(name, names) or f"declare it: `{kind} {name}`"
            self.report.add(rules.UNKNOWN_PRINCIPAL, word.span, help=help, kind=kind, name=name)
            return []
        if not self.home(word.span, f"the trust of role `{role.name}`"):
            return []
        members = [("user", member) for member in known.members] if kind == "group" else [(kind, name)]
        if kind == "group" and not members:
            help = f"say who is in it: `group {name} = alice, bob`"
            self.report.add(rules.EMPTY_GROUP, word.span, help=help, name=name, role=role.name)
        owner = Owner(kind, name, self.bindings.home)
        half = Grant(True, (ASSUME,), (self.arn("role", role.name),), condition, (origin,))
        self.halves.setdefault(owner, []).append(half)
        return [self.arn(of, member) for of, member in members]

    def arn(self, kind: str, name: str) -> str:
        return f"arn:{self.bindings.partition}:iam::{self.bindings.home}:{kind}/{name}"

    def home(self, span: Span, what: str) -> str:
        if not self.bindings.home:
            help = "declare yours: `account NAME = 111122223333`"
            self.report.add(rules.NO_HOME, span, help=help, what=what)
        return self.bindings.home

    def service(
        self, role: Principal, trustee: ast.Trustee, node: ast.Trust, condition: Condition, origin: Origin
    ) -> Grant:
        """The grant to a service, guarded against use of the role for another account (confused deputy)."""
        word = trustee.values[0]
        name = literal(word, self.bindings.params, self.report)
        principal = service_principal(word, self.bindings, self.report)
        support = self.bindings.catalog.confused_deputy(name)
        keys, safe = (support.trust, support.own) if support else ((), False)
        what = f"role `{role.name}`"
        guards = deputy.guards(name, node.qualifiers, keys, safe, what, trustee.span, self.bindings, self.report)
        return Grant(True, (ASSUME,), (), conjunction(condition, *guards), (origin,), (("Service", principal),))
