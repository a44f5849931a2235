"""Tests that have a clause of their own: `with mfa`, `from ip`, `tagged`, ..."""

from __future__ import annotations

import re

from iamdsl.access.model import Test
from iamdsl.catalog import Catalog
from iamdsl.decompiler.model import Setting
from iamdsl.decompiler.words import NOWHERE, Unsayable, word
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ORGANIZATION = re.compile("o-[a-z0-9]{10,32}")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/\-]{2,1224}", re.ASCII)
_DAY = "T00:00:00Z"
_SWITCHES = {
    "aws:MultiFactorAuthPresent": "with mfa",
    "aws:ViaAWSService": "via any service",
    "aws:PrincipalIsAWSService": "from service",
    "aws:SecureTransport": "over tls",
}
_TAGGED = {
    "aws:ResourceTag/": "tagged",
    "aws:RequestTag/": "tagging",
    "aws:PrincipalTag/": "as principal tagged",
}


def named(test: Test, positive: bool, catalog: Catalog, setting: Setting, guardrail: bool) -> ast.Expression | None:
    """The clause that says `test`, or its complement where not `positive`; None where none does."""
    if test.ignoring_case:
        return None
    if test.key == "aws:PrincipalArn":
        said = _caller(test, setting) if guardrail else None
    elif test.key in _SWITCHES and test.relation == "equals" and test.values == ("true",):
        said = ast.Clause(_SWITCHES[test.key], (), NOWHERE)
    elif test.key == "sts:ExternalId" and len(test.values) > 1:
        said = None
    elif test.key in _LISTS and test.relation == "equals":
        kind, read = _LISTS[test.key]
        values = [read(value, catalog, setting) for value in test.values]
        said = ast.Clause(kind, tuple([word(one) for one in values if one]), NOWHERE) if all(values) else None
    elif test.key == "aws:CurrentTime":
        said = _time(test)
    elif test.key == "aws:MultiFactorAuthAge" and test.relation == "at-most":
        said = _within(test.values[0])
    elif test.key == "s3:TlsVersion" and test.relation == "at-least":
        said = ast.Clause("over tls", (word(test.values[0]),), NOWHERE)
    else:
        return _tagged(test, positive)
    if said is None or positive:
        return said
    if said.kind == "in region":
        return ast.Clause("outside region", said.values, NOWHERE)
    return ast.Not(said, NOWHERE)


def _tagged(test: Test, positive: bool) -> ast.Expression | None:
    head, slash, name = test.key.partition("/")
    kind = _TAGGED.get(head + slash)
    if kind is None or not name or test.relation != "equals" or len(test.values) != 1 or not positive:
        return None
    value = test.values[0]
    operand: ast.Operand = word(value)
    inner = re.fullmatch(r"\$\{aws:(Principal|Resource|Request)Tag/([^,}$]+)\}", value)
    try:
        if inner:
            operand = ast.TagOf(inner[1].lower(), word(inner[2]), NOWHERE)
        return ast.TagClause(kind, ((word(name), operand),), NOWHERE)
    except Unsayable:
        return None


def _caller(test: Test, setting: Setting) -> ast.Clause | None:
    """A role, a user or the root user of any account: who is spared in a guardrail."""
    if test.relation != "like" or test.type != "ARN":
        return None
    if test.values == ("arn:*:iam::*:root",):
        return ast.Clause("root", (), NOWHERE)
    for kind in ("role", "user"):
        head = f"arn:{setting.partition}:iam::*:{kind}/"
        names = [value.removeprefix(head) for value in test.values if value.startswith(head) and value != head]
        if len(names) == len(test.values):
            return ast.Clause(kind, tuple([word(one) for one in names]), NOWHERE)
    return None


def _time(test: Test) -> ast.Clause | None:
    kind = {"at-least": "after", "less": "until"}.get(test.relation)
    return ast.Clause(kind, (word(test.values[0].removesuffix(_DAY)),), NOWHERE) if kind else None


def _within(seconds: str) -> ast.Clause | None:
    if not seconds.isdecimal() or int(seconds) == 0:
        return None
    left, text = int(seconds), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return ast.Clause("with mfa within", (word(text),), NOWHERE)


def _ip(value: str, catalog: Catalog, setting: Setting) -> str:
    from ipaddress import ip_network  # local: few documents name addresses

    network = ip_network(value)
    private = [ip_network(one) for one in _PRIVATE]
    inside = any([network.version == one.version and network.subnet_of(one) for one in private])  # type: ignore[arg-type]
    return "" if inside else value


def _same(value: str, catalog: Catalog, setting: Setting) -> str:
    return value


def _account(value: str, catalog: Catalog, setting: Setting) -> str:
    return value if _ACCOUNT.fullmatch(value) else ""


def _organization(value: str, catalog: Catalog, setting: Setting) -> str:
    return value if _ORGANIZATION.fullmatch(value) else ""


def _region(value: str, catalog: Catalog, setting: Setting) -> str:
    return value if value in catalog.regions(setting.partition) else ""


def _external_id(value: str, catalog: Catalog, setting: Setting) -> str:
    return value if _EXTERNAL_ID.fullmatch(value) else ""


def service(value: str, catalog: Catalog, setting: Setting) -> str:
    """`ec2` for the service principal `ec2.amazonaws.com`; "" for what the language does not shorten to it."""
    short = value.removesuffix(".amazonaws.com").removesuffix(".amazonaws.com.cn")
    return short if short != value and catalog.principal(short, setting.partition) == value else ""


_LISTS: dict[str, tuple[str, Callable[[str, Catalog, Setting], str]]] = {
    "aws:SourceIp": ("from ip", _ip),
    "aws:SourceVpc": ("from vpc", _same),
    "aws:SourceVpce": ("from endpoint", _same),
    "aws:PrincipalAccount": ("from account", _account),
    "aws:PrincipalOrgID": ("from organization", _organization),
    "aws:ResourceAccount": ("to account", _account),
    "aws:ResourceOrgID": ("to organization", _organization),
    "aws:PrincipalServiceName": ("from service", service),
    "aws:RequestedRegion": ("in region", _region),
    "iam:PassedToService": ("to service", service),
    "sts:ExternalId": ("with external id", _external_id),
}
