"""Trust policies: who may assume a role, and how an outsider could.

Source: IAM user guide, "Update a role trust policy", "Create a role for OpenID Connect federation", "Access to AWS
accounts owned by third parties" and "The confused deputy problem"; IAM Roles Anywhere user guide, "Trust model".
"""

from __future__ import annotations

import re

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.policy.forms import Form
from iamdsl.validation.actions import wild
from iamdsl.validation.context import Context, shown
from iamdsl.validation.facts import glob
from iamdsl.validation.reading import Principal, Statement, Test
from iamdsl.validation.services import SOURCES

GITHUB = "token.actions.githubusercontent.com"
# providers whose audience is an application of one customer: IAM user guide, web identity federation
_OWN_AUDIENCE = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
_ACCOUNT = Form(r"(?:arn:aws[a-z-]*:iam::)?([0-9]{12})(?::root)?\Z")
_SESSION = Form(r"arn:([a-z-]+):sts::([0-9]{12}):assumed-role/([^/]+)/")
# what makes a foreign account's caller a known one
_KNOWN_CALLER = (
    "sts:externalid",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:userid",
    "aws:username",
)
# STS API reference: what each kind of principal calls
_CALLS = {
    "saml": "sts:AssumeRoleWithSAML",
    "oidc": "sts:AssumeRoleWithWebIdentity",
    "": "sts:AssumeRole",
}
_ANYWHERE = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
LITERALS = 6  # characters that AWS wants before a wildcard of a subject


def provider(principal: Principal) -> str:
    """The host of an OIDC provider (with its path), "" of any other principal."""
    if principal.kind != "Federated" or ":saml-provider/" in principal.text:
        return ""
    return principal.text.partition(":oidc-provider/")[2] or ("" if ":" in principal.text else principal.text)


def _named(principal: Principal) -> bool:
    """Whether a federated principal is one: anything else is a finding of its own."""
    return principal.kind != "Federated" or ":saml-provider/" in principal.text or "." in provider(principal)


def _federation(principal: Principal) -> str:
    if principal.kind != "Federated":
        return ""
    return "saml" if ":saml-provider/" in principal.text else "oidc"


def everyone(statement: Statement, context: Context) -> None:
    if context.target.kind == "trust" and any(one.kind == "*" and one.text == "*" for one in statement.principals):
        help = "name accounts, users, roles or services"
        context.add(aws.ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL, statement.principal_place, help)


def calls(statement: Statement, context: Context) -> None:
    """The way of assuming the role suits the principals."""
    if not statement.allows or statement.negated_actions or context.target.kind != "trust":
        return
    _wrong_calls(statement, context)
    services = [one for one in statement.principals if one.text == "rolesanywhere.amazonaws.com"]
    patterns = [glob(node.text.lower()) for node in statement.actions]
    missing = [name for name in _ANYWHERE if not any(one.match(name.lower()) for one in patterns)]
    if services and missing and len(missing) < len(_ANYWHERE):
        actions = shown(missing)
        context.add(
            aws.MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY,
            statement.action_place,
            f"add {actions}",
            actions=actions,
        )


def _wrong_calls(statement: Statement, context: Context) -> None:
    """An action that no principal can call, or a principal that can call no action."""
    callers = [one for one in statement.principals if one.kind != "*" and _named(one)]
    by_call = {call.lower(): kind for kind, call in _CALLS.items()}
    unsuited: set[Principal] = set()
    for node in statement.actions:
        kind = by_call.get(node.text.lower())
        wrong = [one for one in callers if _federation(one) != kind]
        if kind is not None and wrong and len(wrong) == len(callers):
            unsuited.update(wrong)
            help = f"they call {shown(sorted({_CALLS[_federation(one)] for one in wrong}))}"
            what = shown([one.text for one in wrong])
            context.add(aws.MISMATCHED_ACTION_FOR_PRINCIPAL, node, help, what=what, action=f"`{node.text}`")
    patterns = [glob(node.text.lower()) for node in statement.actions]
    for principal in callers:
        call = _CALLS[_federation(principal)]
        if principal not in unsuited and patterns and not any(one.match(call.lower()) for one in patterns):
            asked = [node.text for node in statement.actions if node.text.lower() in by_call]
            if asked:
                what = f"`{principal.text}`"
                action = shown(asked)
                help = f"it calls `{call}`"
                context.add(aws.MISMATCHED_ACTION_FOR_PRINCIPAL, principal.node, help, what=what, action=action)


def oidc(statement: Statement, context: Context) -> None:
    """Identities of a provider that serves others too."""
    if not statement.allows or context.target.kind != "trust":
        return
    for principal in statement.principals:
        host = provider(principal)
        if "." not in host or wild(host):
            continue
        prefix = host.lower() + ":"
        tests = [test for test in statement.tests if test.key.startswith(prefix) and test.family != "Null"]
        if not tests:
            help = f"test `{host}:sub` and `{host}:aud`"
            context.add(aws.MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL, principal.node, help, provider=host)
        subject = [test for test in tests if test.key[len(prefix) :] not in ("aud", "amr", "azp")]
        if host == GITHUB and not any(test.key == f"{GITHUB}:sub" for test in tests) and not _ids(subject):
            help = f'add `"{GITHUB}:sub": "repo:ORGANIZATION/REPOSITORY:ref:refs/heads/BRANCH"` under `StringEquals`'
            context.add(aws.MISSING_GITHUB_REPO_CONDITION_KEY, principal.node, help)
        elif tests and not subject and host not in _OWN_AUDIENCE and host != GITHUB:
            help = f"test `{host}:sub`"
            context.add(own.OIDC_WITHOUT_SUBJECT, principal.node, help, provider=host)


def _ids(tests: list[Test]) -> bool:
    """Whether a repository is pinned by another claim of GitHub's tokens."""
    return any(test.key.rpartition(":")[2] in ("repository_id", "job_workflow_ref", "repository") for test in tests)


def subjects(statement: Statement, context: Context) -> None:
    """Patterns of subjects that more than the intended identities match."""
    if not statement.allows:
        return
    for test in statement.tests:
        subject = test.key.endswith(":sub") and "." in test.key
        if not (subject or test.key in _IDENTITIES) or test.negated or test.base != "StringLike" and not subject:
            continue
        if not test.like:
            continue
        for node in test.values:
            if _short_run(node.text) and (subject or node.text.strip("*")):
                help = f"write at least {LITERALS} characters before each wildcard"
                context.add(aws.WILDCARD_USAGE_TOO_PERMISSIVE, node, help, value=node.text, key=test.member.key)
            if test.key == f"{GITHUB}:sub" and _broad(node.text):
                help = "`repo:ORGANIZATION/REPOSITORY:ref:refs/heads/BRANCH`"
                context.add(aws.SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED, node, help, value=node.text)


# ids of which a part says nothing
_IDENTITIES = (
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "kms:calleraccount",
    "sts:externalid",
)


def _short_run(text: str) -> bool:
    """Whether a wildcard follows fewer than LITERALS characters."""
    runs = re.split(r"[*?]+", re.sub(r"\$\{[^}]*\}", "x" * LITERALS, text))
    return any(len(run) < LITERALS for run in runs[:-1])


def _broad(subject: str) -> bool:
    """Whether a subject of GitHub leaves organization, repository or branch open."""
    _, _, rest = subject.partition(":")
    repository, colon, claim = rest.partition(":")
    return wild(repository) or not claim.strip("*:") or wild(claim.partition(":")[0])


def variables(statement: Statement, context: Context) -> None:
    """A variable whose value the caller has a hand in, where a fixed identity is wanted."""
    if not statement.allows:
        return
    for test in statement.tests:
        sensitive = test.key.endswith(":sub") and "." in test.key or test.key in _SENSITIVE
        if not sensitive or test.negated or test.family not in ("String", "Arn"):
            continue
        for node in test.values:
            found = re.findall(r"\$\{([^}*?$][^}]*)\}", node.text)
            if found and not all(_fixed(name) for name in found):
                help = "write the value"
                variable = f"${{{found[0]}}}"
                context.add(aws.VARIABLE_USAGE_TOO_PERMISSIVE, node, help, variable=variable, key=test.member.key)


_SENSITIVE = ("sts:externalid", "aws:sourceaccount", "aws:sourcearn", "aws:principalorgid", "aws:sourceorgid")


def _fixed(name: str) -> bool:
    """Whether AWS, and neither the caller nor whom the caller belongs to, sets the variable."""
    return name.lower().startswith(("aws:resourceaccount", "aws:resourceorg"))


def outside(statement: Statement, context: Context) -> None:
    """Whole accounts, which may act for others, without an external id."""
    if not statement.allows or context.target.kind != "trust" or statement.negated_principals:
        return
    if any(
        test.family != "Null" and not test.if_exists and any(text.strip("*") for text in test.texts)
        for test in statement.testing(*_KNOWN_CALLER)
    ):
        return
    for principal in statement.principals:
        account = _ACCOUNT.match(principal.text) if principal.kind == "AWS" else None
        if account:
            help = (
                "if it is not yours, test `sts:ExternalId`; if it is, name the role or user, or test `aws:PrincipalArn`"
            )
            context.add(own.TRUST_WITHOUT_EXTERNAL_ID, principal.node, help, account=account.group(1))


def services(statement: Statement, context: Context) -> None:
    """Services that assume a role for whoever asks them to."""
    if not statement.allows or context.target.kind != "trust" or statement.testing(*SOURCES):
        return
    for principal in statement.principals:
        deputy = context.facts.catalog.confused_deputy(principal.text) if principal.kind == "Service" else None
        if deputy and deputy.trust:
            help = f"add {shown(deputy.trust)}: the account (or the resource) that it is to act for"
            context.add(own.SERVICE_TRUST, principal.node, help, service=principal.text)


def sessions(statement: Statement, context: Context) -> None:
    """A session beside its role."""
    if context.target.kind != "trust":
        return
    names = {one.text: one for one in statement.principals if one.kind == "AWS"}
    for principal in statement.principals:
        found = _SESSION.match(principal.text)
        if not found:
            continue
        partition, account, role = found.groups()
        for text, parent in names.items():
            if text.startswith(f"arn:{partition}:iam::{account}:role/") and text.rpartition("/")[2] == role:
                beside = [(parent.node, "covers all its sessions")]
                context.add(
                    aws.REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY,
                    principal.node,
                    "delete it",
                    beside=beside,
                    principal=principal.text,
                )
