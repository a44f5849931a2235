"""The ARNs of `Resource`: their six parts against the formats of the service.

Source: IAM user guide, "IAM ARNs"; the formats are those of the service authorization reference.
"""

from __future__ import annotations

import re

from iamdsl import analyzer_rules as aws
from iamdsl.catalog import squash
from iamdsl.policy.forms import Form
from iamdsl.policy.located import Node
from iamdsl.validation.actions import wild
from iamdsl.validation.facts import meets
from iamdsl.validation.context import Context, perhaps
from iamdsl.validation.reading import Statement

# services with resources of AWS's own, whose ARNs have no account: Systems Manager user guide, documents and parameters
_AWS_OWNED = ("ssm", "resource-explorer-2")
_ACCOUNT = Form(r"[0-9]{12}\Z")
_REGION = Form(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+\Z")


def resources(statement: Statement, context: Context) -> None:
    for node in statement.resources:
        if node.text.strip("*") or not node.text:
            _resource(node, context)


def split(arn: str) -> list[str]:
    """The six parts of an ARN (fewer of a short one); colons in policy variables do not count."""
    if "${" not in arn:
        return arn.split(":", 5)
    hidden = re.sub(r"\$\{[^}]*\}", lambda found: found.group().replace(":", "\0"), arn)
    return [part.replace("\0", ":") for part in hidden.split(":", 5)]


def _resource(node: Node, context: Context) -> None:
    text = node.text
    if not text.startswith("arn:"):
        if text.startswith("${") and "}" in text:
            return  # whatever the variable holds
        if text.startswith("execute-api:/") and context.target.kind == "resource":
            return  # API Gateway developer guide, resource policies: the rest of the ARN is the API's own
        help = "a resource is `*` or an ARN: `arn:aws:s3:::bucket/*`"
        if text.lower().startswith("arn:"):
            help = "`arn` is written in lower case"
        context.add(aws.INVALID_ARN_PREFIX, node, help, arn=text)
        return
    parts = split(text)
    if len(parts) < 6:
        help = "`arn:partition:service:region:account:resource`, where region and account may be empty"
        context.add(aws.MISSING_ARN_FIELD, node, help, arn=text, given=len(parts))
        return
    _, partition, service, region, account, resource = parts
    if not open_ended(partition) and partition not in context.facts.catalog.partitions():
        help = (
            perhaps(context.close(partition, context.facts.catalog.partitions())) or "`aws`, `aws-cn` or `aws-us-gov`"
        )
        context.add(aws.INVALID_PARTITION, node, help, what=f"`{text}`", partition=partition)
    if open_ended(service):
        if wild(service):
            context.add(aws.WILDCARD_IN_SERVICE_NAME, node, "name the service", arn=text)
        return
    if not context.facts.arn_service(service):
        _service(node, service, context)
        return
    _parts(node, service, region, account, resource, partition, context)


def open_ended(part: str) -> bool:
    """Whether a part of an ARN is not one text: a wildcard or a policy variable is in it."""
    return wild(part) or "${" in part


def _service(node: Node, service: str, context: Context) -> None:
    if context.facts.arn_service(service.lower()):
        fix = context.replace(node, node.text.replace(f":{service}:", f":{service.lower()}:", 1))
        context.add(aws.INVALID_ARN_SERVICE_CASE, node, f"write `{service.lower()}`", fix, service=service)
        return
    near = context.close(service, context.facts.catalog.services())
    context.add(aws.INVALID_SERVICE, node, perhaps(near), service=service)


def _parts(
    node: Node, service: str, region: str, account: str, resource: str, partition: str, context: Context
) -> None:
    """Region, account and resource against the formats of the service that fit the resource."""
    if account and not open_ended(account) and account != "aws" and not _ACCOUNT.match(account):
        formats = context.facts.formats(service)
        if any(not one[4].startswith("${") and one[4] == account for one in formats):
            return
        help = "an account id has 12 digits"
        context.add(aws.INVALID_ARN_ACCOUNT, node, help, account=account)
        return
    _region(node, service, region, partition, context)
    formats = context.facts.formats(service)
    fitting = [one for one in formats if meets(resource, one[5])]
    if not formats:
        return
    if not fitting:
        _misspelt(node, service, resource, formats, context)
        return
    if region and all(not one[3] for one in fitting) and region != "*":
        fix = context.replace(node, node.text.replace(f":{region}:", "::", 1))
        help = f"write `{':'.join(['arn', partition, service, '', account, resource])}`"
        context.add(aws.ARN_REGION_NOT_ALLOWED, node, help, fix, service=service)
    elif not region and all(one[3] for one in fitting):
        help = "name it, or write `*` for all"
        context.add(aws.MISSING_ARN_REGION, node, help, what=service)
    if account and all(not one[4] for one in fitting) and account != "*":
        help = f"write `{':'.join(['arn', partition, service, region, '', resource])}`"
        fix = context.replace(node, ":".join(["arn", partition, service, region, "", resource]))
        context.add(aws.ARN_ACCOUNT_NOT_ALLOWED, node, help, fix, service=service)
    elif not account and all(one[4] for one in fitting) and service not in _AWS_OWNED and resource.strip("*"):
        context.add(aws.MISSING_ARN_ACCOUNT, node, "name it, or write `*` for all", what=service)


def _misspelt(node: Node, service: str, resource: str, formats: tuple[tuple[str, ...], ...], context: Context) -> None:
    """A resource that has no format of the service: an error only if its first word is none of the service's.

    Resources come that no table has (`kms:::*`, `apigateway::/tags`), and AWS lets them pass: an action that acts on
    none of its resources is a finding of its own.
    """
    first = re.split(r"[/:*?$]", resource, maxsplit=1)[0]
    known = list(dict.fromkeys([re.split(r"[/:*]", one[5], maxsplit=1)[0] for one in formats]))
    if (
        not first
        or open_ended(resource[len(first) : len(first) + 2])
        or "" in known
        or squash(first) in {squash(one) for one in known}
    ):
        return
    near = context.close(first, known)
    if not near and (open_ended(resource) or wild(resource)):
        return
    kinds = [one[5] for one in formats]
    shape = next((one for one in kinds if near and one.startswith(near)), kinds[0])
    help = f"did you mean `{near}`? {shape}" if near else f"ARNs of {service} end in `{shape}` and the like"
    context.add(aws.INVALID_ARN_RESOURCE, node, help, resource=resource, service=service)


def _region(node: Node, service: str, region: str, partition: str, context: Context) -> None:
    """A region that does not exist, or is another partition's."""
    if not region or open_ended(region) or region == "aws-global":
        return
    catalog = context.facts.catalog
    of = catalog.partition_of(region)
    if of is None:
        known = [one for name in catalog.partitions() for one in catalog.regions(name)]
        help = perhaps(context.close(region, known))
        if _ACCOUNT.match(region):
            help = "the parts are `arn:partition:service:region:account:resource`: the account stands in the region's place"
        context.add(aws.INVALID_ARN_REGION, node, help, region=region, service=service)
    elif not open_ended(partition) and partition in catalog.partitions() and of != partition:
        help = f"region {region} is in partition `{of}`"
        context.add(aws.INVALID_PARTITION, node, help, what=f"region {region}", partition=partition)


def of_type(statement: Statement, context: Context) -> None:
    """The policy of a resource speaks of that resource: not of another service's."""
    type = context.target.type
    if context.target.kind != "resource" or type is None or type.full == "ec2:vpc-endpoint":
        return
    own = {arn.split(":")[2] for arn in type.arns} | {
        "execute-api" if type.full == "apigateway:RestApi" else type.service
    }
    for node in statement.resources:
        parts = split(node.text)
        service = parts[2] if len(parts) == 6 else ""
        if service and not open_ended(service) and context.facts.arn_service(service) and service not in own:
            help = f"name the {type.name} that the policy is on"
            context.add(aws.UNSUPPORTED_RESOURCE_ARN_IN_POLICY, node, help, type=type.name, arn=node.text)
