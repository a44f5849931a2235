"""The decisions of a server that enforces IAM, on policies made at random, are the simulator's."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from server import Server, attempt

from iamdsl.policy import codec
from iamdsl.policy.simulate import Layers, Request, decide

ACCOUNT, REGION, BUCKET = "111122223333", "eu-west-1", "data"
USERS, ROUNDS = 8, 5
# what the server says of each request, and what policies test of it
KEYS: dict[str, tuple[str, list[str], list[str]]] = {
    "aws:SourceIp": ("127.0.0.1", ["IpAddress", "NotIpAddress"], ["127.0.0.0/8", "127.0.0.1", "10.0.0.0/8"]),
    "aws:SecureTransport": ("false", ["Bool"], ["true", "false"]),
    "aws:PrincipalAccount": (
        ACCOUNT,
        ["StringEquals", "StringNotEquals", "StringLike"],
        [ACCOUNT, "444455556666", "1111*"],
    ),
    "aws:RequestedRegion": (REGION, ["StringEquals", "StringNotLike"], [REGION, "us-*", "eu-*"]),
    "aws:CurrentTime": (
        "2030-01-01T00:00:00Z",
        ["DateLessThan", "DateGreaterThan"],
        ["2020-01-01T00:00:00Z", "2099-01-01"],
    ),
    "aws:MultiFactorAuthPresent": ("", ["Bool", "BoolIfExists", "Null"], ["true", "false"]),
    "s3:prefix": ("", ["StringEquals", "StringLike", "StringNotEqualsIfExists"], ["x/", "x*", ""]),
}


class Policies:
    """Documents from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            key = self.random.choice(list(KEYS))
            _, operators, values = KEYS[key]
            operator = self.random.choice(operators)
            some = [self.random.choice(values) for _ in range(1 if "Bool" in operator or operator == "Null" else 2)]
            found.setdefault(operator, {})[key] = some
        return found

    def statement(self) -> dict[str, Any]:
        choose = self.random.choice
        found: dict[str, Any] = {"Effect": choose(["Allow", "Allow", "Allow", "Deny"])}
        found[choose(["Action", "Action", "Action", "NotAction"])] = choose(
            ["s3:*", "s3:Get*", "s3:GetObject", ["s3:ListBucket", "s3:getobject"], "s3:L?stBucket", "*"]
        )
        arns = [
            "*",
            f"arn:aws:s3:::{BUCKET}/*",
            f"arn:aws:s3:::{BUCKET}",
            f"arn:aws:s3:::{BUCKET}/x/?",
            "arn:aws:s3:::d?ta*",
        ]
        found[choose(["Resource", "Resource", "Resource", "NotResource"])] = [choose(arns), choose(arns)]
        condition = self.condition()
        return {**found, "Condition": condition} if condition else found

    def document(self, principals: list[str] | None = None) -> dict[str, Any]:
        made = [self.statement() for _ in range(self.random.choice((1, 2, 3)))]
        if principals is not None:
            for one in made:
                one["Principal"] = {"AWS": [self.random.choice(principals)]}
                where = f"arn:aws:s3:::{BUCKET}"
                one.pop("NotResource", None)
                one["Resource"] = [where, f"{where}/*"]
        return {"Version": "2012-10-17", "Statement": made}


def context(name: str, prefix: str | None) -> dict[str, str]:
    said = {key: value for key, (value, _, _) in KEYS.items() if value}
    said |= {
        "aws:username": name,
        "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "aws:PrincipalType": "User",
    }
    return said if prefix is None else {**said, "s3:prefix": prefix}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_server_decides_the_same(seed: int, server: Server) -> None:
    make = Policies(seed)
    names = [f"u{seed}-{number}" for number in range(USERS)]
    arns = [f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in names]
    documents = {name: [make.document() for _ in range(make.random.choice((0, 1, 2)))] for name in names}
    callers = {name: server.user(name, *documents[name]) for name in names}
    own = make.document([*arns, f"arn:aws:iam::{ACCOUNT}:root"])
    server.bucket_policy(BUCKET, own)
    seen = set()
    for name in names:
        s3 = callers[name].client("s3")
        layers = Layers(
            tuple(codec.load(one, "identity") for one in documents[name]),
            (codec.load(own, "resource"),),
            same_account=True,
        )
        for call, action, resource, prefix in (
            (lambda: s3.get_object(Bucket=BUCKET, Key="x/1"), "s3:GetObject", f"arn:aws:s3:::{BUCKET}/x/1", None),
            (lambda: s3.get_object(Bucket=BUCKET, Key="y/1"), "s3:GetObject", f"arn:aws:s3:::{BUCKET}/y/1", None),
            (lambda: s3.list_objects_v2(Bucket=BUCKET), "s3:ListBucket", f"arn:aws:s3:::{BUCKET}", None),
            (lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="x/"), "s3:ListBucket", f"arn:aws:s3:::{BUCKET}", "x/"),
        ):
            request = Request(f"arn:aws:iam::{ACCOUNT}:user/{name}", action, resource, context(name, prefix))
            found = decide(request, layers)
            assert attempt(call) is (found.outcome == "allowed"), (request, documents[name], own)
            seen.add(found.outcome)
    assert "allowed" in seen and len(seen) > 1


@pytest.fixture(scope="module")
def server() -> Any:
    with Server(ACCOUNT, REGION) as running:
        s3 = running.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in ("x/1", "y/1"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
        yield running
