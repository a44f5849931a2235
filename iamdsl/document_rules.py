"""Findings about policy documents beyond those that AWS has.

IAM954 to IAM999, appended, never reused; `explain/CODE.md` is the page of each.
"""

from __future__ import annotations

from iamdsl.diagnostics import Rule, Rules

RULES = Rules()


def _rule(number: int, slug: str, severity: str, message: str) -> Rule:
    return RULES.declare(f"IAM{number}", slug, severity, message)


# the text
DUPLICATE_ELEMENT = _rule(954, "duplicate-element", "error", "`{name}` stands twice here: only one of them counts")
OLD_VERSION = _rule(955, "old-version", "suggestion", "this version of the policy language has no policy variables")

# statements beside statements
SHADOWED_STATEMENT = _rule(956, "shadowed-statement", "suggestion", "another statement {does} all of this already")
CONTRADICTORY_STATEMENTS = _rule(957, "contradictory-statements", "warning", "a `Deny` cancels all that this allows")

# actions and resources
RESOURCE_MISMATCH = _rule(958, "resource-mismatch", "warning", "{action} acts on none of these resources")
NEEDS_ALL_RESOURCES = _rule(959, "needs-all-resources", "warning", "{action} exists only on `*`")
ALLOW_NOT_ACTION = _rule(
    960, "allow-not-action", "warning", "`NotAction` allows all that AWS has and will have but this"
)
ALLOW_NOT_RESOURCE = _rule(961, "allow-not-resource", "warning", "`NotResource` allows this on everything but a few")
DRIFTING_WILDCARD = _rule(962, "drifting-wildcard", "suggestion", "`{action}` is {levels}, and whatever AWS adds to it")

# conditions
KEY_OF_NO_ACTION = _rule(963, "key-of-no-action", "warning", "no request for {actions} carries `{key}`")
UNGUARDED_FORALLVALUES = _rule(
    964, "unguarded-forallvalues", "warning", "`ForAllValues` on `{key}` holds where the key is absent"
)
MFA_FAILS_OPEN = _rule(965, "mfa-fails-open", "warning", "a request without `{key}` passes this test of MFA")
EXPIRED = _rule(966, "expired-condition", "warning", "`{value}` is past: this statement never applies any more")
NEVER_HOLDS = _rule(967, "contradictory-condition", "warning", "these tests of `{key}` are never true together")

# principals and trust
BAD_PRINCIPAL = _rule(968, "invalid-principal", "error", "`{principal}` is no principal: {why}")
UNKNOWN_SERVICE_PRINCIPAL = _rule(
    969, "unlisted-service-principal", "warning", "no AWS service is called `{principal}`"
)
PUBLIC_ACCESS = _rule(970, "public-access", "warning", "anyone may {what} here")
TRUST_WITHOUT_EXTERNAL_ID = _rule(
    971, "trust-without-external-id", "suggestion", "account {account} may assume this role for any of its customers"
)
OIDC_WITHOUT_SUBJECT = _rule(
    972, "oidc-without-subject", "warning", "every identity of `{provider}` may assume this role"
)
SERVICE_TRUST = _rule(973, "service-trust-without-source", "suggestion", "{service} may assume this role for anybody")
DENY_NOT_PRINCIPAL = _rule(
    974,
    "deny-not-principal",
    "suggestion",
    "`NotPrincipal` under `Deny` needs each session and account of whom it spares",
)

# risk
ADMIN_ACCESS = _rule(975, "admin-access", "warning", "every action on every resource")
WHOLE_SERVICE = _rule(976, "whole-service", "suggestion", "every action of {service} on every resource")
PRIVILEGE_ESCALATION = _rule(977, "privilege-escalation", "warning", "a way to more than {what}: {path}")
CREDENTIALS_EXPOSURE = _rule(
    978, "credentials-exposure", "warning", "{actions} {hand} out credentials, on any resource"
)
DATA_EXPOSURE = _rule(979, "data-exposure", "suggestion", "{actions} {read} data, on any resource")
SHARING_EXPOSURE = _rule(980, "sharing-exposure", "warning", "{actions} can open any resource to others")

# quotas beside the size
OVER_COUNT = _rule(981, "over-count", "warning", "{count} {what}, {limit} is what AWS allows")

# attachment, where a file's place tells
USER_WITH_POLICY = _rule(985, "user-with-own-policy", "suggestion", "user `{name}` has a policy of its own")

# variables
UNKNOWN_VARIABLE = _rule(986, "unknown-variable", "warning", "no request has `{name}`: this matches nothing")

# what principals have together
ROLE_LENDS_MORE = _rule(987, "role-lends-more", "suggestion", "more than its own: {path}")
