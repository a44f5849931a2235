"""Principals: their form, and what they may not be.

Source: IAM user guide, "AWS JSON policy elements: Principal" and "IAM identifiers".
"""

from __future__ import annotations

import re

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.policy.forms import Form
from iamdsl.validation.actions import wild
from iamdsl.validation.context import KINDS, Context, perhaps
from iamdsl.validation.reading import PRINCIPALS, Principal, Statement

_ACCOUNT = Form(r"[0-9]{12}\Z")
_ARN = Form(
    r"arn:aws[a-z-]*:(?:iam::[0-9]{12}:(?:root|user/.+|role/.+)"
    r"|sts::[0-9]{12}:(?:assumed-role/[^/]+/.+|federated-user/.+|self)"
    r"|iam::cloudfront:user/.+)\Z"
)
_UNIQUE_ID = Form(r"(AROA|AIDA)[A-Z0-9]{12,}\Z")
_SERVICE = Form(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)\Z")
_CANONICAL = Form(r"[0-9a-f]{64,96}\Z")
_DOMAIN = Form(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?(/\S*)?\Z")
_PROVIDER = Form(r"arn:aws[a-z-]*:iam::[0-9]{12}:(saml-provider/[\w+=,.@-]+|oidc-provider/\S+)\Z")


def form(statement: Statement, context: Context) -> None:
    """Every principal is well formed."""
    if not context.target.takes_principal:
        return
    for name in ("Principal", "NotPrincipal"):
        member = statement.elements.get(name)
        for inner in member.value.members if member else ():
            if inner.key not in PRINCIPALS:
                near = context.close(inner.key, PRINCIPALS)
                fix = context.rename(inner, near) if near else ()
                help = perhaps(near) or f"one of {', '.join(PRINCIPALS)}"
                context.add(aws.INVALID_PRINCIPAL_KEY, inner, help, fix, key=inner.key)
    for principal in statement.principals:
        if "${" in principal.text or principal.kind == "*":
            continue
        check = _CHECKS.get(principal.kind)
        if check:
            check(principal, context)


def _aws(principal: Principal, context: Context) -> None:
    text = principal.text
    if text == "*" or _ACCOUNT.match(text):
        return
    unique = _UNIQUE_ID.match(text)
    if unique:
        rule = aws.INVALID_ROLE_REFERENCE if unique.group(1) == "AROA" else aws.INVALID_USER_REFERENCE
        help = "write the ARN. Is this from a saved policy? then whom it named has been deleted"
        context.add(rule, principal.node, help, id=text)
    elif wild(text):
        help = "name them; or allow the account and test `aws:PrincipalArn` with `ArnLike`"
        context.add(aws.UNSUPPORTED_WILDCARD_IN_PRINCIPAL, principal.node, help, principal=text)
    elif not _ARN.match(text):
        why, help = _why(text)
        context.add(own.BAD_PRINCIPAL, principal.node, help, principal=text, why=why)


def _why(text: str) -> tuple[str, str]:
    if re.match(r"arn:[^:]*:iam::[^:]*:group/", text):
        return "a group cannot be one", "name its users, or a role that they assume"
    if _SERVICE.match(text):
        return "AWS's services go under `Service`", f'write `"Service": "{text}"`'
    if text.startswith("arn:"):
        account = text.split(":")[4] if text.count(":") > 3 else ""
        if not _ACCOUNT.match(account):
            return "its account is not 12 digits", "`arn:aws:iam::111122223333:role/NAME`"
        return "not a root, user, role or session", "`arn:aws:iam::111122223333:role/NAME`"
    return "neither an account id nor an ARN", "an account id has 12 digits"


def _service(principal: Principal, context: Context) -> None:
    text = principal.text
    if wild(text):
        context.add(aws.UNSUPPORTED_WILDCARD_IN_PRINCIPAL, principal.node, "name the services", principal=text)
        return
    catalog = context.facts.catalog
    if not _SERVICE.match(text):
        near = text.lower().strip()
        near = near if _SERVICE.match(near) else f"{near.split('.')[0]}.amazonaws.com"
        fix = context.replace(principal.node, near) if near in catalog.principals() else ()
        help = perhaps(near) if fix else "`SERVICE.amazonaws.com`, in lower case"
        context.add(aws.INVALID_SERVICE_PRINCIPAL_FORMAT, principal.node, help, fix, principal=text)
    elif text not in catalog.principals() and catalog.principal(text) is None and text.endswith(".amazonaws.com"):
        near = context.close(text, catalog.principals(), 0.85)
        fix = context.replace(principal.node, near) if near else ()
        context.add(own.UNKNOWN_SERVICE_PRINCIPAL, principal.node, perhaps(near), fix, principal=text)


def _federated(principal: Principal, context: Context) -> None:
    text = principal.text
    if context.target.kind != "trust":
        help = "let the federated users assume a role, and name the role here"
        kind = KINDS[context.target.kind]
        context.add(aws.FEDERATED_PRINCIPAL_NOT_SUPPORTED, principal.node, help, kind=kind)
    elif wild(text):
        context.add(aws.UNSUPPORTED_WILDCARD_IN_PRINCIPAL, principal.node, "name the provider", principal=text)
    elif not _PROVIDER.match(text) and not _DOMAIN.match(text):
        help = "`arn:aws:iam::111122223333:saml-provider/NAME`, `...:oidc-provider/HOST`, or the host's name"
        context.add(aws.INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY, principal.node, help, principal=text)


def _canonical(principal: Principal, context: Context) -> None:
    if not _CANONICAL.match(principal.text):
        why = "a canonical user id is 64 hexadecimal digits"
        context.add(own.BAD_PRINCIPAL, principal.node, principal=principal.text, why=why)
    elif context.target.kind == "trust":
        why = "a role is assumed by AWS, Federated or Service principals"
        context.add(own.BAD_PRINCIPAL, principal.node, principal=principal.text, why=why)


_CHECKS = {"AWS": _aws, "Service": _service, "Federated": _federated, "CanonicalUser": _canonical}


def negated(statement: Statement, context: Context) -> None:
    """`NotPrincipal`."""
    if not statement.negated_principals or context.target.kind not in ("resource", "endpoint"):
        return
    if statement.allows:
        help = "name whom it is for in `Principal`"
        context.add(aws.ALLOW_WITH_NOT_PRINCIPAL, statement.principal_place, help)
    elif statement.denies:
        help = '`"Principal": "*"` with `ArnNotLike` on `aws:PrincipalArn` spares roles with all their sessions'
        context.add(own.DENY_NOT_PRINCIPAL, statement.principal_place, help)
