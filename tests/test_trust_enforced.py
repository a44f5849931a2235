"""Who may assume which role, enforced by a server: users, a group, roles, other accounts, tokens, tags, a boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from server import Caller, Server, attempt

from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.render import render
from iamdsl.source import Source

PROGRAM = """
account prod = 111122223333
account partner = 444455556666 external
region eu-west-1
user alice, bob, carol
group developers = alice, bob
boundary shared-only { can read bucket acme-shared }

role admin for group developers
role chained for role admin
role partner-reader for account partner with external id "acme-42"
role office for user alice, carol if aws:SourceIp = 127.0.0.0/8 unless as principal tagged team = guests
role abroad for user carol from ip 203.0.113.0/24
role team for user alice tagging team = ml
role tagged for user bob accepting session tags team, cost
role plain for user bob
role ci for github acme@1/infra@2 branch main, github acme@1/infra@2 branch release/*
role job for oidc "https://id.example.com/jobs" audience deploy subject "job:*"
role pod for kubernetes "0123456789ABCDEF0123456789ABCDEF/web/shop"
role limited for user alice within boundary shared-only

admin, limited can read bucket acme-shared, acme-secret
"""
ISSUERS = {
    "ci": "https://token.actions.githubusercontent.com",
    "job": "https://id.example.com/jobs",
    "pod": "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    report = Report()
    compilation = compile_program((Source("trust.iam", PROGRAM),), default(), {}, report)
    assert not report.failed, render(report, "text")
    boundaries = {
        f"{one.kind}s/{one.name}": f"boundaries/{one.boundary}.json" for one in compilation.holders if one.boundary
    }
    assert boundaries == {"roles/limited": "boundaries/shared-only.json"}
    with Server() as running:
        for bucket in ("acme-shared", "acme-secret"):
            running.client("s3").create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": running.region}
            )
            running.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
        running.load(
            tree.documents(compilation),
            groups=dict(compilation.groups),
            users=["carol"],
            boundaries=boundaries,
            tags={"users/alice": {"team": "guests"}},
        )
        yield running


def tags(**values: str) -> dict[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in values.items()]}


ROWS: list[tuple[str, str, dict[str, Any], bool]] = [
    ("alice", "admin", {}, True),  # a member of the group
    ("bob", "admin", {}, True),
    ("carol", "admin", {}, False),  # no member
    ("alice", "chained", {}, False),  # only through admin
    ("partner", "partner-reader", {"ExternalId": "acme-42"}, True),
    ("partner", "partner-reader", {"ExternalId": "acme-43"}, False),
    ("partner", "partner-reader", {}, False),
    ("stranger", "partner-reader", {"ExternalId": "acme-42"}, False),  # knows the id, is somebody else
    ("alice", "partner-reader", {"ExternalId": "acme-42"}, False),
    ("partner", "admin", {}, False),
    ("carol", "office", {}, True),
    ("alice", "office", {}, False),  # a guest
    ("bob", "office", {}, False),
    ("carol", "abroad", {}, False),
    ("alice", "team", tags(team="ml"), True),
    ("alice", "team", tags(team="web"), False),
    ("alice", "team", {}, False),  # the tag is asked for
    ("bob", "team", tags(team="ml"), False),
    ("bob", "tagged", {}, True),  # tags may be passed, and need not be
    ("bob", "tagged", tags(team="ml", cost="7"), True),
    ("bob", "tagged", tags(team="ml", stage="prod"), False),
    ("bob", "plain", {}, True),
    ("bob", "plain", tags(team="ml"), False),  # nobody may pass tags unasked
    ("alice", "ci", {}, False),
    ("alice", "limited", {}, True),
]


@pytest.fixture(scope="module")
def callers(server: Server) -> dict[str, Caller]:
    others = {"partner": server.as_root("444455556666"), "stranger": server.as_root("999988887777")}
    return others | {name: server.as_user(name) for name in ("alice", "bob", "carol")}


@pytest.mark.parametrize(
    ("who", "role", "passing", "expected"), ROWS, ids=[f"{w}-{r}-{n}" for n, (w, r, *_) in enumerate(ROWS)]
)
def test_assumed(
    server: Server, callers: dict[str, Caller], who: str, role: str, passing: dict[str, Any], expected: bool
) -> None:
    assert attempt(lambda: server.as_role(role, by=callers[who], **passing)) is expected


def test_a_chain_of_roles(server: Server) -> None:
    admin = server.as_role("admin", by="alice")
    assert attempt(lambda: server.as_role("chained", by=admin))
    assert not attempt(lambda: server.as_role("plain", by=admin))


def test_a_boundary_limits_what_a_session_may(server: Server) -> None:
    def get(bucket: str) -> Callable[[Caller], Any]:
        return lambda who: who.client("s3").get_object(Bucket=bucket, Key="a")

    admin, limited = server.as_role("admin", by="bob"), server.as_role("limited", by="alice")
    assert attempt(lambda: get("acme-secret")(admin)) and attempt(lambda: get("acme-shared")(admin))
    assert attempt(lambda: get("acme-shared")(limited))
    assert not attempt(lambda: get("acme-secret")(limited))


TOKENS = [
    ("ci", "ci", "sts.amazonaws.com", "repo:acme@1/infra@2:ref:refs/heads/main", True),
    ("ci", "ci", "sts.amazonaws.com", "repo:acme@1/infra@2:ref:refs/heads/release/1.2", True),
    ("ci", "ci", "sts.amazonaws.com", "repo:acme@1/infra@2:ref:refs/heads/feature", False),
    ("ci", "ci", "sts.amazonaws.com", "repo:acme@1/infra@2:ref:refs/tags/main", False),
    ("ci", "ci", "sts.amazonaws.com", "repo:acme@1/infra@2:pull_request", False),
    ("ci", "ci", "sts.amazonaws.com", "repo:acme@1/web@3:ref:refs/heads/main", False),
    ("ci", "ci", "sts.amazonaws.com", "repo:evil@9/infra@2:ref:refs/heads/main", False),
    ("ci", "ci", "other", "repo:acme@1/infra@2:ref:refs/heads/main", False),
    ("ci", "job", "sts.amazonaws.com", "repo:acme@1/infra@2:ref:refs/heads/main", False),  # another issuer says so
    ("job", "job", "deploy", "job:1", True),
    ("job", "job", "deploy", "run:1", False),
    ("job", "job", "build", "job:1", False),
    ("pod", "pod", "sts.amazonaws.com", "system:serviceaccount:web:shop", True),
    ("pod", "pod", "sts.amazonaws.com", "system:serviceaccount:web:other", False),
    ("pod", "ci", "sts.amazonaws.com", "system:serviceaccount:web:shop", False),
    ("admin", "ci", "sts.amazonaws.com", "repo:acme@1/infra@2:ref:refs/heads/main", False),
]


@pytest.mark.parametrize(("role", "issuer", "audience", "subject", "expected"), TOKENS)
def test_token(server: Server, role: str, issuer: str, audience: str, subject: str, expected: bool) -> None:
    arn = f"arn:aws:iam::111122223333:role/{role}"
    assert attempt(lambda: server.as_token_holder(arn, iss=ISSUERS[issuer], aud=audience, sub=subject)) is expected
