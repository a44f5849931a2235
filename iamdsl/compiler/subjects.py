"""Who a sentence is about: principals of ours, to whom a policy is attached, and those outside, whom a resource names."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import TRUE, Condition, Not, Owner, Test
from iamdsl.compiler.bindings import PRINCIPAL_KINDS, Bindings, spoken
from iamdsl.compiler.callers import organization_id, service_principal
from iamdsl.compiler.holders import assigned_accounts, sso_roles
from iamdsl.compiler.words import literal, suggestion
from iamdsl.diagnostics import Report
from iamdsl.record import record, replace
from iamdsl.source import Span
from iamdsl.syntax import ast

ANYONE = (("*", "*"),)
INLINE = "inline "  # before the kind of a subject whose first word is the name of an inline policy of his


@record
class Outsider:
    """Someone whom no policy of ours is attached to.

    A resource's policy names `principals`, where `condition` says the rest (the organization). `caller` is how a request of
    his is told, whatever names him; `service` the name of a service, which needs a guard; `account` an account's id.
    """

    kind: str
    principals: tuple[tuple[str, str], ...]
    condition: Condition
    caller: Condition
    span: Span
    service: str = ""
    account: str = ""


@record
class Who:
    """The subjects of a sentence. `mode` is "" or `only` or `nobody`."""

    mode: str
    owners: tuple[Owner, ...]
    outsiders: tuple[Outsider, ...]
    span: Span


class Subjects:
    """Reads subjects; findings for those that the program does not know."""

    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.report = report
        self.undeclared: dict[str, Span] = {}  # subjects of a program that declares nobody

    def of(self, subjects: ast.Subjects, allows: bool) -> Who:
        """The subjects of a sentence that says `can` or, where not `allows`, `cannot`."""
        mode = self.mode(subjects, allows)
        owners: list[Owner] = []
        outsiders: list[Outsider] = []
        for subject in subjects.items:
            if subject.kind in _OUTSIDE:
                found = self.outsider(subject, mode)
                outsiders += [found] if found else []
            elif subject.kind != "nobody":
                owners += self.ours(subject, allows)
        return Who(mode, tuple(dict.fromkeys(owners)), tuple(dict.fromkeys(outsiders)), subjects.span)

    def mode(self, subjects: ast.Subjects, allows: bool) -> str:
        """`only`, `nobody` or "", with findings for a sentence that says one and `cannot`, or `nobody` among others."""
        nobody = [one for one in subjects.items if one.kind == "nobody"]
        mode = "only" if subjects.only else "nobody" if nobody else ""
        if mode and not allows:
            help = "write `nobody can ...`" if mode == "nobody" else "`only ... can` denies everyone else already"
            self.report.add(rules.DOUBLE_NEGATION, subjects.span, help=help, what=mode)
        if nobody and (len(subjects.items) > 1 or subjects.only):
            help, why = "give `nobody` a sentence of its own", "others stand beside it"
            self.report.add(rules.SUBJECT_MISFIT, nobody[0].span, help=help, subject="nobody", why=why)
        return mode

    # ---- ours

    def ours(self, subject: ast.Subject, allows: bool) -> list[Owner]:
        home = self.bindings.home
        if subject.kind == "every":
            kind = subject.words[0].text
            named = [one for one in self.bindings.principals.values() if kind in ("principal", one.kind)]
            # a group's members are declared users, so `every principal` reaches them without the group
            named = [one for one in named if kind == "group" or one.kind != "group"]
            if not named:
                example = {"role": "role NAME for ...", "principal": "user NAME"}.get(kind, f"{kind} NAME")
                self.report.add(rules.NO_PRINCIPALS, subject.span, help=f"declare one: `{example}`", kind=kind)
            return [Owner(one.kind, one.name, home) for one in named]
        if subject.kind.startswith(INLINE):
            name, *words = subject.words
            inline = literal(name, self.bindings.params, self.report)
            plain = replace(subject, kind=subject.kind.removeprefix(INLINE), words=tuple(words))
            return [replace(owner, inline=inline) for owner in self.ours(plain, allows)]
        if subject.kind == "policy":
            return [Owner("policy", literal(subject.words[0], self.bindings.params, self.report), home)]
        if subject.kind == "root":
            help = "in a guardrail it works: `guardrail NAME for principals in ... { root cannot ... }`"
            self.report.add(
                rules.SUBJECT_MISFIT, subject.span, help=help, subject="root", why="no policy is attached to it"
            )
            return []
        if len(subject.words) != 1:
            extra = subject.words[1]
            help = "a list of subjects has commas between them, and a sentence its own line"
            before = subject.words[0].text
            self.report.add(rules.EXTRA_WORDS, extra.span, help=help, word=extra.text, before=before)
            return []
        return self.named(subject.words[0], subject.kind.replace(" ", "-"), allows)

    def named(self, word: ast.Word, kind: str, allows: bool) -> list[Owner]:
        name = literal(word, self.bindings.params, self.report)
        known = self.bindings.principals
        found = [known[of, name] for of in PRINCIPAL_KINDS if (of, name) in known and kind in ("", of)]
        if len(found) > 1:
            what = " and ".join(f"a {spoken(one.kind)}" for one in found)
            help = f"write `{spoken(found[0].kind)} {name}`"
            self.report.add(rules.AMBIGUOUS_NAME, word.span, help=help, name=name, what=what)
        if found:
            return [Owner(found[0].kind, name, self.bindings.home)]
        if not known and not kind and allows:
            return self.managed(word, name)
        if not known and not allows:
            help = f"declare it: `user {name}` or `role {name} for ...`"
            self.report.add(rules.UNATTACHED_DENY, word.span, help=help, name=name)
            return []
        names = [other for of, other in known if kind in ("", of)]
        more = " for ..." if kind in ("role", "permission-set") else ""
        help = suggestion(name, names) or f"declare it: `{spoken(kind or 'user')} {name}{more}`"
        kind = spoken(kind) or "subject"
        self.report.add(rules.UNKNOWN_PRINCIPAL, word.span, help=help, kind=kind, name=name)
        return []

    def managed(self, word: ast.Word, name: str) -> list[Owner]:
        """In a program that declares nobody, a subject stands for a managed policy of its name."""
        if not all(c.isascii() and (c.isalnum() or c in "+=,.@_-") for c in name) or len(name) > 128:
            help = "a policy's name has 1 to 128 ASCII letters, digits and `+=,.@_-`"
            self.report.add(rules.BAD_NAME, word.span, help=help, kind="policy", name=name)
            return []
        if name in self.bindings.policies:
            what = "a policy, and of a subject that is not declared"
            help = f"declare it, `user {name}`, or give the policy another name"
            self.report.add(rules.AMBIGUOUS_NAME, word.span, help=help, name=name, what=what)
            return []
        self.undeclared.setdefault(name, word.span)
        return [Owner("policy", name, self.bindings.home)]

    def arns(self, owner: Owner, span: Span) -> tuple[str, ...]:
        """The ARNs by which a resource's policy names `owner`: a group by its members, as AWS takes no group there."""
        kind = owner.kind
        names: tuple[str, ...] = (owner.name,)
        if kind == "group":
            kind, names = "user", self.bindings.principals["group", owner.name].members
        if kind not in ("user", "role") or not names or not owner.account:
            what = f"{spoken(owner.kind)} `{owner.name}`"
            if not owner.account and names and kind in ("user", "role"):
                help = "declare yours: `account NAME = 111122223333`"
                self.report.add(rules.NO_HOME, span, help=help, what=f"the ARN of {what}")
            elif owner.kind == "group":
                help = f"say who is in it: `group {owner.name} = alice, bob`"
                self.report.add(rules.NOT_NAMEABLE, span, help=help, what=what, why="it has no members")
            elif kind == "permission-set":
                help = "name its account, as in `account NAME can ...`, or let it assume a role that can"
                self.report.add(rules.NOT_NAMEABLE, span, help=help, what=what, why="AWS makes the names of its roles")
            else:
                help = f"declare it: `user {owner.name}` or `role {owner.name} for ...`"
                self.report.add(rules.NOT_NAMEABLE, span, help=help, what=what, why="it is not declared")
            return ()
        return tuple(self.bindings.principal_arn(kind, name) for name in names)

    def caller(self, owner: Owner, span: Span) -> Condition:
        """How a request of `owner` is told."""
        if owner.kind == "permission-set":
            known = self.bindings.principals[owner.kind, owner.name]
            accounts = assigned_accounts(known, self.bindings, self.report)
            return sso_roles(known.name, accounts, self.bindings.partition)
        return Test("aws:PrincipalArn", "equals", self.arns(owner, span), "ARN")

    # ---- outside

    def outsider(self, subject: ast.Subject, mode: str) -> Outsider | None:
        return _OUTSIDE[subject.kind](self, subject, mode)

    def account(self, subject: ast.Subject, mode: str) -> Outsider | None:
        id = self.bindings.account_id(subject.words[0], self.report)
        if not id:
            return None
        principals = (("AWS", f"arn:{self.bindings.partition}:iam::{id}:root"),)
        caller = Test("aws:PrincipalAccount", "equals", (id,))
        return Outsider("account", principals, TRUE, caller, subject.span, account=id)

    def everyone(self, subject: ast.Subject, mode: str) -> Outsider | None:
        id = self.bindings.account_id(subject.words[0], self.report)
        test = Test("aws:PrincipalAccount", "equals", (id,))
        return Outsider("everyone", ANYONE, test, test, subject.span, account=id) if id else None

    def organization(self, subject: ast.Subject, mode: str) -> Outsider:
        test = Test("aws:PrincipalOrgID", "equals", (organization_id(subject.words[0], self.bindings, self.report),))
        return Outsider("organization", ANYONE, test, test, subject.span)

    def service(self, subject: ast.Subject, mode: str) -> Outsider:
        word = subject.words[0]
        principal = service_principal(word, self.bindings, self.report)
        caller = Test("aws:PrincipalServiceName", "equals", (principal,))
        name = literal(word, self.bindings.params, self.report)
        return Outsider("service", (("Service", principal),), TRUE, caller, subject.span, service=name)

    def public(self, subject: ast.Subject, mode: str) -> Outsider | None:
        if mode == "only":
            why = "it shuts nobody out"
            self.report.add(rules.SUBJECT_MISFIT, subject.span, subject="anyone on the internet", why=why)
            return None
        return Outsider("public", ANYONE, TRUE, TRUE, subject.span)

    def principal(self, subject: ast.Subject, mode: str) -> Outsider | None:
        """Principals as AWS writes them. Requests of users and roles can be told apart by their ARN, others cannot."""
        principals = principals_of(subject, self.bindings, self.report)
        caller = Test("aws:PrincipalArn", "like", tuple(value for _, value in principals), "ARN")
        if mode == "only" and any(kind != "AWS" or ":" not in value for kind, value in principals):
            why = "no key of a request tells it"
            self.report.add(rules.SUBJECT_MISFIT, subject.span, subject="principal", why=why)
            return None
        return Outsider("principal", principals, TRUE, caller, subject.span)

    def anyone_except_principal(self, subject: ast.Subject, mode: str) -> None:
        help = "write `anyone except role NAME`, or the whole policy: `resource policy NOUN NAME { ... }`"
        why = "AWS's `NotPrincipal` needs every session and account of whom it spares"
        self.report.add(rules.SUBJECT_MISFIT, subject.span, help=help, subject=subject.kind, why=why)

    def anyone_except(self, subject: ast.Subject, mode: str) -> Outsider | None:
        """`anyone except X cannot`: a deny by condition, which spares the sessions of a role too, as `NotPrincipal` cannot."""
        kind = subject.kind.removeprefix("anyone except ")
        word = subject.words[0]
        if kind == "account":
            id = self.bindings.account_id(word, self.report)
            spared: Condition = Test("aws:PrincipalAccount", "equals", (id,))
        else:
            owners = self.named(word, kind, True)
            if not owners:
                return None
            spared = self.caller(owners[0], word.span)
        return Outsider("anyone except", ANYONE, Not(spared), Not(spared), subject.span)


_OUTSIDE = {
    "account": Subjects.account,
    "everyone": Subjects.everyone,
    "organization": Subjects.organization,
    "service": Subjects.service,
    "public": Subjects.public,
    "anyone except user": Subjects.anyone_except,
    "anyone except role": Subjects.anyone_except,
    "anyone except account": Subjects.anyone_except,
    "anyone except principal": Subjects.anyone_except_principal,
    "principal": Subjects.principal,
}

_KINDS = {"aws": "AWS", "federated": "Federated", "service": "Service", "canonical": "CanonicalUser"}


def principals_of(subject: ast.Subject, bindings: Bindings, report: Report) -> tuple[tuple[str, str], ...]:
    """The (kind, value) pairs that `principal ...` names, as they are written."""
    pairs = zip(subject.words[::2], subject.words[1::2])
    return tuple([(_KINDS[kind.text], literal(name, bindings.params, report, False)) for kind, name in pairs])
