"""What our tests rely on of the local AWS: that it refuses and allows for the reasons written in server.py's table."""

import json
import socket
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from server import Caller, Server, attempt

ACCOUNT = "111122223333"
REGION = "eu-west-1"
_names = (f"u{number}" for number in count())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(ACCOUNT, REGION) as running:
        s3 = running.client("s3")
        s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in ("x/1", "y/1"):
            s3.put_object(Bucket="data", Key=key, Body=b"1")
        yield running


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Action": action, "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal: Any, **condition: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return document(made | ({"Condition": condition} if condition else {}))


def lists(caller: Caller) -> bool:
    return attempt(lambda: caller.client("s3").list_objects_v2(Bucket="data"))


def gets(caller: Caller, key: str = "x/1") -> bool:
    return attempt(lambda: caller.client("s3").get_object(Bucket="data", Key=key))


def test_s3(server: Server) -> None:
    reader = server.user(next(_names), document(statement("s3:GetObject", "arn:aws:s3:::data/x/*")))
    s3 = reader.client("s3")
    assert gets(reader) and attempt(lambda: s3.head_object(Bucket="data", Key="x/1"))
    assert not gets(reader, "y/1") and not lists(reader)
    assert not attempt(lambda: s3.head_object(Bucket="data", Key="y/1"))
    assert not attempt(lambda: s3.put_object(Bucket="data", Key="x/1", Body=b"2"))
    assert not attempt(lambda: s3.delete_object(Bucket="data", Key="x/1"))
    assert not attempt(lambda: s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "x/1"}]}))
    with pytest.raises(ClientError, match="NoSuchKey"):
        gets(reader, "x/none")
    prefix = document(statement("s3:ListBucket", "arn:aws:s3:::data", StringLike={"s3:prefix": "x/*"}))
    s3 = server.user(next(_names), prefix).client("s3")
    for given, allowed in (({"Prefix": "x/"}, True), ({"Prefix": "y/"}, False), ({}, False)):
        assert attempt(lambda given=given: s3.list_objects_v2(Bucket="data", **given)) is allowed  # type: ignore[misc]


def test_denies_and_negations(server: Server) -> None:
    denied = document(statement("s3:*"), statement("s3:GetObject", "arn:aws:s3:::data/y/*", "Deny"))
    user = server.user(next(_names), denied)
    assert gets(user) and lists(user) and not gets(user, "y/1")
    user = server.user(next(_names), document({"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}))
    assert lists(user) and not gets(user)
    user = server.user(
        next(_names), document({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::data/y/*"})
    )
    assert gets(user) and not gets(user, "y/1")


@pytest.mark.parametrize(
    ("allowed", "condition"),
    [
        (True, {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}),
        (False, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        (True, {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        (False, {"Bool": {"aws:SecureTransport": "true"}}),
        (False, {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
        (True, {"DateGreaterThanEquals": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
        (False, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        (True, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        (True, {"Null": {"aws:MultiFactorAuthPresent": "true"}}),
        (True, {"StringEquals": {"aws:PrincipalTag/team": ["ml", "ops"]}}),
        (False, {"StringNotEquals": {"aws:PrincipalTag/team": ["ml", "ops"]}}),
        (True, {"StringNotEquals": {"aws:PrincipalTag/none": "x"}}),
        (False, {"StringEquals": {"aws:PrincipalTag/team": "ml", "aws:PrincipalTag/none": "x"}}),
        (True, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/u*"}}),
        (True, {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        (True, {"StringEquals": {"aws:RequestedRegion": REGION}}),
        (False, {"StringNotEquals": {"aws:RequestedRegion": REGION}}),
        (True, {"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}),
        (False, {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}),
    ],
    ids=str,
)
def test_conditions(server: Server, allowed: bool, condition: dict[str, Any]) -> None:
    user = server.user(next(_names), document(statement("s3:*", **condition)), tags={"team": "ml"})
    assert lists(user) is allowed


def test_other_services(server: Server) -> None:
    arn = f":{REGION}:{ACCOUNT}:"
    sqs, ssm, secrets = server.client("sqs"), server.client("ssm"), server.client("secretsmanager")
    queues = {name: sqs.create_queue(QueueName=name, tags={"team": name})["QueueUrl"] for name in ("ml", "ops")}
    topics = {name: server.client("sns").create_topic(Name=name)["TopicArn"] for name in ("ml", "ops")}
    keys = {name: server.client("kms").create_key()["KeyMetadata"]["Arn"] for name in ("ml", "ops")}
    for name in ("ml", "ops"):
        secrets.create_secret(Name=f"{name}/api", SecretString="x")
        ssm.put_parameter(Name=f"/{name}/url", Value="x", Type="String")
        server.client("dynamodb").create_table(
            TableName=f"{name}-t",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        server.client("glue").create_database(DatabaseInput={"Name": name})
        server.client("glue").create_table(DatabaseName=name, TableInput={"Name": "t"})
    user = server.user(
        next(_names),
        document(
            statement("sqs:SendMessage", StringEquals={"aws:ResourceTag/team": "ml"}),
            statement("sns:Publish", topics["ml"]),
            statement("kms:Encrypt", keys["ml"]),
            statement("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager{arn}secret:ml/api-??????"),
            statement("ssm:GetParameter", f"arn:aws:ssm{arn}parameter/ml/*"),
            statement("dynamodb:GetItem", f"arn:aws:dynamodb{arn}table/ml-*"),
            statement(
                "glue:GetTable", [f"arn:aws:glue{arn}{each}" for each in ("catalog", "database/ml", "table/ml/*")]
            ),
        ),
    ).client
    for name in ("ml", "ops"):
        calls = [
            lambda: user("sqs").send_message(QueueUrl=queues[name], MessageBody="x"),
            lambda: user("sns").publish(TopicArn=topics[name], Message="x"),
            lambda: user("kms").encrypt(KeyId=keys[name], Plaintext=b"x"),
            lambda: user("secretsmanager").get_secret_value(SecretId=f"{name}/api"),
            lambda: user("ssm").get_parameter(Name=f"/{name}/url"),
            lambda: user("dynamodb").get_item(TableName=f"{name}-t", Key={"k": {"S": "1"}}),
            lambda: user("glue").get_table(DatabaseName=name, Name="t"),
        ]
        assert [attempt(call) for call in calls] == [name == "ml"] * len(calls)
    assert not attempt(lambda: user("ssm").put_parameter(Name="/ml/url", Value="y", Type="String", Overwrite=True))
    assert not attempt(lambda: user("dynamodb").put_item(TableName="ml-t", Item={"k": {"S": "1"}}))


def test_load(server: Server) -> None:
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assume = document(statement("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/*"))
    tree = {
        "roles/etl/trust.json": trust({"Service": "glue.amazonaws.com"}),
        "roles/etl/policy.json": document(statement("s3:GetObject", "arn:aws:s3:::data/x/*")),
        "roles/etl/policy-2.json": document(statement("s3:GetObject", "arn:aws:s3:::data/y/*")),
        "roles/partner/trust.json": trust(account, StringEquals={"sts:ExternalId": "acme-42"}),
        "roles/guarded/trust.json": trust(account, Bool={"aws:MultiFactorAuthPresent": "true"}),
        "roles/alices/trust.json": trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}),
        "groups/scientists/policy.json": document(statement("s3:ListBucket"), *assume["Statement"]),
        "users/alice/policy.json": document(statement("s3:GetObject")),
        "policies/audit-read.json": document(statement("s3:ListBucket")),
        "boundaries/developer.json": document(statement("s3:GetObject")),
        "manifest.json": {"documents": []},
    }
    server.load(
        tree,
        groups={"scientists": ["alice", "bob"]},
        users=["carol", "dan"],
        attach={"policies/audit-read.json": ["roles/etl", "users/carol"]},
        boundaries={"users/alice": "boundaries/developer.json"},
        tags={"users/carol": {"team": "ml"}},
    )
    alice, bob, carol, dan = (server.as_user(name) for name in ("alice", "bob", "carol", "dan"))
    assert gets(alice) and not lists(alice), "her boundary keeps the group's list away"
    assert lists(bob) and not gets(bob) and lists(carol) and not lists(dan)
    etl = server.as_role("etl")
    assert gets(etl) and gets(etl, "y/1") and lists(etl)
    assert etl.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/etl/tests"
    only = document(statement("s3:ListBucket"))
    assert not gets(server.as_role("etl", Policy=json.dumps(only)))
    assert attempt(lambda: server.as_role("partner", by="bob", ExternalId="acme-42"))
    assert not attempt(lambda: server.as_role("partner", by="bob", ExternalId="other"))
    assert not attempt(lambda: server.as_role("partner", by="bob"))
    assert not attempt(lambda: server.as_role("partner", by="carol", ExternalId="acme-42")), "her own policy is silent"
    assert not attempt(lambda: server.as_role("guarded", by="bob")), "no session here has MFA"
    assert not attempt(lambda: server.as_role("alices", by="bob"))
    with pytest.raises(ValueError, match="guardrails"):
        server.load({"guardrails/x.scp.json": document()})


def test_bucket_policies(server: Server) -> None:
    mine = server.user(next(_names))
    for principal, allowed in (({"AWS": mine.arn}, True), ({"AWS": ACCOUNT}, False), ("*", True)):
        server.bucket_policy(
            "shared", document(statement("s3:ListBucket", "arn:aws:s3:::shared") | {"Principal": principal})
        )
        assert attempt(lambda: mine.client("s3").list_objects_v2(Bucket="shared")) is allowed
    reader = server.user(next(_names), document(statement("s3:*")))
    unless = statement("s3:*", "arn:aws:s3:::shared", "Deny", ArnNotLike={"aws:PrincipalArn": mine.arn})
    server.bucket_policy("shared", document(unless | {"Principal": "*"}))
    assert not attempt(lambda: reader.client("s3").list_objects_v2(Bucket="shared"))
    outside = server.as_root("444455556666")
    assert not lists(outside)
    server.bucket_policy(
        "data", document(statement("s3:ListBucket", "arn:aws:s3:::data") | {"Principal": {"AWS": "444455556666"}})
    )
    assert lists(outside) and not gets(outside)


def test_what_it_does_not_know(server: Server) -> None:
    """Ours to remember: these answers are not AWS's."""
    user = server.user("zoe", document(statement("s3:GetObject", "arn:aws:s3:::data/${aws:username}/*")))
    server.client("s3").put_object(Bucket="data", Key="zoe/1", Body=b"")
    assert not gets(user, "zoe/1")
    server.load(
        {"roles/named/policy.json": document(statement("s3:*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/*"}))}
    )
    assert not lists(server.as_role("named"))


def test_it_is_ours_and_ends(server: Server) -> None:
    with Server() as other:
        assert other.url != server.url and urlsplit(other.url).hostname == "127.0.0.1"
        assert other.client("s3").list_buckets()["Buckets"] == []
        other.user("someone")
        other.reset()
        assert other.client("iam").list_users()["Users"] == []
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", urlsplit(other.url).port or 0))


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(RuntimeError, match="needs ministack"), Server():
        pass
