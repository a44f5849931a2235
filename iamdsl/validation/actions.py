"""Actions: that they exist, and that this kind of document can say them."""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.policy.located import Node
from iamdsl.validation.context import Context, perhaps
from iamdsl.validation.facts import glob
from iamdsl.validation.reading import Statement

# what a trust policy can allow: IAM user guide, "Update a role trust policy"; STS API reference
TRUST_ACTIONS = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoot",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)
# resource types whose policies speak of another service's actions: the pages named in resource_policies.tsv
_ACTION_SERVICES = {
    "apigateway:RestApi": ("execute-api",),
    "s3:objectlambdaaccesspoint": ("s3-object-lambda",),
    "vpc-lattice:Service": ("vpc-lattice-svcs", "vpc-lattice"),
    "vpc-lattice:ServiceNetwork": ("vpc-lattice-svcs", "vpc-lattice"),
    "iam:role": ("sts",),
}
# changes of access level that pass for growth; anything else in one wildcard is a mixture
_READING = frozenset(["List", "Read"])


def wild(text: str) -> bool:
    return "*" in text or "?" in text


def names(statement: Statement, context: Context) -> None:
    """Every action exists."""
    for node in statement.actions:
        _exists(node, context)


def _exists(node: Node, context: Context) -> None:
    text = node.text
    if not text.strip("*") and text or "${" in text:
        return  # a variable is another finding
    service, colon, name = text.partition(":")
    if not colon or not name or not service:
        context.add(aws.INVALID_ACTION, node, _whole(text, context), action=text)
        return
    if service == "*":
        return
    if not context.facts.known_service(service):
        near = context.close(service, context.facts.catalog.services())
        help = perhaps(near) or "the service prefix of an action is short and lower case, such as `s3`"
        if text != text.strip():
            help = "delete the space around it"
        fix = context.replace(node, f"{near}:{name}") if near and context.facts.exists(f"{near}:{name}") else ()
        context.add(aws.INVALID_SERVICE_IN_ACTION, node, help, fix, service=service)
    elif not context.facts.exists(text):
        found = context.facts.catalog.service(service)
        near = context.close(name, [one.name for one in found.actions.values()] if found else (), 0.7)
        help = f"did you mean `{service}:{near}`?" if near else f"no action of {service} is like it"
        fix = context.replace(node, f"{service}:{near}") if near and not wild(text) else ()
        context.add(aws.INVALID_ACTION, node, help, fix, action=text)


def _whole(text: str, context: Context) -> str:
    """Help for an action without its service."""
    if text and not wild(text) and ":" not in text:
        found = context.facts.catalog.names_matching(f"*:{text}")
        if found:
            return perhaps(found[0][0])
    return "an action is `service:Name`, such as `s3:GetObject`"


def of_kind(statement: Statement, context: Context) -> None:
    """What a guardrail, a trust policy and the policy of a resource can say."""
    kind = context.target.kind
    for node in statement.actions:
        if kind == "scp":
            _scp(node, context)
        elif kind == "rcp":
            _rcp(node, statement, context)
        elif kind == "trust" and not statement.negated_actions:
            _trust(node, context)
        elif kind == "resource" and context.target.type and not statement.negated_actions:
            _resource(node, context)


def _scp(node: Node, context: Context) -> None:
    """Organizations user guide, "SCP syntax"."""
    if wild(node.text[:-1]) or node.text.endswith("?"):
        help = "list the actions, or write a wildcard that ends them"
        context.add(aws.SCP_SYNTAX_ERROR_ACTION_WILDCARD, node, help, action=node.text)


def _rcp(node: Node, statement: Statement, context: Context) -> None:
    """Organizations user guide, "RCP syntax" and "AWS services that support RCPs"."""
    if statement.negated_actions or not statement.denies:
        return  # findings of their own
    service = node.text.partition(":")[0].lower()
    covered = context.facts.catalog.rcp_services()
    if service not in covered and (not node.text.strip("*") or context.facts.known_service(service)):
        help = "name services: `s3:*`, `kms:*`" if not node.text.strip("*") else "RCPs do not cover this service"
        context.add(aws.RCP_SYNTAX_ERROR_ACTION, node, help, action=node.text)


def _trust(node: Node, context: Context) -> None:
    pattern = glob(node.text.lower())
    service = node.text.partition(":")[0].lower()
    known = context.facts.known_service(service) or not node.text.strip("*")
    if known and not any(pattern.match(one.lower()) for one in TRUST_ACTIONS):
        help = f"it says who may assume the role: {', '.join(TRUST_ACTIONS[:3])}"
        context.add(aws.UNSUPPORTED_ACTION_IN_POLICY, node, help, type="role", action=node.text)


def _resource(node: Node, context: Context) -> None:
    type = context.target.type
    service = node.text.partition(":")[0].lower()
    assert type is not None  # asked by `of_kind`
    if service in ("*", "") or not context.facts.known_service(service) or type.full == "ec2:vpc-endpoint":
        return
    if service not in _ACTION_SERVICES.get(type.full, (type.service,)):
        help = f"this policy is about actions of {_ACTION_SERVICES.get(type.full, (type.service,))[0]}"
        context.add(aws.UNSUPPORTED_ACTION_IN_POLICY, node, help, type=type.name, action=node.text)
        return
    found = context.facts.expand(node.text)
    if found and service == type.service and type.full != "kms:key" and not any(one.types for one in found):
        help = "it acts on no resource that has a policy"
        context.add(aws.UNSUPPORTED_ACTION_IN_POLICY, node, help, type=type.name, action=node.text)


def _inside_a_word(pattern: str, names: list[str]) -> bool:
    """Whether a wildcard of the pattern stands elsewhere than at its end, or ends it in the middle of a word."""
    start = pattern.rstrip("*")
    return wild(start) or any(one[len(start) : len(start) + 1].islower() for one in names if len(one) > len(start))


def drifting(statement: Statement, context: Context) -> None:
    """A wildcard in an `Allow` that joins reading with writing, or cuts words, so that what AWS adds may be anything.

    `service:*` means everything, on purpose; `service:Get*` grows by more of the same.
    """
    if not statement.allows or statement.negated_actions or not context.target.grants:
        return
    for node in statement.actions:
        name = node.text.partition(":")[2]
        if not wild(name) or not name.strip("*"):
            continue
        found = context.facts.expand(node.text)
        levels = {one.level for one in found}
        if len(levels) > 1 and not levels <= _READING or found and _inside_a_word(name, [one.name for one in found]):
            ordered: list[str] = [
                one for one in ("List", "Read", "Write", "Tagging", "Permissions management") if one in levels
            ]
            listed = " and ".join(([", ".join(ordered[:-1])] if ordered[:-1] else []) + ordered[-1:])
            help = "list the actions, or write one wildcard for each level"
            context.add(own.DRIFTING_WILDCARD, node, help, action=node.text, levels=listed.lower())
