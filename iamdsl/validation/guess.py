"""What a document is for, where nobody says."""

from __future__ import annotations

from iamdsl.validation.arns import open_ended, split
from iamdsl.validation.context import Target
from iamdsl.validation.facts import Facts
from iamdsl.validation.reading import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.catalog import ResourceType

# where a compile puts its documents
_NAMES = ((".scp.json", "scp"), (".rcp.json", "rcp"), ("trust.json", "trust"))


def guess(policy: Policy, path: str, facts: Facts) -> Target:
    """By the file's name if it is one that `compile` gives, else by principals, actions and resources."""
    for end, kind in _NAMES:
        if path.endswith(end):
            return Target(kind, given=False)
    if "boundaries/" in path:
        return Target("boundary", given=False)
    statements = policy.statements
    actions = [node.text.lower() for one in statements for node in one.actions]
    assuming = [one for one in actions if one.startswith("sts:assumerole")]
    about = any("Resource" in one.elements or "NotResource" in one.elements for one in statements)
    if not any("Principal" in one.elements or "NotPrincipal" in one.elements for one in statements):
        return Target("trust" if assuming and not about and len(assuming) == len(actions) else "identity", given=False)
    if actions and (all(one.startswith("sts:") for one in actions) or assuming and not about):
        return Target("trust", given=False)
    if _denies_everyone_everything(policy):
        return Target("rcp", given=False)
    return Target("resource", policy_type(policy, facts), given=False)


def _denies_everyone_everything(policy: Policy) -> bool:
    return all(
        one.denies and one.all_resources and one.principals and all(who.everyone for who in one.principals)
        for one in policy.statements
    )


def policy_type(policy: Policy, facts: Facts) -> ResourceType | None:
    """The type whose policy this is: the one of all its ARNs, or of all its actions where it has no ARN."""
    services = set()
    for statement in policy.statements:
        for node in statement.resources:
            parts = split(node.text)
            if len(parts) == 6 and not open_ended(parts[2]):
                services.add(parts[2])
    named = [node.text.partition(":")[0].lower() for one in policy.statements for node in one.actions]
    if not services:
        services = set(named) - {"*"}
    elif len(services) > 1:
        services = {one for one in services if one in named}
    if len(services) != 1:
        return None
    found = _TYPES.get(services.pop())
    return facts.catalog.type(found) if found else None


# the type with a policy that ARNs (or actions) of a service nearly always mean
_TYPES = {
    "s3": "s3:bucket",
    "kms": "kms:key",
    "sqs": "sqs:queue",
    "sns": "sns:topic",
    "ecr": "ecr:repository",
    "secretsmanager": "secretsmanager:Secret",
    "lambda": "lambda:function",
    "dynamodb": "dynamodb:table",
    "events": "events:event-bus",
    "logs": "logs:log-group",
    "glacier": "glacier:vault",
    "backup": "backup:backupVault",
    "kinesis": "kinesis:stream",
    "elasticfilesystem": "elasticfilesystem:file-system",
    "execute-api": "apigateway:RestApi",
    "es": "es:domain",
    "s3express": "s3express:bucket",
    "s3-outposts": "s3-outposts:bucket",
    "s3-object-lambda": "s3:objectlambdaaccesspoint",
}
