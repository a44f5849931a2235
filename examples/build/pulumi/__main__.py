"""Policies in Pulumi for Python: `iamdsl` compiles as the program runs, and an error stops the update."""

import json
from pathlib import Path

import pulumi
import pulumi_aws as aws

import iamdsl

PROGRAM = Path(__file__).parent.parent / "policies"

documents = iamdsl.compile(PROGRAM).documents
role = aws.iam.Role("etl", name="etl", assume_role_policy=json.dumps(documents["roles/etl/trust.json"]))
policy = aws.iam.RolePolicy("etl", role=role.id, policy=json.dumps(documents["roles/etl/policy.json"]))
pulumi.export("role", role.arn)
