"""A made-up account, as `aws iam get-account-authorization-details` prints one: large, and like those that people have.

Teams with paths, groups, boundaries and tags; managed policies of which many share statements, or are the same under several
names; inline policies; roles trusted in every way. Everything comes from one seed.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any
from urllib.parse import quote

ACCOUNT, PARTNER, AUDIT = "111122223333", "444455556666", "777788889999"
TEAMS = (
    "vision speech search ads billing growth data platform mobile web fraud risk legal people tools edge video maps "
    "games health pay ship store trust labs"
).split()
STAGES = ("dev", "test", "prod")
AWS = [
    *("ReadOnlyAccess", "AmazonS3ReadOnlyAccess", "AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"),
    *("service-role/AWSLambdaBasicExecutionRole", "service-role/AWSGlueServiceRole", "job-function/ViewOnlyAccess"),
    *("AmazonDynamoDBReadOnlyAccess", "AmazonEC2ContainerRegistryReadOnly", "SecurityAudit"),
]
DENIES = [
    {
        "Sid": "DenyOutsideRegions",
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*", "support:*", "organizations:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
    },
    {
        "Sid": "DenyUnencryptedTransport",
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
    {"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"},
]
Json = dict[str, Any]


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


class Maker:
    """Makes one account. `encoded`: documents are URL-encoded texts, as the API itself gives them."""

    def __init__(self, seed: int = 1, encoded: bool = False) -> None:
        self.random = Random(seed)
        self.encoded = encoded

    def account(self, roles: int = 1000, users: int = 300, policies: int = 2000) -> Json:
        groups = [f"{team}-{kind}" for team in TEAMS for kind in ("engineers", "readers")][: max(2, users // 6)]
        managed = [self.policy(number) for number in range(policies)]
        arns = [one["Arn"] for one in managed]
        names = [f"user-{number:03}" for number in range(users)]
        made = [self.role(number, arns, names) for number in range(roles)]
        return {
            "UserDetailList": [self.user(number, name, groups, arns) for number, name in enumerate(names)],
            "GroupDetailList": [self.group(name, arns) for name in groups],
            "RoleDetailList": [*made, self.linked()],
            "Policies": [*managed, self.of_aws()],
            "IsTruncated": False,
        }

    # ---- documents

    def put(self, found: Json) -> Any:
        return quote(json.dumps(found)) if self.encoded else found

    def place(self) -> tuple[str, str]:
        return self.random.choice(TEAMS), self.random.choice(STAGES)

    def statement(self) -> Json:
        team, stage = self.place()
        name = f"acme-{team}-{stage}"
        here = f"eu-west-1:{ACCOUNT}"
        return self.random.choice(
            [
                {"Sid": "ReadBucket", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
                 "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]},
                {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": f"arn:aws:s3:::{name}/out/*"},
                {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"],
                 "Resource": [f"arn:aws:dynamodb:{here}:table/{name}", f"arn:aws:dynamodb:{here}:table/{name}/index/*"]},
                {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": f"arn:aws:sqs:{here}:{name}-jobs"},
                {"Effect": "Allow", "Action": "sns:Publish", "Resource": f"arn:aws:sns:{here}:{name}-alerts"},
                {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                 "Resource": f"arn:aws:logs:{here}:log-group:/aws/lambda/{name}*:*"},
                {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"],
                 "Resource": f"arn:aws:secretsmanager:{here}:secret:{name}/*"},
                {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                 "Resource": f"arn:aws:kms:{here}:key/{self.random.randrange(16**8):08x}-0000-4000-8000-000000000000",
                 "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}},
                {"Effect": "Allow", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/{team}/*",
                 "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
                {"Effect": "Allow", "Action": ["ec2:StartInstances", "ec2:StopInstances"], "Resource": "*",
                 "Condition": {"StringEquals": {"aws:ResourceTag/team": team, "ec2:Region": "eu-west-1"}}},
                {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData", "xray:PutTraceSegments", "ec2:Describe*"], "Resource": "*"},
                {"Effect": "Allow", "Action": ["s3:*"], "Resource": [f"arn:aws:s3:::{name}-scratch", f"arn:aws:s3:::{name}-scratch/*"],
                 "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{AUDIT}:role/{team}-*"},
                {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{name}",
                 "Condition": {"StringLike": {"s3:prefix": ["home/${aws:username}/*", "shared/*"]}}},
            ]
        )  # fmt: skip

    def statements(self, most: int) -> list[Json]:
        found = [self.statement() for _ in range(self.random.randint(1, most))]
        if self.random.random() < 0.2:
            found.append(self.random.choice(DENIES))
        sids: set[str] = set()
        kept = []
        for one in found:  # IAM takes a Sid once
            if one.get("Sid") in sids:
                one = {name: value for name, value in one.items() if name != "Sid"}
            sids.add(one.get("Sid", ""))
            kept.append(one)
        return kept

    def policy(self, number: int) -> Json:
        team = TEAMS[number % len(TEAMS)]
        if number % 7 == 6:  # the same under another name, as copies are
            self.random, kept = Random(number // 70), self.random
            found = document(*self.statements(4))
            self.random = kept
        else:
            found = document(*self.statements(6))
        path = f"/{team}/" if number % 3 == 0 else "/"
        name = f"{team}-policy-{number:04}"
        old = {"Document": self.put(document(self.statement())), "VersionId": "v1", "IsDefaultVersion": False}
        new = {"Document": self.put(found), "VersionId": "v2", "IsDefaultVersion": True}
        return {
            **{
                "PolicyName": name,
                "PolicyId": f"ANPA{number:016}",
                "Arn": f"arn:aws:iam::{ACCOUNT}:policy{path}{name}",
            },
            **{"Path": path, "DefaultVersionId": "v2", "AttachmentCount": 1, "IsAttachable": True},
            **({"Description": f"What {team} needs"} if number % 5 == 0 else {}),
            "PolicyVersionList": [new, old] if number % 4 == 0 else [new],
        }

    def of_aws(self) -> Json:
        arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        return {
            "PolicyName": "ReadOnlyAccess",
            "Arn": arn,
            "Path": "/",
            "DefaultVersionId": "v1",
            "PolicyVersionList": [],
        }

    # ---- principals

    def attached(self, arns: list[str], most: int) -> list[Json]:
        chosen = self.random.sample(arns, min(len(arns), self.random.randint(0, most)))
        chosen += [f"arn:aws:iam::aws:policy/{name}" for name in self.random.sample(AWS, self.random.randint(0, 2))]
        return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in chosen]

    def inline(self, share: float) -> list[Json]:
        names = (
            ["access", "scratch", "legacy-rights"][: self.random.randint(1, 2)] if self.random.random() < share else []
        )
        return [{"PolicyName": name, "PolicyDocument": self.put(document(*self.statements(3)))} for name in names]

    def bounded(self, arns: list[str], share: float) -> Json:
        if self.random.random() >= share:
            return {}
        arn = self.random.choice(arns[:3])
        return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}}

    def tags(self, team: str) -> Json:
        return {
            "Tags": [
                {"Key": "team", "Value": team},
                {"Key": "cost centre", "Value": str(self.random.randint(100, 120))},
            ]
        }

    def user(self, number: int, name: str, groups: list[str], arns: list[str]) -> Json:
        team = TEAMS[number % len(TEAMS)]
        path = f"/{team}/" if number % 2 else "/"
        return {
            **{
                "Path": path,
                "UserName": name,
                "UserId": f"AIDA{number:016}",
                "Arn": f"arn:aws:iam::{ACCOUNT}:user{path}{name}",
            },
            **{
                "CreateDate": "2026-01-02T03:04:05+00:00",
                "GroupList": self.random.sample(groups, self.random.randint(0, 2)),
            },
            **{"AttachedManagedPolicies": self.attached(arns, 2), **self.bounded(arns, 0.2)},
            **({"UserPolicyList": inline} if (inline := self.inline(0.1)) else {}),
            **(self.tags(team) if number % 3 else {}),
        }

    def group(self, name: str, arns: list[str]) -> Json:
        return {
            **{"Path": "/", "GroupName": name, "GroupId": f"AGPA{name}", "Arn": f"arn:aws:iam::{ACCOUNT}:group/{name}"},
            **{"GroupPolicyList": self.inline(0.2), "AttachedManagedPolicies": self.attached(arns, 4)},
        }

    def role(self, number: int, arns: list[str], users: list[str]) -> Json:
        team = TEAMS[number % len(TEAMS)]
        path = f"/{team}/" if number % 3 else "/"
        name = f"{team}-role-{number:04}"
        trust = document(*self.trust(number, users))
        profile = {"InstanceProfileName": f"{name}-hosts", "Path": "/", "Roles": []}
        return {
            **{
                "Path": path,
                "RoleName": name,
                "RoleId": f"AROA{number:016}",
                "Arn": f"arn:aws:iam::{ACCOUNT}:role{path}{name}",
            },
            **{
                "AssumeRolePolicyDocument": self.put(trust),
                "InstanceProfileList": [profile] if number % 10 == 0 else [],
            },
            **{"RolePolicyList": self.inline(0.3), "AttachedManagedPolicies": self.attached(arns, 5)},
            **{**self.bounded(arns, 0.3), **(self.tags(team) if number % 3 else {})},
        }

    def linked(self) -> Json:
        trust = document(
            {"Effect": "Allow", "Principal": {"Service": "support.amazonaws.com"}, "Action": "sts:AssumeRole"}
        )
        return {
            **{"Path": "/aws-service-role/support.amazonaws.com/", "RoleName": "AWSServiceRoleForSupport"},
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport",
            **{"AssumeRolePolicyDocument": self.put(trust), "AttachedManagedPolicies": [], "RolePolicyList": []},
        }

    def trust(self, number: int, users: list[str]) -> list[Json]:
        team = TEAMS[number % len(TEAMS)]
        user = f"user-{(number % max(1, len(users))):03}"
        path = f"/{TEAMS[(number % max(1, len(users))) % len(TEAMS)]}/" if (number % max(1, len(users))) % 2 else "/"
        source = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        allow, assume = {"Effect": "Allow"}, {"Action": "sts:AssumeRole"}
        kinds: list[list[Json]] = [
            [{**allow, "Principal": {"Service": "ec2.amazonaws.com"}, **assume}],
            [{**allow, "Principal": {"Service": "lambda.amazonaws.com"}, **assume}],
            [{**allow, "Principal": {"Service": ["ecs-tasks.amazonaws.com", "glue.amazonaws.com"]}, **assume, "Condition": source}],
            [{**allow, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, **assume}],
            [{**allow, "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"}, **assume,
              "Condition": {"StringEquals": {"sts:ExternalId": f"acme-{number}"}}}],
            [{**allow, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user{path}{user}"}, **assume,
              "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}],
            [{**allow, "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"}, "Action": "sts:AssumeRoleWithSAML",
              "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}],
            [{**allow, "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
              "Action": "sts:AssumeRoleWithWebIdentity",
              "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                            "StringLike": {"token.actions.githubusercontent.com:sub": f"repo:acme/{team}:*"}}}],
            [{**allow, "Principal": {"AWS": "*"}, **assume, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}],
            [{**allow, "Principal": {"AWS": [f"arn:aws:iam::{AUDIT}:role/auditor", f"arn:aws:iam::{ACCOUNT}:root"]},
              "Action": ["sts:AssumeRole", "sts:TagSession"]},
             {"Effect": "Deny", "Principal": "*", **assume, "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}],
        ]  # fmt: skip
        return kinds[number % len(kinds)]


def make(roles: int = 1000, users: int = 300, policies: int = 2000, seed: int = 1, encoded: bool = False) -> Json:
    """The account. Every managed policy that is a boundary or attached is in it."""
    return Maker(seed, encoded).account(roles, users, policies)


if __name__ == "__main__":
    import sys

    counts = [int(one) for one in sys.argv[1:4]] or [1000, 300, 2000]
    print(json.dumps(make(*counts), indent=4))
