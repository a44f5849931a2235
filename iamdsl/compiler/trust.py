"""Who may assume each role: trust grants, and the other half in the policies of the principals of ours that are trusted."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.condition import drop
from iamdsl.access.model import TRUE, Access, Condition, Grant, Origin, Owner, Test, conjunction, tests
from iamdsl.compiler import deputy
from iamdsl.compiler.bindings import Bindings, Principal, spoken
from iamdsl.compiler.callers import organization_id, service_principal
from iamdsl.compiler.conditions import Conditions, judge
from iamdsl.compiler.holders import assigned_accounts, sso_roles
from iamdsl.compiler.keep import Keep, of, reading, version
from iamdsl.compiler.words import literal, suggestion
from iamdsl.diagnostics import Edit, Label, Report
from iamdsl.record import replace
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ASSUME, TAG, IDENTITY = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"

# IAM user guide, "AWS global condition context keys": what only a principal of an account, or one that signed in, has
_OF_CALLERS = frozenset(
    """aws:multifactorauthpresent aws:multifactorauthage aws:principalaccount aws:principalarn aws:principalorgid
    aws:principalorgpaths aws:principalorgmasteraccountid aws:username""".split()
)
_MFA = ("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge")
# what keeps an account of others from using the role for its other customers, says that it is one of the family, or
# asks for a person
_AGREED = ("sts:ExternalId", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", *_MFA)
_PROVIDERS = ("github", "oidc", "saml", "kubernetes")
_SIMPLE = (
    "service",
    "user",
    "group",
    "role",
    "permission set",
    "account",
    "organization",
    "github",
    "saml",
    "kubernetes",
)


def trust(
    bindings: Bindings, report: Report, keep: Keep | None = None
) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
    """The trust of every declared role, and the identity grants of `sts:AssumeRole` that go with it."""
    found = of(keep, "trust", version(keep), report, lambda own: _trust(bindings, own, keep))
    if not report.failed:
        of(keep, "circles", version(keep), report, lambda own: _Trusts(bindings, own).circles())
    return found


def _trust(bindings: Bindings, report: Report, keep: Keep | None) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
    found: list[Access] = []
    halves: dict[Owner, list[Grant]] = {}
    for principal in bindings.principals.values():
        if principal.role is not None:
            key, needs = ("trust", principal.name), (principal, principal.span)
            made, others = reading(keep, key, needs, report, lambda own: _of_role(principal, bindings, own))
            found += made
            for owner, grants in others.items():
                halves.setdefault(owner, []).extend(grants)
    return tuple(found), tuple(Access(owner, "identity", tuple(grants)) for owner, grants in halves.items())


def _of_role(principal: Principal, bindings: Bindings, report: Report) -> tuple[list[Access], dict[Owner, list[Grant]]]:
    """The trust of one role, and what others need to assume it."""
    assert principal.role is not None, "it is a role"
    maker = _Trusts(bindings, report)
    maker.role(principal, principal.role)
    return maker.found, maker.halves


class _Trusts:
    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.report = report
        self.found: list[Access] = []
        self.halves: dict[Owner, list[Grant]] = {}

    def role(self, principal: Principal, node: ast.Role) -> None:
        trusts = [one for one in node.trusts if one.trustees]
        strays = [one for one in node.trusts if not one.trustees]
        for stray in strays:
            self.stray(stray)
        if not trusts and not strays:
            if principal.name in self.bindings.trusts:
                return
            help = f"say who may assume it: `role {principal.name} for service ec2`, `... for user alice`"
            self.report.add(rules.NO_TRUST, principal.span, help=help, name=principal.name)
            return
        if trusts and all(self.itself(principal, trustee) for one in trusts for trustee in one.trustees):
            help = "say who else may assume it, such as `for user alice` or `for service ec2`"
            self.report.add(rules.SELF_TRUST, principal.span, help=help, name=principal.name)
            return
        grants: list[Grant] = []
        for one in trusts:
            grants += _Trust(self, principal, one).grants()
        self.found.append(Access(Owner("role", principal.name, self.bindings.home), "trust", tuple(grants)))

    def circles(self) -> None:
        """Report roles that only roles can assume which nobody can."""
        left: dict[str, set[str]] = {}
        for one in self.bindings.principals.values():
            trustees = [trustee for trust in one.role.trusts for trustee in trust.trustees] if one.role else []
            kinds = {trustee.kind for trustee in trustees} - {"same"}
            if kinds == {"role"}:
                left[one.name] = {literal(one.values[0], self.bindings.params, self.report) for one in trustees}
        while free := {name for name, needs in left.items() if not needs <= set(left)}:
            left = {name: needs for name, needs in left.items() if name not in free}
        if left:
            first, *others = [self.bindings.principals["role", name].span for name in left]
            places = (Label(first), *[Label(span, "likewise") for span in others])
            help = "say who else may assume one of them, such as `for user alice` or `for service ec2`"
            self.report.add(rules.UNREACHABLE_ROLE, places, help=help, name=next(iter(left)))

    def stray(self, node: ast.Trust) -> None:
        """A clause before any `for`; or a `for` that does not say of what kind its trustee is."""
        first = node.qualifiers[0]
        if isinstance(first, ast.Clause) and first.kind == "for":
            name = literal(first.values[-1], self.bindings.params, self.report)
            kind = next(self.kinds(name), "")
            help = f"did you mean `for {kind} {name}`?" if kind else f"say what it is: `for user {name}`"
            place = first.values[0].span
            fix = (Edit((place.path, place.start, place.start), f"{kind} "),) if kind else ()
            self.report.add(rules.UNTYPED_TRUSTEE, first.span, help=help, fix=fix, name=name)
            return
        clause = first.kind if isinstance(first, (ast.Clause, ast.TagClause)) else "if"
        help = "write it after the `for` that it limits"
        self.report.add(rules.BAD_CLAUSE, node.span, help=help, clause=clause, why="it comes before any `for`")

    def kinds(self, name: str) -> Iterator[str]:
        """What `name` could be in a trust."""
        yield from (spoken(kind) for kind, other in self.bindings.principals if other == name)
        if name in self.bindings.accounts:
            yield "account"
        if name in self.bindings.organizations:
            yield "organization"
        if self.bindings.catalog.principal(name):
            yield "service"

    def itself(self, role: Principal, trustee: ast.Trustee) -> bool:
        """Whether `trustee` is the very role that trusts it."""
        named = trustee.kind == "role" and literal(trustee.values[0], self.bindings.params, self.report)
        return named == role.name


class _Trust:
    """One `for` of a role: a grant for all AWS principals, one for each service and one for each identity provider."""

    def __init__(self, all: _Trusts, role: Principal, node: ast.Trust) -> None:
        self.all = all
        self.bindings = all.bindings
        self.report = all.report
        self.role = role
        self.node = node
        self.reader = Conditions(self.bindings, self.report, "sts")
        clauses = [one for one in node.qualifiers if isinstance(one, ast.Clause)]
        self.clauses = clauses
        because = "; ".join(self.text(one.values[0]) for one in clauses if one.kind == "because")
        until = next((self.text(one.values[0]) for one in clauses if one.kind == "until"), "")
        self.origin = Origin.at(node.span, because, until)

    def text(self, word: ast.Word) -> str:
        return literal(word, self.bindings.params, self.report)

    def grants(self) -> list[Grant]:
        before = self.report.errors
        self.condition = self.reader.of(self.node.qualifiers)
        if self.report.errors == before:
            judge(self.condition, self.node.qualifiers, self.node.span, self.report)
        if not any(one.kind == "service" for one in self.node.trustees):
            deputy.stray(self.node.qualifiers, self.report)
        arns: list[str] = []
        organizations: list[str] = []
        tokens: list[tuple[ast.Trustee, str]] = []
        found: list[Grant] = []
        kind = ""
        for trustee in self.node.trustees:
            kind = self.kind(trustee, kind)
            if kind == "service":
                found += self.service(trustee)
            elif kind == "permission set":
                found += self.permission_set(trustee)
            elif kind == "account":
                arns += self.account(trustee)
            elif kind == "organization":
                organizations += self.organization(trustee)
            elif kind.split(" ")[0] in _PROVIDERS:
                tokens.append((trustee, kind))
            elif kind:
                arns += self.principals(kind, trustee)
        if arns:
            found += self.granted(ASSUME, tuple(("AWS", arn) for arn in sorted(set(arns))), self.condition)
        if organizations:
            within = Test("aws:PrincipalOrgID", "equals", tuple(dict.fromkeys(organizations)))
            found += self.granted(ASSUME, (("AWS", "*"),), conjunction(self.condition, within))
        return found + self.federated(tokens) if tokens else found

    def federated(self, trustees: list[tuple[ast.Trustee, str]]) -> list[Grant]:
        """The grants to holders of tokens and assertions: one for each provider and audience."""
        from iamdsl.compiler.federation import federated, grouped  # local: only programs with providers pay for it

        found: list[Grant] = []
        tokens = [federated(one, kind, self.role.name, self.bindings, self.report) for one, kind in trustees]
        for provider, action, claims in grouped([one for one in tokens if one]):
            self.of_callers(action)
            found += self.granted(action, (("Federated", provider),), conjunction(self.condition, claims))
        return found

    def kind(self, trustee: ast.Trustee, before: str) -> str:
        """The kind of `trustee`: a bare name is of the kind `before` it; "" after a finding."""
        if trustee.kind != "same":
            return trustee.kind
        if before in _SIMPLE or not before:
            return before
        name = self.text(trustee.values[0])
        help = f"write it in full, beginning with `{before.split()[0]}`"
        self.report.add(rules.UNTYPED_TRUSTEE, trustee.span, help=help, name=name)
        return ""

    # ---- grants and what goes with them

    def granted(self, action: str, principals: tuple[tuple[str, str], ...], condition: Condition) -> list[Grant]:
        """The grants of `action`, and of what a caller may pass along: each under the tests that its requests carry."""
        self.carried(action)
        keys = {test.key.lower() for test in tests(condition)}
        more: dict[str, Condition] = {}
        for clause in self.clauses:
            if clause.kind == "accepting session tags":
                names = tuple(dict.fromkeys(self.tag_key(word) for word in clause.values))
                more[TAG] = Test("aws:TagKeys", "equals", names, "String", "every") if names else TRUE
            elif clause.kind == "accepting source identity":
                more[IDENTITY] = TRUE
        if any(key.startswith("aws:requesttag/") or key in ("aws:tagkeys", "sts:transitivetagkeys") for key in keys):
            more.setdefault(TAG, TRUE)
        if "sts:sourceidentity" in keys:
            more.setdefault(IDENTITY, TRUE)
        for extra in self.extra:
            more.setdefault(extra, TRUE)
        under: dict[Condition, list[str]] = {condition: [action]}
        for name, limit in more.items():
            left = drop(condition, lambda test: not self.carries(name, test))
            under.setdefault(conjunction(left, limit), []).append(name)
        return [
            Grant(True, tuple(sorted(names)), (), each, (self.origin,), principals) for each, names in under.items()
        ]

    extra: tuple[str, ...] = ()

    def tag_key(self, word: ast.Word) -> str:
        """STS API reference, the data type Tag."""
        text = self.text(word)
        if not text or len(text) > 128 or not all(c.isalnum() or c in " _.:/=+-@" for c in text):
            help = "it has 1 to 128 letters, digits, spaces and `_.:/=+-@`, and no wildcard"
            self.report.add(rules.BAD_VALUE, word.span, help=help, value=text, what="the key of a tag")
        return text

    def carries(self, action: str, test: Test) -> bool:
        known = self.bindings.catalog.action(action)
        assert known is not None
        return self.bindings.catalog.carries(known, None, test.key)

    def carried(self, action: str) -> None:
        """Report tests of keys that no request for `action` carries."""
        for test in tests(self.condition):
            if not self.carries(action, test):
                self.absent(test, action)

    def of_callers(self, who: str) -> None:
        """Report tests of keys that only a principal of an account has."""
        for test in tests(self.condition):
            if test.key.lower() in _OF_CALLERS:
                self.absent(test, who)

    def absent(self, test: Test, who: str) -> None:
        place = self.reader.placer(self.node.qualifiers, self.node.span)(test.key)
        help = "leave the condition out, or give those that it is meant for a `for` of their own"
        self.report.add(rules.KEY_NOT_CARRIED, place, help=help, actions=who, key=test.key)

    def half(self, owner: Owner, condition: Condition) -> None:
        """The other half: what `owner` needs in its own policy to assume the role."""
        role = (self.arn("role", self.role.name),)
        halves = [replace(one, principals=(), resources=role) for one in self.granted(ASSUME, (), condition)]
        self.all.halves.setdefault(owner, []).extend(halves)

    def arn(self, kind: str, name: str) -> str:
        return self.bindings.principal_arn(kind, name)

    def home(self, span: Span) -> str:
        if not self.bindings.home:
            help, what = "declare yours: `account NAME = 111122223333`", f"the trust of role `{self.role.name}`"
            self.report.add(rules.NO_HOME, span, help=help, what=what)
        return self.bindings.home

    # ---- whom

    def declared(self, kind: str, word: ast.Word) -> Principal | None:
        name = self.text(word)
        known = self.bindings.principals.get((kind, name))
        if known is None:
            names = [other for of, other in self.bindings.principals if of == kind]
            more = ' for group-name "..."' if kind == "permission-set" else " for ..." if kind == "role" else ""
            help = suggestion(name, names) or f"declare it: `{spoken(kind)} {name}{more}`"
            self.report.add(rules.UNKNOWN_PRINCIPAL, word.span, help=help, kind=spoken(kind), name=name)
        return known if known and self.home(word.span) else None

    def principals(self, kind: str, trustee: ast.Trustee) -> list[str]:
        """The ARNs of a user, role or group's members; their own policies get the other half."""
        word = trustee.values[0]
        known = self.declared(kind, word)
        if known is None:
            return []
        members = [("user", member) for member in known.members] if kind == "group" else [(kind, known.name)]
        if kind == "group" and not members:
            help = f"say who is in it: `group {known.name} = alice, bob`"
            self.report.add(rules.EMPTY_GROUP, word.span, help=help, name=known.name, role=self.role.name)
        self.half(Owner(kind, known.name, self.bindings.home), self.condition)
        return [self.arn(of, member) for of, member in members]

    def permission_set(self, trustee: ast.Trustee) -> list[Grant]:
        """The roles that Identity Center makes of a permission set, in the accounts where it is assigned."""
        known = self.declared("permission-set", trustee.values[0])
        if known is None:
            return []
        accounts = assigned_accounts(known, self.bindings, self.report)
        self.half(Owner("permission-set", known.name, self.bindings.home), self.condition)
        named = tuple(("AWS", f"arn:{self.bindings.partition}:iam::{account}:root") for account in accounts)
        roles = sso_roles(known.name, accounts, self.bindings.partition)
        return self.granted(ASSUME, named, conjunction(self.condition, roles))

    def account(self, trustee: ast.Trustee) -> list[str]:
        word = trustee.values[0]
        id = self.bindings.account_id(word, self.report)
        if id and id not in self.bindings.ours() and not any(test.key in _AGREED for test in tests(self.condition)):
            help = 'agree on one with them, and write `with external id "..."`'
            self.report.add(rules.NO_EXTERNAL_ID, trustee.span, help=help, name=self.text(word))
        return [f"arn:{self.bindings.partition}:iam::{id}:root"] if id else []

    def organization(self, trustee: ast.Trustee) -> list[str]:
        return [organization_id(trustee.values[0], self.bindings, self.report)]

    # ---- services

    def service(self, trustee: ast.Trustee) -> list[Grant]:
        """The grant to a service, guarded against use of the role for another account (confused deputy)."""
        word = trustee.values[0]
        name = self.text(word)
        principal = service_principal(word, self.bindings, self.report)
        support = self.bindings.catalog.confused_deputy(name)
        keys, safe = (support.trust, support.own) if support else ((), False)
        what, span = f"role `{self.role.name}`", trustee.span
        guards = deputy.guards(name, self.node.qualifiers, keys, safe, what, span, self.bindings, self.report)
        self.of_callers(f"{ASSUME} by a service")
        self.extra = self.bindings.catalog.assume_actions(name)
        found = self.granted(ASSUME, (("Service", principal),), conjunction(self.condition, *guards))
        self.extra = ()
        return found
