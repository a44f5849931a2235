"""Policies in the AWS CDK for Python: `iamdsl` compiles as the app is synthesized, and an error stops the synthesis."""

import os
from pathlib import Path

import aws_cdk
from aws_cdk import aws_iam as iam

import iamdsl

PROGRAM = Path(__file__).parent.parent / "policies"


class Platform(aws_cdk.Stack):
    """The role `etl` with its trust and its permissions, as the program says them."""

    def __init__(self, scope: aws_cdk.App, name: str) -> None:
        super().__init__(scope, name)
        documents = iamdsl.compile(PROGRAM).documents
        iam.CfnRole(
            self,
            "Etl",
            role_name="etl",
            assume_role_policy_document=documents["roles/etl/trust.json"],
        )
        iam.CfnManagedPolicy(
            self,
            "EtlPolicy",
            policy_document=iam.PolicyDocument.from_json(documents["roles/etl/policy.json"]),
            roles=["etl"],
        )


app = aws_cdk.App(outdir=os.environ.get("CDK_OUTDIR"))
Platform(app, "platform")
app.synth()
