"""Plain JSON in the AWS CDK: what it synthesises holds our documents. An optional lane: `pip install aws-cdk-lib`, and Node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

cdk: Any = pytest.importorskip("aws_cdk", reason="no aws-cdk-lib: pip install aws-cdk-lib, which needs Node")

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def test_synthesised_documents() -> None:
    iam = cdk.aws_iam
    app = cdk.App()
    stack = cdk.Stack(app, "S")
    wanted: dict[str, Any] = {}
    for number, path in enumerate(sorted(EXAMPLES.glob("*/expected/**/*.json"))):
        if path.name not in ("policy.json", "trust.json") or "resources" in path.parts:
            continue
        document, name = json.loads(path.read_text(encoding="utf-8")), f"D{number}"
        wanted[name] = document
        if path.name == "trust.json":
            iam.CfnRole(stack, name, assume_role_policy_document=document)
        else:
            policy = iam.ManagedPolicy(stack, name, document=iam.PolicyDocument.from_json(document))
            policy.node.default_child.override_logical_id(name)
    made = app.synth().get_stack_by_name("S").template["Resources"]
    assert len(wanted) > 20
    for name, document in wanted.items():
        properties = made[name]["Properties"]
        assert properties.get("PolicyDocument", properties.get("AssumeRolePolicyDocument")) == document
