"""`iamdsl who-can`: every principal with what else its requests have to meet. Each row was read against AWS's rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamdsl.cli import main

PROGRAM = """
account prod = 111122223333
account partner = 444455556666 external
organization acme = o-a1b2c3d4e5
region eu-west-1
user alice, bob
group readers = alice, bob
role training for service sagemaker
role admin for user alice with mfa
bucket data = "acme-data"
readers can read bucket data with mfa from ip 203.0.113.0/24
bob cannot read bucket data unless over tls
training can read bucket data/train/*
account partner can read bucket data/shared/* over tls
service cloudtrail can write bucket logs for trail main
only training can write bucket data unless via any service
anyone on the internet can s3:GetObject bucket site
everyone in account partner can send queue jobs
role other for user bob
other can do s3:* if aws:PrincipalTag/team = ml or mfa within 1h
"""

Capture = pytest.CaptureFixture[str]


def asked(tmp_path: Path, capsys: Capture, action: str, resource: str) -> dict[str, list[str]]:
    path = tmp_path / "p.iam"
    path.write_text(PROGRAM, encoding="utf-8")
    assert main(["who-can", action, resource, str(path), "--output-format", "json"]) == 0
    return {one["principal"]: one["conditions"] for one in json.loads(capsys.readouterr().out)}


MFA = "aws:MultiFactorAuthPresent"
ANOTHER = "another principal of our account"


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        (
            "s3:GetObject",
            "arn:aws:s3:::acme-data/x",
            {
                "role other": ["aws:MultiFactorAuthAge <= 3600", "aws:PrincipalTag/team = ml"],
                "user alice": ["mfa and aws:SourceIp = 203.0.113.0/24"],
                "user bob": ["mfa and over tls and aws:SourceIp = 203.0.113.0/24"],
                ANOTHER: [],
            },
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::acme-data/shared/x",
            {
                "role other": ["aws:MultiFactorAuthAge <= 3600", "aws:PrincipalTag/team = ml"],
                "user alice": ["mfa and aws:SourceIp = 203.0.113.0/24"],
                "user bob": ["mfa and over tls and aws:SourceIp = 203.0.113.0/24"],
                "account 444455556666": ["over tls"],
                ANOTHER: [],
            },
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::acme-data/x",
            {
                "role other": [
                    "aws:MultiFactorAuthAge <= 3600 and via any service",
                    "aws:PrincipalTag/team = ml and via any service",
                ],
                "role training": [],
                ANOTHER: ["via any service"],
            },
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::logs/x",
            {
                "role other": ["aws:MultiFactorAuthAge <= 3600", "aws:PrincipalTag/team = ml"],
                "service cloudtrail.amazonaws.com": [
                    "aws:SourceAccount = 111122223333 and aws:SourceArn like"
                    " arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
                ],
                ANOTHER: [],
            },
        ),
        (
            "sqs:SendMessage",
            "queue jobs",
            {"account 444455556666": [], ANOTHER: []},
        ),
    ],
)
def test_who_can(tmp_path: Path, capsys: Capture, action: str, resource: str, expected: dict[str, list[str]]) -> None:
    found = asked(tmp_path, capsys, action, resource)
    assert found == expected


def test_the_public(tmp_path: Path, capsys: Capture) -> None:
    found = asked(tmp_path, capsys, "s3:GetObject", "arn:aws:s3:::site/index.html")
    assert found["anyone"] == [] and found["a principal of another account"] == []
    assert {"user alice", "role training"} <= set(found)


def test_text_names_the_sentences(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.iam").write_text("account prod = 111122223333\nuser alice\nalice can read bucket b with mfa\n")
    assert main(["who-can", "s3:GetObject", "bucket b/x", "p.iam"]) == 0
    assert capsys.readouterr().out == (
        "user alice: if mfa\n    by p.iam:3: alice can read bucket b with mfa\n"
        "another principal of our account\n"
        "    taken for granted: a principal of our account that is not declared may have any policy\n"
    )


def test_managed_policies_of_aws_may_allow_anything(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = "account prod = 111122223333\nuser alice, bob, carl\ngroup staff = carl\nalice can read bucket b\n"
    program += "alice, staff use aws policy ReadOnlyAccess\nalice cannot read bucket c\n"
    Path("p.iam").write_text(program)
    perhaps = "user carl: perhaps; `ReadOnlyAccess` of AWS, which is not here, may allow it\n"
    assert main(["who-can", "s3:GetObject", "bucket b/x", "p.iam"]) == 0
    assert capsys.readouterr().out.startswith(
        "user alice\n    taken for granted: `ReadOnlyAccess` of AWS, which is not here, says nothing of it\n"
        "    by p.iam:4: alice can read bucket b\n" + perhaps
    )
    assert main(["who-can", "s3:GetObject", "bucket c/x", "p.iam"]) == 0
    assert capsys.readouterr().out.startswith(perhaps + "another principal")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say which action and on what"),
        (["s3:GetObject"], "say which action and on what"),
        (["s3:GetObjct", "arn:aws:s3:::b/x"], "did you mean `s3:GetObject`?"),
        (["s3:GetObject", "bocket b"], "did you mean `bucket`?"),
        (["s3:GetObject", "arn:aws:sqs:eu-west-1:111122223333:q"], "it acts on"),
    ],
)
def test_bad_words(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.iam").write_text("user alice\nalice can read bucket b\n")
    assert main(["who-can", *words]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.out == ""
