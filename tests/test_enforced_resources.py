"""A bucket, a queue, a topic, a secret, a key and a role with policies of their own, on a server that enforces IAM: two
principals of ours, another account that is let in, and an outsider, each allowed and denied as the sentences say.

Secrets and keys of another account are not found on that server: `cases/landing.json` decides about them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server import Caller, Server, attempt

from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.render import render
from iamdsl.source import Source

HOME, PARTNER, STRANGER = "111122223333", "444455556666", "999988887777"
PROGRAM = f"""
account prod = {HOME}
account partner = {PARTNER} external
region eu-west-1
user writer, reader, clerk
role courier for user reader for account partner with external id "acme-42"
key ml = arn:aws:kms:eu-west-1:{HOME}:key/KEY
bucket shop

only writer can write bucket shop
reader, clerk can read bucket shop
clerk can administer bucket shop
nobody can delete bucket shop/kept/* unless user writer
account partner can read bucket shop/shared/*
courier can read bucket shop/shared/*
anyone on the internet can s3:GetObject bucket site
clerk can write bucket site

account partner can send queue jobs
reader can receive queue jobs
nobody can delete queue jobs
clerk can administer queue jobs

everyone in account prod can publish topic news
account partner can read secret "api"
nobody can read secret "api" unless from account partner or user writer
writer can read secret "api"
clerk can administer secret "api"

account partner can encrypt key ml
reader can decrypt key ml
only reader, account prod can kms:Decrypt key ml
"""


def documents(key: str) -> dict[str, Any]:
    report = Report()
    text = PROGRAM.replace("/KEY", f"/{key}")
    found = compile_program((Source("p.iam", text),), default(), {}, report)
    assert not report.failed, render(report, "text")
    made = tree.documents(found)
    return {path.replace("resources/key/ml/", f"resources/key/{key}/"): value for path, value in made.items()}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        key = running.client("kms").create_key()["KeyMetadata"]["KeyId"]
        s3 = running.client("s3")
        for bucket in ("shop", "site"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            for name in ("a", "shared/a", "kept/a", "clerk/a"):
                s3.put_object(Bucket=bucket, Key=name, Body=b"x")
        running.load(documents(key))
        running.key = key  # type: ignore[attr-defined]
        yield running


@pytest.fixture(scope="module")
def callers(server: Server) -> dict[str, Caller]:
    partner = server.as_root(PARTNER)
    return {
        **{name: server.as_user(name) for name in ("writer", "reader", "clerk")},
        "courier": server.as_role("courier", by=partner, ExternalId="acme-42"),
        "partner": partner,
        "stranger": server.as_root(STRANGER),
        "outsider": server.user("outsider"),
    }


Call = Callable[[Caller, Server], Any]


def get(bucket: str, key: str) -> Call:
    return lambda who, server: who.client("s3").get_object(Bucket=bucket, Key=key)


def put(bucket: str, key: str) -> Call:
    return lambda who, server: who.client("s3").put_object(Bucket=bucket, Key=key, Body=b"y")


def delete(bucket: str, key: str) -> Call:
    return lambda who, server: who.client("s3").delete_object(Bucket=bucket, Key=key)


def listed(prefix: str) -> Call:
    return lambda who, server: who.client("s3").list_objects_v2(Bucket="shop", Prefix=prefix)


def queue(method: str, **more: Any) -> Call:
    def call(who: Caller, server: Server) -> Any:
        url = server.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
        return getattr(who.client("sqs"), method)(QueueUrl=url, **more)

    return call


def publish(who: Caller, server: Server) -> Any:
    return who.client("sns").publish(TopicArn=f"arn:aws:sns:eu-west-1:{HOME}:news", Message="m")


def secret(who: Caller, server: Server) -> Any:
    arn = server.client("secretsmanager").describe_secret(SecretId="api")["ARN"]
    return who.client("secretsmanager").get_secret_value(SecretId=arn)


def encrypt(who: Caller, server: Server) -> Any:
    return who.client("kms").encrypt(KeyId=f"arn:aws:kms:eu-west-1:{HOME}:key/{server.key}", Plaintext=b"x")  # type: ignore[attr-defined]


def decrypt(who: Caller, server: Server) -> Any:
    key = f"arn:aws:kms:eu-west-1:{HOME}:key/{server.key}"  # type: ignore[attr-defined]
    blob = server.client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    return who.client("kms").decrypt(KeyId=key, CiphertextBlob=blob)


send, receive = queue("send_message", MessageBody="m"), queue("receive_message")
ROWS: list[tuple[str, str, Call, bool]] = [
    ("writer", "writes", put("shop", "a"), True),
    ("clerk", "is not the only writer, whatever else he has", put("shop", "clerk/a"), False),
    ("reader", "does not write", put("shop", "a"), False),
    ("reader", "reads", get("shop", "a"), True),
    ("writer", "was granted no reading", get("shop", "a"), False),
    ("clerk", "deletes", delete("shop", "clerk/a"), True),
    ("clerk", "but not what is kept", delete("shop", "kept/a"), False),
    ("partner", "reads what is shared", get("shop", "shared/a"), True),
    ("partner", "lists what is shared", listed("shared/"), True),
    ("partner", "lists nothing else", listed(""), False),
    ("partner", "reads nothing else", get("shop", "a"), False),
    ("partner", "does not write", put("shop", "shared/a"), False),
    ("courier", "is the partner's role here", get("shop", "shared/a"), True),
    ("courier", "with no more than its policy", get("shop", "a"), False),
    ("stranger", "reads nothing of the shop", get("shop", "shared/a"), False),
    ("outsider", "reads nothing of the shop", get("shop", "shared/a"), False),
    ("stranger", "reads the public site", get("site", "a"), True),
    ("outsider", "reads the public site", get("site", "a"), True),
    ("stranger", "does not write it", put("site", "a"), False),
    ("clerk", "writes the site", put("site", "a"), True),
    ("partner", "sends jobs", send, True),
    ("reader", "receives jobs", receive, True),
    ("partner", "does not receive them", receive, False),
    ("reader", "does not send them", send, False),
    ("stranger", "sends nothing", send, False),
    ("clerk", "purges nothing, though he administers", queue("purge_queue"), False),
    ("clerk", "sends as an administrator", send, True),
    ("reader", "publishes like everyone at home", publish, True),
    ("outsider", "publishes like everyone at home", publish, True),
    ("partner", "does not publish", publish, False),
    ("writer", "reads the secret", secret, True),
    ("clerk", "is among nobody", secret, False),
    ("reader", "decrypts", decrypt, True),
    ("reader", "does not encrypt", encrypt, False),
    ("outsider", "does neither", decrypt, False),
]


@pytest.mark.parametrize(("who", "what", "call", "expected"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_enforced(server: Server, callers: dict[str, Caller], who: str, what: str, call: Call, expected: bool) -> None:
    assert attempt(lambda: call(callers[who], server)) is expected


def test_trust(server: Server) -> None:
    partner, stranger = server.as_root(PARTNER), server.as_root(STRANGER)
    assert attempt(lambda: server.as_role("courier", by="reader"))
    assert not attempt(lambda: server.as_role("courier", by="clerk"))
    assert attempt(lambda: server.as_role("courier", by=partner, ExternalId="acme-42"))
    assert not attempt(lambda: server.as_role("courier", by=partner))
    assert not attempt(lambda: server.as_role("courier", by=stranger, ExternalId="acme-42"))


def example(name: str) -> dict[str, Any]:
    folder = Path(__file__).resolve().parent.parent / "examples" / name / "expected"
    found = {path.relative_to(folder).as_posix(): json.loads(path.read_text()) for path in folder.rglob("*.json")}
    return {path: value for path, value in found.items() if "/function/" not in path}  # which it does not keep


def renamed(documents: dict[str, Any], buckets: dict[str, str]) -> dict[str, Any]:
    """The paths with the names that AWS knows, for those that the program gives."""
    return {
        "/".join(buckets.get(part, part) if "resources/bucket" in path else part for part in path.split("/")): value
        for path, value in documents.items()
    }


def test_public_website() -> None:
    buckets = {"site": "www.example.com", "cdn-site": "cdn.example.com", "logs": "example.com-logs"}
    with Server() as running:
        documents = example("public-website")
        running.load(renamed(documents, buckets), groups=documents["manifest.json"]["groups"])
        s3 = running.client("s3")
        for bucket in buckets.values():
            s3.delete_bucket_policy(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key="a", Body=b"x")
            policy = next(value for path, value in renamed(documents, buckets).items() if f"/{bucket}/" in path)
            running.bucket_policy(bucket, policy)
        stranger, nia = running.as_root(STRANGER), running.as_user("nia")
        assert attempt(lambda: get("www.example.com", "a")(stranger, running))
        assert not attempt(lambda: put("www.example.com", "a")(stranger, running))
        assert not attempt(lambda: stranger.client("s3").list_objects_v2(Bucket="www.example.com"))
        assert not attempt(lambda: get("cdn.example.com", "a")(stranger, running))
        assert not attempt(lambda: put("www.example.com", "a")(nia, running)), "only as the webmaster"
        assert not attempt(lambda: get("example.com-logs", "a")(nia, running)), "not without MFA"


def test_serverless() -> None:
    with Server() as running:
        documents = example("serverless")
        running.load(renamed(documents, {"receipts": "acme-shop-receipts"}))
        urls = {name: running.client("sqs").get_queue_url(QueueName=name)["QueueUrl"] for name in ("fulfilment",)}
        for name in ("orders", "fulfil", "report"):  # a service's role cannot be assumed here: a user stands in for it
            running.user(f"as-{name}", documents[f"roles/{name}/policy.json"])

        def queue(name: str, method: str, **more: Any) -> bool:
            client = running.as_user(name).client("sqs")
            return attempt(lambda: getattr(client, method)(QueueUrl=urls["fulfilment"], **more))

        assert queue("as-orders", "send_message", MessageBody="m")
        assert not queue("as-report", "send_message", MessageBody="m")
        assert not queue("as-orders", "receive_message")
        assert not queue("as-fulfil", "receive_message"), "only the role itself is admitted, whatever policy one has"
        topic = "arn:aws:sns:eu-west-1:111122223333:order-placed"
        for name, expected in (("as-orders", True), ("as-report", True), ("as-fulfil", False)):
            client = running.as_user(name).client("sns")
            assert attempt(lambda: client.publish(TopicArn=topic, Message="m")) is expected, name
