"""Clauses and expressions to typed conditions."""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.access.condition import TooManyStatements, cubes
from iamdsl.access.model import TRUE, And, Condition, Not, Or, Test, conjunction, tests
from iamdsl.compiler.bindings import Bindings, region_name
from iamdsl.compiler.callers import (
    ROOT_ANYWHERE,
    callers_anywhere,
    organization_id,
    ou_id,
    principal_arn,
    service_principal,
    via_service,
)
from iamdsl.compiler.operators import Inexpressible, blocks
from iamdsl.compiler.values import date, duration, typed
from iamdsl.compiler.words import closest, literal, respell
from iamdsl.diagnostics import Report
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_TAG_KEYS = {
    "principal": "aws:PrincipalTag/",
    "resource": "aws:ResourceTag/",
    "request": "aws:RequestTag/",
    "tagged": "aws:ResourceTag/",
    "tagging": "aws:RequestTag/",
    "as principal tagged": "aws:PrincipalTag/",
}
_RELATIONS = {
    "=": "equals",
    "!=": "equals",
    "in": "equals",
    "not in": "equals",
    "like": "like",
    "not like": "like",
    "<": "less",
    "<=": "at-most",
    ">": "greater",
    ">=": "at-least",
    "exists": "present",
}
_NEGATIVE = ("!=", "not in", "not like")
_APPLIES = {
    "equals": ("String", "ARN", "Numeric", "Date", "Bool", "IPAddress", "Binary"),
    "like": ("String", "ARN"),
    "less": ("Numeric", "Date"),
    "at-most": ("Numeric", "Date"),
    "greater": ("Numeric", "Date"),
    "at-least": ("Numeric", "Date"),
}

# never true of a request from outside AWS: aws:SourceIp is the public address of the caller
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10")


class Conditions:
    """Reads the conditions of one sentence.

    `service` is the service of what the sentence acts on, "" if several. `anywhere`: the account that a caller's
    role or user is of, "*" for any, as in a guardrail; "" for home, where they are declared.
    """

    def __init__(self, bindings: Bindings, report: Report, service: str, anywhere: str = "") -> None:
        self.bindings = bindings
        self.report = report
        self.service = service
        self.anywhere = anywhere

    def of(self, qualifiers: tuple[ast.Qualifier, ...]) -> Condition:
        """All of the conditions among `qualifiers`; the others are passed over."""
        found: list[Condition] = []
        for one in qualifiers:
            if isinstance(one, ast.If):
                condition = self.expression(one.expression)
                found.append(Not(condition) if one.negated else condition)
            elif isinstance(one, ast.TagClause) or (isinstance(one, ast.Clause) and one.kind in _CLAUSES):
                found.append(self.expression(one))
        return conjunction(*found)

    def placer(self, qualifiers: tuple[ast.Qualifier, ...], otherwise: Span) -> Callable[[str], Span]:
        """Key → where `qualifiers` test it; `otherwise` if it is not they who do."""

        def place(key: str) -> Span:
            found = (one.span for one in qualifiers if any(test.key == key for test in tests(self.of((one,)))))
            return next(found, otherwise)

        return place

    def expression(self, node: ast.Expression) -> Condition:
        if isinstance(node, ast.And):
            return And(tuple(self.expression(item) for item in node.items))
        if isinstance(node, ast.Or):
            return Or(tuple(self.expression(item) for item in node.items))
        if isinstance(node, ast.Not):
            return Not(self.expression(node.item))
        if isinstance(node, ast.TagClause):
            return self.tags(node)
        if isinstance(node, ast.Compare):
            return self.compare(node)
        return _CLAUSES[node.kind](self, node)

    def text(self, word: ast.Word, checked: bool = True) -> str:
        return literal(word, self.bindings.params, self.report, checked)

    def knows(self, node: ast.Clause) -> bool:
        """Whether the clause is a condition, or a remark."""
        return node.kind in _CLAUSES or node.kind == "because"

    # ---- comparisons

    def tags(self, node: ast.TagClause) -> Condition:
        tests: list[Condition] = []
        for name, value in node.tags:
            test = self.typed("=", (value,), f"{_TAG_KEYS[node.kind]}{self.text(name)}", "String", node.span)
            tests.append(test)
        return conjunction(*tests)

    def compare(self, node: ast.Compare) -> Condition:
        place = node.key.span
        name = self.key_name(node.key)
        if node.is_operator:
            from iamdsl.compiler.exactly import operated  # local: few programs hold operators of AWS's

            return operated(node, name, self)
        key = self.bindings.catalog.key(name, self.service or None)
        if key is None:
            known = self.known_keys(name)
            close = closest(name, known)
            help = f"did you mean `{close}`?" if close else "keys are written like `aws:SourceIp` or `s3:prefix`"
            fix = respell(place, close) if close else ()
            self.report.add(rules.UNKNOWN_KEY, place, help=help, fix=fix, name=name)
            return TRUE
        relation = _RELATIONS[node.relation]
        if node.quantifier and node.relation in _NEGATIVE:
            help = f"write `not {node.quantifier} {name} ...`, which says which of the two is meant"
            relation_shown = f"{node.quantifier} ... {node.relation}"
            self.report.add(rules.BAD_RELATION, node.span, help=help, relation=relation_shown, name=name, type=key.type)
        if relation != "present" and bool(node.quantifier) != key.multivalued:
            self.quantifier(node, name, key.multivalued)
        if relation != "present" and key.type not in _APPLIES[relation]:
            wanted = [word for word, kind in _RELATIONS.items() if kind == "present" or key.type in _APPLIES[kind]]
            help = "it takes " + ", ".join(f"`{word}`" for word in wanted)
            self.report.add(
                rules.BAD_RELATION, node.span, help=help, relation=node.relation, name=key.name, type=key.type
            )
            return TRUE
        if node.ignoring_case and (key.type != "String" or relation != "equals"):
            help = "`ignoring case` goes with `=`, `!=`, `in` and `not in` on keys of type String"
            self.report.add(rules.INEXPRESSIBLE, node.span, help=help, why="`ignoring case` does not apply")
        if relation == "present":
            return Test(key.name, "present", type=key.type)
        test = self.typed(
            node.relation, node.values, key.name, key.type, node.span, node.quantifier, node.ignoring_case
        )
        return Not(test) if node.relation in _NEGATIVE else test

    def quantifier(self, node: ast.Compare, name: str, multivalued: bool) -> None:
        if multivalued:
            help = f"write `any {name} ...` (some value passes) or `every {name} ...` (all of them do)"
            self.report.add(rules.NEEDS_QUANTIFIER, node.span, help=help, name=name)
        else:
            help = f"write `{name} ...`"
            self.report.add(rules.NEEDLESS_QUANTIFIER, node.span, help=help, name=name, quantifier=node.quantifier)

    def typed(
        self,
        relation: str,
        operands: tuple[ast.Operand, ...],
        key: str,
        type: str,
        span: Span,
        quantifier: str = "",
        ignoring_case: bool = False,
    ) -> Test:
        """The test of `key` with checked values."""
        values: list[str] = []
        for operand in operands:
            if isinstance(operand, ast.TagOf):
                values.append("${" + self.key_name(operand) + "}")
                continue
            text = self.text(operand)
            wild = re.sub(r"\$\{[^}]*\}", "", text)
            if _RELATIONS[relation] == "equals" and type in ("String", "ARN") and ("*" in wild or "?" in wild):
                better = {"=": "like", "!=": "not like", "in": "like", "not in": "not like"}[relation]
                help = f"write `{better}`, or `${{*}}` for a star that is meant"
                self.report.add(rules.WILDCARD_EQUALS, operand.span, help=help, value=text, relation=relation)
            values.append(typed(text, type, operand.span, self.report))
        kind = _RELATIONS[relation]
        return Test(key, kind, tuple(dict.fromkeys(values)), type, quantifier, ignoring_case)

    def key_name(self, operand: ast.Operand) -> str:
        if isinstance(operand, ast.TagOf):
            return _TAG_KEYS[operand.thing] + self.text(operand.name)
        return self.text(operand)

    def known_keys(self, name: str) -> list[str]:
        """The keys that a misspelt `name` may stand for."""
        catalog = self.bindings.catalog
        known = [key.name for key in catalog.global_keys().values()]
        for prefix in {name.partition(":")[0].lower(), self.service}:
            service = catalog.service(prefix) if prefix else None
            known += [key.name for key in service.keys.values()] if service else []
        return known

    # ---- named clauses

    def equals(self, key: str, values: tuple[str, ...], type: str = "String") -> Test:
        return Test(key, "equals", tuple(dict.fromkeys(values)), type)

    def texts(self, node: ast.Clause) -> tuple[str, ...]:
        return tuple(self.text(word) for word in node.values)

    def mfa(self, node: ast.Clause) -> Condition:
        return self.equals("aws:MultiFactorAuthPresent", ("true",), "Bool")

    def without_mfa(self, node: ast.Clause) -> Condition:
        return Not(self.mfa(node))

    def mfa_within(self, node: ast.Clause) -> Condition:
        seconds = duration(self.text(node.values[0]), node.values[0].span, self.report)
        return Test("aws:MultiFactorAuthAge", "at-most", (str(seconds),), "Numeric")

    def external_id(self, node: ast.Clause) -> Condition:
        text = self.text(node.values[0])
        # 2 to 1224 characters of this alphabet: IAM user guide, IAM and STS quotas
        if not re.fullmatch(r"[\w+=,.@:/\-]{2,1224}", text, re.ASCII):
            what = "an external id: 2 to 1224 letters, digits and `+=,.@:/-`"
            self.report.add(rules.BAD_VALUE, node.values[0].span, value=text, what=what)
        return self.equals("sts:ExternalId", (text,))

    def ip(self, node: ast.Clause) -> Condition:
        from ipaddress import ip_network  # local: only programs that name addresses pay for it

        for word in node.values:
            text = typed(self.text(word), "IPAddress", word.span, self.report)
            try:
                network = ip_network(text)
            except ValueError:
                continue
            if any(network.version == other.version and network.subnet_of(other) for other in map(ip_network, _PRIVATE)):  # type: ignore[arg-type]
                help = f"write `from private ip {text} in vpc vpc-...`, or the public range"
                self.report.add(rules.PRIVATE_RANGE, word.span, help=help, value=text)
        return self.equals("aws:SourceIp", self.addresses(node), "IPAddress")

    def addresses(self, node: ast.Clause) -> tuple[str, ...]:
        return tuple(typed(self.text(word), "IPAddress", word.span, self.report) for word in node.values)

    def private_ip(self, node: ast.Clause) -> Condition:
        vpc = self.equals("aws:SourceVpc", (self.text(node.extra[0]),))
        return And((self.equals("aws:VpcSourceIp", self.addresses(node), "IPAddress"), vpc))

    def accounts(self, key: str) -> Callable[[ast.Clause], Condition]:
        return lambda node: self.equals(key, tuple(self.bindings.account_id(word, self.report) for word in node.values))

    def organizations(self, key: str, words: tuple[ast.Word, ...]) -> Condition:
        return self.equals(key, tuple(organization_id(word, self.bindings, self.report) for word in words))

    def ous(self, node: ast.Clause) -> Condition:
        ids = tuple(ou_id(word, self.bindings, self.report) for word in node.values)
        tops = tuple(self.bindings.organizations.values()) or ("*",)
        paths = tuple(f"{top}/*/{id}/*" for top in tops for id in ids)
        return Test("aws:PrincipalOrgPaths", "like", paths, "String", "any")

    def from_service(self, node: ast.Clause) -> Condition:
        tests: list[Condition] = []
        if node.values:
            tests.append(self.equals("aws:PrincipalServiceName", self.services(node)))
        else:
            tests.append(self.equals("aws:PrincipalIsAWSService", ("true",), "Bool"))
        if node.extra:
            tests.append(self.organizations("aws:SourceOrgID", node.extra))
        return conjunction(*tests)

    def services(self, node: ast.Clause) -> tuple[str, ...]:
        return tuple(service_principal(word, self.bindings, self.report) for word in node.values)

    def via(self, node: ast.Clause) -> Condition:
        if self.service == "kms":
            region = self.bindings.region or "*"
            names = tuple(via_service(self.text(word), region, self.bindings) for word in node.values)
            return Test("kms:ViaService", "like" if region == "*" else "equals", names)
        return Test("aws:CalledVia", "equals", self.services(node), "String", "any")

    def regions(self, node: ast.Clause) -> Condition:
        names = tuple(region_name(word, self.bindings, self.report) for word in node.values)
        return self.equals("aws:RequestedRegion", names)

    def tls(self, node: ast.Clause) -> Condition:
        if not node.values:
            return self.equals("aws:SecureTransport", ("true",), "Bool")
        version = typed(self.text(node.values[0]), "Numeric", node.values[0].span, self.report)
        return Test("s3:TlsVersion", "at-least", (version,), "Numeric")

    def dates(self, node: ast.Clause) -> tuple[str, ...]:
        return tuple(date(self.text(word), word.span, self.report) for word in node.values)

    def between(self, node: ast.Clause) -> Condition:
        start, end = self.dates(node)
        return And((_time("at-least", start), _time("less", end)))

    def caller(self, kind: str) -> Callable[[ast.Clause], Condition]:
        def build(node: ast.Clause) -> Condition:
            names = [self.text(word) for word in node.values]
            if self.anywhere:
                return callers_anywhere(kind, names, self.bindings, self.anywhere)
            arns = tuple(principal_arn(kind, name, self.bindings, node.span, self.report) for name in names)
            wild = any("*" in name or "?" in name for name in names)
            return Test("aws:PrincipalArn", "like" if wild else "equals", arns, "ARN")

        return build

    def root(self, node: ast.Clause) -> Condition:
        if self.anywhere:
            return ROOT_ANYWHERE
        arn = principal_arn("", "root", self.bindings, node.span, self.report)
        return self.equals("aws:PrincipalArn", (arn,), "ARN")


def _time(relation: str, value: str) -> Test:
    return Test("aws:CurrentTime", relation, (value,), "Date")


_CLAUSES: dict[str, Callable[[Conditions, ast.Clause], Condition]] = {
    "with mfa": Conditions.mfa,
    "with mfa within": Conditions.mfa_within,
    "without mfa": Conditions.without_mfa,
    "with external id": Conditions.external_id,
    "from ip": Conditions.ip,
    "from private ip": Conditions.private_ip,
    "from vpc": lambda self, node: self.equals("aws:SourceVpc", self.texts(node)),
    "from endpoint": lambda self, node: self.equals("aws:SourceVpce", self.texts(node)),
    "from account": lambda self, node: self.accounts("aws:PrincipalAccount")(node),
    "from organization": lambda self, node: self.organizations("aws:PrincipalOrgID", node.values),
    "from ou": Conditions.ous,
    "from service": Conditions.from_service,
    "to account": lambda self, node: self.accounts("aws:ResourceAccount")(node),
    "in account": lambda self, node: self.accounts("aws:ResourceAccount")(node),
    "to organization": lambda self, node: self.organizations("aws:ResourceOrgID", node.values),
    "to service": lambda self, node: self.equals("iam:PassedToService", self.services(node)),
    "via any service": lambda self, node: self.equals("aws:ViaAWSService", ("true",), "Bool"),
    "via": Conditions.via,
    "in region": Conditions.regions,
    "outside region": lambda self, node: Not(self.regions(node)),
    "over tls": Conditions.tls,
    "after": lambda self, node: _time("at-least", self.dates(node)[0]),
    "until": lambda self, node: _time("less", self.dates(node)[0]),
    "between": Conditions.between,
    "role": lambda self, node: self.caller("role")(node),
    "user": lambda self, node: self.caller("user")(node),
    "root": lambda self, node: self.root(node),
}


def as_written(qualifiers: tuple[ast.Qualifier, ...], reader: Conditions) -> frozenset[Test]:
    """The tests that operators of AWS's make, of which the catalog is not asked."""
    found: set[Test] = set()
    for one in qualifiers:
        left: list[ast.Expression] = [one.expression] if isinstance(one, ast.If) else []
        while left:
            node = left.pop()
            if isinstance(node, (ast.And, ast.Or)):
                left += node.items
            elif isinstance(node, ast.Not):
                left.append(node.item)
            elif isinstance(node, ast.Compare) and node.is_operator:
                found.update(tests(reader.compare(node)))
    return frozenset(found)


def judge(condition: Condition, qualifiers: tuple[ast.Qualifier, ...], span: Span, report: Report) -> None:
    """Report a `condition` that never holds, or always; its place is that of `qualifiers`, or `span` without any."""
    if condition == TRUE:
        return
    place = qualifiers[0].span.to(qualifiers[-1].span) if qualifiers else span
    try:
        found = cubes(condition)
        blocks(condition)
    except Inexpressible as fault:
        help = "say it with other tests, or in several sentences"
        report.add(rules.INEXPRESSIBLE, place, help=help, why=str(fault))
        return
    except TooManyStatements:
        help = "split the sentence, or state the condition with fewer alternatives"
        report.add(rules.TOO_MANY_STATEMENTS, place, help=help, limit=64)
        return
    if not found:
        report.add(rules.NEVER_TRUE, place, help="its parts contradict each other")
    elif () in found:
        report.add(rules.ALWAYS_TRUE, place, help="leave it out, or say what it should ask for")
