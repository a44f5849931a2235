"""What comes out is accepted by checks that nobody here wrote: cfn-lint's of IAM policies by kind, and moto's of identity and
trust policies. All golden documents, and those of every block of the reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.source import Source

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "compile").glob("*/expected.json"))


def blocks() -> Iterator[tuple[str, Any]]:
    for name in ("grammar/language.md", "README.md"):
        for place, block in enumerate(re.findall(r"```iam\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)):
            found = compile_program((Source("block.iam", block),), default(), {}, Report())
            for path, document in tree.documents(found).items():
                yield f"{name}-{place} {path}", document


def alone(document: Any) -> str:
    """The path that a document printed alone would have had, as its elements tell."""
    first = document["Statement"][0]
    if "Principal" not in first:
        return "policies/one.json"
    return "resources/other/one/policy.json" if "Resource" in first else "roles/one/trust.json"


def everything() -> dict[str, Any]:
    """Where it comes from and its path → document."""
    found = dict(blocks())
    for case in CASES:
        value = json.loads(case.read_text(encoding="utf-8"))
        if case.parent.name.startswith("unknown-action"):
            continue  # declared because nobody knows it yet
        documents = {alone(value): value} if "Statement" in value else value
        found |= {f"{case.parent.name} {path}": document for path, document in documents.items()}
    return found


EVERYTHING = everything()
NEW = [name for name, document in EVERYTHING.items() if document["Version"] == "2012-10-17"]  # moto takes no other

# folder of a resource → its CloudFormation type and properties beside the policy
RESOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bucket": ("AWS::S3::BucketPolicy", "PolicyDocument", {"Bucket": "b"}),
    "queue": ("AWS::SQS::QueuePolicy", "PolicyDocument", {"Queues": ["https://sqs.eu-west-1.amazonaws.com/1/q"]}),
    "topic": ("AWS::SNS::TopicPolicy", "PolicyDocument", {"Topics": ["arn:aws:sns:eu-west-1:111122223333:t"]}),
    "key": ("AWS::KMS::Key", "KeyPolicy", {}),
    "secret": ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", {"SecretId": "s"}),
    "repository": ("AWS::ECR::Repository", "RepositoryPolicyText", {}),
}


def resource(path: str, document: Any) -> dict[str, Any] | None:
    """A document as CloudFormation takes it; None for a kind that it has no property for."""
    kind, *rest = path.split("/")
    if kind in ("roles", "users", "groups") or rest[:1] in (["roles"], ["users"], ["groups"]):
        if path.endswith("trust.json"):
            return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
        return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    if kind in ("policies", "boundaries"):
        return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    if kind == "guardrails":
        types = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
        properties = {"Name": "g", "Type": types[path.split(".")[-2]], "Content": document}
        return {"Type": "AWS::Organizations::Policy", "Properties": properties}
    if kind == "resources" and rest[0] in RESOURCES:
        type, name, more = RESOURCES[rest[0]]
        return {"Type": type, "Properties": {**more, name: document}}
    return None


def test_there_is_something_of_every_kind() -> None:
    kinds = {name.split(" ")[1].split("/")[0] for name in EVERYTHING}
    assert {"roles", "users", "groups", "policies", "boundaries", "guardrails", "resources"} <= kinds
    folders = {name.split("/")[1] for name in EVERYTHING if " resources/" in name}
    assert set(RESOURCES) <= folders


@pytest.mark.parametrize("half", [0, 1])
def test_cfn_lint_accepts_all(half: int) -> None:
    from cfnlint.api import lint_all  # here: it takes seconds to import

    resources: dict[str, Any] = {}
    names: dict[str, str] = {}
    for name in list(EVERYTHING)[half::2]:  # a template has at most 500 resources
        made = resource(name.split(" ", 1)[1], EVERYTHING[name])
        if made and '"arn:aws-' not in json.dumps(EVERYTHING[name]):  # it knows the services of partition aws only
            key = f"R{len(resources)}"
            if "Bucket" in made["Properties"]:
                made["Properties"] = made["Properties"] | {"Bucket": key.lower()}
            resources[key], names[key] = made, name
    found = lint_all(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}))
    wrong = []
    for one in found:
        path = list(one.path or [])
        key = next((part for part in path if isinstance(part, str) and part in names), "")
        if one.rule.id[0] == "E" or one.rule.id == "W3037":
            wrong.append((names.get(key, ""), one.rule.id, one.message[:200], path[3:]))
    assert len(resources) > 150 and not wrong, wrong


@pytest.mark.parametrize("name", NEW)
def test_moto_accepts_it(name: str) -> None:
    from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator

    path, text = name.split(" ", 1)[1], json.dumps(EVERYTHING[name])
    if path.endswith("trust.json"):
        text = text.replace("2008-10-17", "2012-10-17")  # AWS asks for the newer version in managed policies alone
        IAMTrustPolicyDocumentValidator(text).validate()
    elif not path.startswith(("resources/", "guardrails/", "endpoint-policies/")) and "/resources/" not in path:
        IAMPolicyDocumentValidator(text).validate()
