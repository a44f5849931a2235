"""The policies of examples/ml-platform, loaded into a server that enforces IAM: allowed and denied as the sentences say.

The server's sessions never carry MFA: what MFA denies is seen there, what it allows is decided by the tests' own
evaluator on the same documents, like everything else that the server does not know (see `server.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from evaluator import Request, decide
from server import Caller, Server, attempt

EXPECTED = Path(__file__).resolve().parent.parent / "examples" / "ml-platform" / "expected"
DATASETS, RESULTS, SCRIPTS = "acme-ml-datasets-prod", "acme-ml-results-prod", "acme-ml-scripts-prod"
KEYS = ("raw/a", "curated/a", "restricted/a", "models/a", "released/a", "shared/globex/a", "other/a", "tmp/a")
TREE: dict[str, Any] = {
    str(path.relative_to(EXPECTED)): json.loads(path.read_text()) for path in sorted(EXPECTED.rglob("*.json"))
}
GROUPS: dict[str, list[str]] = TREE["manifest.json"]["groups"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        s3, secrets = running.client("s3"), running.client("secretsmanager")
        for bucket in (DATASETS, RESULTS, SCRIPTS):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            for key in KEYS:
                s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        for name in ("ml/tracking-token", "ml/label-vendor"):
            secrets.create_secret(Name=name, SecretString="s")
        running.client("dynamodb").create_table(
            TableName="experiments-prod",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        running.load(TREE, groups=GROUPS)
        yield running


@pytest.fixture(scope="module")
def callers(server: Server) -> dict[str, Caller]:
    """Each principal that acts. A service's role cannot be assumed here: a user stands in for it, with its policy."""
    return {
        "ana": server.as_user("ana"),
        "chloe": server.as_user("chloe"),
        "release-bot": server.as_user("release-bot"),
        "training": server.user("as-training", TREE["roles/training/policy.json"]),
        "etl": server.user("as-etl", TREE["roles/etl/policy.json"]),
        "publisher": server.as_role("publisher", by="release-bot"),
        "outsider": server.user("outsider"),
    }


def get(bucket: str, key: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("s3").get_object(Bucket=bucket, Key=key)


def put(bucket: str, key: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("s3").put_object(Bucket=bucket, Key=key, Body=b"y")


def delete(bucket: str, key: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("s3").delete_object(Bucket=bucket, Key=key)


def listed(bucket: str, prefix: str | None = None) -> Callable[[Caller], Any]:
    chosen = {} if prefix is None else {"Prefix": prefix}
    return lambda who: who.client("s3").list_objects_v2(Bucket=bucket, **chosen)


def secret(name: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("secretsmanager").get_secret_value(SecretId=name)


def query(table: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "1"}})


ROWS = [
    # group members without MFA are refused what the sentence ties to it, and get what it does not
    ("ana", "get raw without MFA", get(DATASETS, "raw/a"), False),
    ("ana", "list results without MFA", listed(RESULTS), False),
    ("ana", "restricted is denied", get(DATASETS, "restricted/a"), False),
    ("ana", "experiments", query("experiments-prod"), True),
    ("ana", "labels need a project tag", secret("ml/label-vendor"), False),
    ("ana", "no secret of training", secret("ml/tracking-token"), False),
    ("chloe", "engineers use results", get(RESULTS, "models/a"), True),
    ("chloe", "engineers put results", put(RESULTS, "models/a"), True),
    ("chloe", "engineers administer scripts", put(SCRIPTS, "other/a"), True),
    ("chloe", "nobody deletes scripts without MFA", delete(SCRIPTS, "other/a"), False),
    ("chloe", "nobody deletes results without MFA", delete(RESULTS, "other/a"), False),
    ("chloe", "tmp needs a fresh MFA", delete(DATASETS, "tmp/a"), False),
    ("chloe", "engineers do not read datasets", get(DATASETS, "raw/a"), False),
    # the training role
    ("training", "reads datasets", get(DATASETS, "raw/a"), True),
    ("training", "but not restricted", get(DATASETS, "restricted/a"), False),
    ("training", "writes models", put(RESULTS, "models/b"), True),
    ("training", "only models", put(RESULTS, "other/b"), False),
    ("training", "does not write datasets", put(DATASETS, "raw/b"), False),
    ("training", "tracking token", secret("ml/tracking-token"), True),
    ("training", "no other secret", secret("ml/label-vendor"), False),
    ("training", "experiments", query("experiments-prod"), True),
    # the pipeline
    ("etl", "reads raw", get(DATASETS, "raw/a"), True),
    ("etl", "reads restricted", get(DATASETS, "restricted/a"), True),
    ("etl", "refreshes curated", put(DATASETS, "curated/b"), True),
    ("etl", "deletes what is outdated", delete(DATASETS, "curated/b"), True),
    ("etl", "does not write raw", put(DATASETS, "raw/b"), False),
    ("etl", "lists curated", listed(DATASETS, "curated/"), True),
    ("etl", "does not list everything", listed(DATASETS), False),
    ("etl", "reads scripts", get(SCRIPTS, "other/a"), True),
    # releases
    ("publisher", "puts what is released", put(RESULTS, "released/b"), True),
    ("publisher", "nothing else", put(RESULTS, "models/b"), False),
    ("release-bot", "itself may only become the role", put(RESULTS, "released/b"), False),
    ("outsider", "gets nothing", get(DATASETS, "raw/a"), False),
    ("outsider", "lists nothing", listed(RESULTS), False),
]


@pytest.mark.parametrize(("who", "what", "call", "expected"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_enforced(
    callers: dict[str, Caller], who: str, what: str, call: Callable[[Caller], Any], expected: bool
) -> None:
    assert attempt(lambda: call(callers[who])) is expected


def test_external_id(server: Server) -> None:
    partner = server.as_root("444455556666")
    assert attempt(lambda: server.as_role("globex-reader", by=partner, ExternalId="acme-42"))
    assert not attempt(lambda: server.as_role("globex-reader", by=partner, ExternalId="wrong"))
    assert not attempt(lambda: server.as_role("globex-reader", by=partner))
    reader = server.as_role("globex-reader", by=partner, ExternalId="acme-42")
    assert attempt(lambda: get(RESULTS, "shared/globex/a")(reader))
    assert not attempt(lambda: get(RESULTS, "other/a")(reader))


def test_roles_are_for_those_they_trust(server: Server) -> None:
    assert not attempt(lambda: server.as_role("analyst", by="ana")), "needs MFA"
    assert not attempt(lambda: server.as_role("analyst", by="chloe"))
    assert not attempt(lambda: server.as_role("publisher", by="chloe"))


ANA = "arn:aws:iam::111122223333:user/ana"
MFA = {"aws:MultiFactorAuthPresent": "true"}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
DECIDED = [
    ("groups/data-scientists", "s3:GetObject", f"arn:aws:s3:::{DATASETS}/raw/a", MFA, "allowed"),
    ("groups/data-scientists", "s3:GetObject", f"arn:aws:s3:::{DATASETS}/raw/a", {}, "implicit-deny"),
    ("groups/data-scientists", "s3:GetObject", f"arn:aws:s3:::{DATASETS}/restricted/a", MFA, "explicit-deny"),
    ("groups/data-scientists", "s3:ListBucket", f"arn:aws:s3:::{DATASETS}", MFA, "explicit-deny"),
    ("groups/data-scientists", "s3:ListBucket", f"arn:aws:s3:::{DATASETS}", {**MFA, "s3:prefix": "raw/"}, "allowed"),
    ("groups/data-scientists", "kms:Decrypt", KEY, {**MFA, **VIA_S3}, "allowed"),
    ("groups/data-scientists", "kms:Decrypt", KEY, MFA, "implicit-deny"),
    ("groups/data-scientists", "kms:Encrypt", KEY, {**MFA, **VIA_S3}, "implicit-deny"),
    (
        "roles/analyst",
        "sqs:ReceiveMessage",
        QUEUE,
        {"aws:ResourceTag/team": "a", "aws:PrincipalTag/team": "a"},
        "allowed",
    ),
    (
        "roles/analyst",
        "sqs:ReceiveMessage",
        QUEUE,
        {"aws:ResourceTag/team": "a", "aws:PrincipalTag/team": "b"},
        "implicit-deny",
    ),
    ("roles/analyst", "sqs:ReceiveMessage", QUEUE, {}, "implicit-deny"),
    ("users/chloe", "s3:DeleteObject", f"arn:aws:s3:::{RESULTS}/a", {}, "explicit-deny"),
    ("users/chloe", "s3:DeleteObject", f"arn:aws:s3:::{RESULTS}/a", MFA, "implicit-deny"),
    ("groups/ml-engineers", "s3:DeleteObject", f"arn:aws:s3:::{SCRIPTS}/a", MFA, "allowed"),
]


@pytest.mark.parametrize(("document", "action", "resource", "context", "expected"), DECIDED)
def test_decided(document: str, action: str, resource: str, context: dict[str, str], expected: str) -> None:
    found = decide([TREE[f"{document}/policy.json"]], Request(ANA, action, resource, context))
    assert found == expected
