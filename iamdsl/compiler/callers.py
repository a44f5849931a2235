"""Callers and services as AWS names them: ids, ARNs and service principals."""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.access.model import Test
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.words import literal, suggestion
from iamdsl.diagnostics import Report
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


ROOT_ANYWHERE = Test("aws:PrincipalArn", "like", ("arn:*:iam::*:root",), "ARN")


def callers_anywhere(kind: str, names: Iterable[str], bindings: Bindings, account: str = "*") -> Test:
    """That the caller is a user or role of one of these names, of the account with this id or of any."""
    arns = tuple(f"arn:{bindings.partition}:iam::{account}:{kind}/{name}" for name in names)
    return Test("aws:PrincipalArn", "like", arns, "ARN")


def principal_arn(kind: str, name: str, bindings: Bindings, span: Span, report: Report) -> str:
    """The ARN of a user or role of home, or of its root user."""
    home = bindings.home
    if not home:
        what = f"the ARN of {kind} `{name}`" if kind else "the root user"
        report.add(rules.NO_HOME, span, help="declare it: `account NAME = 111122223333`", what=what)
    declared = {other for known, other in bindings.principals if known == kind}
    if kind and declared and name not in declared and "*" not in name and "?" not in name:
        help = suggestion(name, declared) or f"declare it: `{kind} {name}`"
        report.add(rules.UNKNOWN_PRINCIPAL, span, help=help, kind=kind, name=name)
    return bindings.principal_arn(kind, name) if kind else f"arn:{bindings.partition}:iam::{home}:{name}"


def organization_id(word: ast.Word, bindings: Bindings, report: Report) -> str:
    """The id of an organization that is declared, or written itself; a finding where it is neither."""
    return _declared_id(word, bindings.organizations, "organization", _ORGANIZATION, bindings, report)


def ou_id(word: ast.Word, bindings: Bindings, report: Report) -> str:
    """The id of an organizational unit, likewise."""
    return _declared_id(word, bindings.ous, "ou", _OU, bindings, report)


# Organizations API reference, the data types Organization and OrganizationalUnit
_ORGANIZATION = re.compile("o-[a-z0-9]{10,32}")
_OU = re.compile("ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32}")


def _declared_id(
    word: ast.Word, known: dict[str, str], kind: str, pattern: re.Pattern[str], bindings: Bindings, report: Report
) -> str:
    text = literal(word, bindings.params, report)
    found = known.get(text, text)
    if not pattern.fullmatch(found):
        if text in known:
            report.add(rules.BAD_VALUE, word.span, value=found, what=f"the id of an {kind}")
        else:
            help = suggestion(text, known) or f"declare it: `{kind} {text} = ...`"
            report.add(rules.UNKNOWN_PRINCIPAL, word.span, help=help, kind=kind, name=text)
    return found


def service_principal(word: ast.Word, bindings: Bindings, report: Report) -> str:
    """`sagemaker` → `sagemaker.amazonaws.com`; a finding for a service that AWS does not list."""
    text = literal(word, bindings.params, report)
    found = bindings.catalog.principal(text, bindings.partition)
    if found is None:
        names = [name.removesuffix(".amazonaws.com") for name in bindings.catalog.principals()]
        help = suggestion(text, names) or "write the part before `.amazonaws.com`, such as `sagemaker`"
        report.add(rules.UNKNOWN_PRINCIPAL_SERVICE, word.span, help=help, name=text)
        return text
    return found


def via_service(service: str, region: str, bindings: Bindings) -> str:
    """The value of kms:ViaService: KMS developer guide, "kms:ViaService"."""
    ending = "amazonaws.com.cn" if bindings.partition == "aws-cn" else "amazonaws.com"
    return f"{service}.{region}.{ending}"
