"""What Terraform and CloudFormation make of our files, as far as documents go: read back without the code that wrote them.

HashiCorp, "JSON Configuration Syntax" (texts are templates) and the CloudFormation template reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

TYPED = {"AWS::AccountId": "account", "AWS::Region": "region", "AWS::Partition": "partition"}
# argument of each resource of Terraform that holds a document, and of CloudFormation
TERRAFORM = {"aws_organizations_policy": "content", "aws_ssoadmin_permission_set_inline_policy": "inline_policy"}
TERRAFORM |= {"aws_iam_role": "assume_role_policy", "aws_opensearch_domain_policy": "access_policies"}
TERRAFORM |= dict.fromkeys(
    (
        "aws_cloudwatch_log_resource_policy",
        "aws_codeartifact_domain_permissions_policy",
        "aws_codeartifact_repository_permissions_policy",
    ),
    "policy_document",
)
TERRAFORM |= {"aws_s3tables_table_bucket_policy": "resource_policy"}
_KEYS = {
    "source_arn": ("ArnLike", "aws:SourceArn"),
    "source_account": ("StringEquals", "aws:SourceAccount"),
    "principal_org_id": ("StringEquals", "aws:PrincipalOrgID"),
    "organization_id": ("StringEquals", "aws:PrincipalOrgID"),
    "function_url_auth_type": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "event_source_token": ("StringEquals", "lambda:EventSourceToken"),
}
_NAMES = {"SourceArn": "source_arn", "SourceAccount": "source_account", "PrincipalOrgID": "principal_org_id"}
_NAMES |= {"OrganizationId": "organization_id", "FunctionUrlAuthType": "function_url_auth_type"}
_NAMES |= {"EventSourceToken": "event_source_token"}


def template(text: str, value: Callable[[str], str]) -> str:
    """A template of Terraform: its escapes undone, its expressions filled in."""
    found, at = "", 0
    while at < len(text):
        if text.startswith(("$${", "%%{"), at):
            found, at = found + text[at + 1 : at + 3], at + 3
        elif text.startswith("%{", at):
            raise ValueError(f"a directive: {text}")
        elif text.startswith("${", at):
            end, quoted = at + 2, False
            while quoted or text[end] != "}":
                quoted ^= text[end] == '"'
                end += 1
            found, at = found + value(text[at + 2 : end]), end + 1
        else:
            found, at = found + text[at], at + 1
    return found


class Terraform:
    """One `iam.tf.json`. `known`: the values of expressions such as `data.aws_region.iamdsl.id`."""

    def __init__(self, file: Mapping[str, Any], known: Mapping[str, str]) -> None:
        self.file = file
        self.known = dict(known)
        self.used: set[str] = set()

    def text(self, text: str) -> str:
        return template(text, self.value)

    def value(self, expression: str) -> str:
        if expression in self.known:
            return self.known[expression]
        local = re.fullmatch(r"local\.(\w+)", expression)
        if local:
            return self.text(self.file["locals"][local[1]])
        pattern = re.fullmatch(r'regex\("(.+)", (.+?)\)(\[0\])?', expression)
        assert pattern, f"what is {expression}?"
        match = re.fullmatch(pattern[1].removeprefix("^").removesuffix("$"), self.known[pattern[2]])
        assert match, f"{self.known[pattern[2]]} is not of {pattern[1]}"
        return match[1] if pattern[3] else match[0]

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.text(key): self.filled(one) for key, one in value.items()}
        return [self.filled(one) for one in value] if isinstance(value, list) else self.text(value)

    def document(self, text: str) -> tuple[str, Any]:
        """The key and the document of `${jsonencode(local.iamdsl["KEY"])}`."""
        match = re.fullmatch(r'\$\{jsonencode\(local\.iamdsl\["(.+)"\]\)\}', text)
        assert match, text
        key = match[1].replace("$${", "${")
        self.used.add(match[1])
        return key, self.filled(self.file["locals"]["iamdsl"][match[1]])

    def documents(self) -> Iterator[tuple[str, Any]]:
        """Key and document of all that resources and outputs hold; of permissions, statement by statement."""
        for type, named in self.file.get("resource", {}).items():
            for one in named.values():
                holder = one.get(TERRAFORM.get(type, "policy"))
                if holder is not None:
                    yield self.document(holder)
                elif type in ("aws_lambda_permission", "aws_lambda_layer_version_permission"):
                    yield type, permission({key: self.filled(one[key]) for key in one if isinstance(one[key], str)})
        for one in self.file.get("output", {}).values():
            yield self.document(one["value"])
        assert self.used == set(self.file.get("locals", {}).get("iamdsl", {})), "a document that nothing holds"


def permission(one: Mapping[str, str]) -> dict[str, Any]:
    """The statement that AddPermission makes, but for its resource."""
    who = f"arn:aws:iam::{one['principal']}:root" if one["principal"].isdigit() else one["principal"]
    principal: Any = "*" if who == "*" else {"Service" if who.endswith((".com", ".cn")) else "AWS": who}
    condition: dict[str, Any] = {}
    for name, (operator, key) in _KEYS.items():
        if name in one:
            condition.setdefault(operator, {})[key] = one[name]
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": one["action"],
        **({"Condition": condition} if condition else {}),
    }


def statements(document: Any) -> list[Any]:
    """The statements of a document as permissions say them: of one action and principal, without Sid and resource."""
    found = []
    for one in document["Statement"]:
        kept = {key: value for key, value in one.items() if key not in ("Sid", "Resource")}
        for action in one["Action"] if isinstance(one.get("Action"), list) else [one.get("Action")]:
            found.append({**kept, "Action": action})
    return found


def unordered(value: Any) -> Any:
    """A value whose lists are in an order of their own."""
    if isinstance(value, dict):
        return {key: unordered(one) for key, one in value.items()}
    return sorted(map(unordered, value), key=str) if isinstance(value, list) else value


class CloudFormation:
    """One `template.json`. `known`: `account`, `region`, `partition`, and the value of each export."""

    def __init__(self, file: Mapping[str, Any], known: Mapping[str, str]) -> None:
        self.file = file
        self.known = known

    def filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name == "Ref":
                return self.known[TYPED[given]]
            if name == "Fn::ImportValue":
                return self.known[given]
            if name == "Fn::Select":
                return self.filled(given[1])[given[0]]
            if name == "Fn::Split":
                return self.filled(given[1]).split(given[0])
            if name == "Fn::Sub":
                text, names = given if isinstance(given, list) else (given, {})
                return self.substituted(text, {key: self.filled(one) for key, one in names.items()})
        return {key: self.filled(one) for key, one in value.items()}

    def substituted(self, text: str, names: Mapping[str, str]) -> str:
        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            return names[name] if name in names else self.known[TYPED[name]]

        return re.sub(r"\$\{([^}]*)\}", one, text)

    def documents(self) -> Iterator[tuple[str, Any]]:
        """As of Terraform."""
        for one in self.file["Resources"].values():
            properties, key = one["Properties"], one.get("Metadata", {}).get("Document", "")
            for name in (
                "PolicyDocument",
                "AssumeRolePolicyDocument",
                "InlinePolicy",
                "Content",
                "ResourcePolicy",
                "Policy",
            ):
                if name in properties:
                    found = self.filled(properties[name])
                    yield key, json.loads(found) if isinstance(found, str) else found
            for each in properties.get("Policies", ()):
                yield f"inline/{each['PolicyName']}", self.filled(each["PolicyDocument"])
            if one["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::LayerVersionPermission"):
                found = {_NAMES.get(key, key.lower()): self.filled(value) for key, value in properties.items()}
                yield "aws_lambda_permission", permission(found)
            if one["Type"] == "AWS::Events::EventBusPolicy":
                yield "AWS::Events::EventBusPolicy", self.filled(properties["Statement"])
