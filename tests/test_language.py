"""The reference: every block of it compiles, and the two golden documents are exactly these."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from iamdsl import read
from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.render import render
from iamdsl.source import Source

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
READ = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::my-ml-datasets", "arn:aws:s3:::my-ml-datasets/*"],
}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-ml-results/*"}


def compiled(text: str, **settings: str) -> tuple[dict[str, Any], Report]:
    """Path → document, and the findings."""
    report = Report()
    found = compile_program((Source("test.iam", text),), default(), settings, report)
    return tree.documents(found), report


def blocks() -> list[Any]:
    found = []
    for name in ("grammar/language.md", "README.md"):
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            for place, block in enumerate(re.findall(r"```iam\n(.*?)```", file.read(), re.DOTALL)):
                found.append(pytest.param(block, id=f"{name}-{place}"))
    return found


@pytest.mark.parametrize("block", blocks())
def test_every_block_of_the_documentation_compiles(block: str) -> None:
    documents, report = compiled(block)
    assert not report.failed, render(report, "text")
    assert documents


def files() -> list[Any]:
    """The programs of several files: those blocks of a section that name their file, the first of them is given."""
    with open(os.path.join(ROOT, "grammar/language.md"), encoding="utf-8") as file:
        sections = re.split(r"^#+ (?=[A-Z])", file.read(), flags=re.MULTILINE)
    found = [(section, re.findall(r"```iam (\S+)\n(.*?)```", section, re.DOTALL)) for section in sections]
    return [pytest.param(named, id=section.partition("\n")[0]) for section, named in found if named]


@pytest.mark.parametrize("named", files())
def test_every_program_of_several_files_compiles(named: list[tuple[str, str]], tmp_path: Path) -> None:
    for name, text in named:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    report = Report()
    sources = read.sources([str(tmp_path / named[0][0])], "-", report)
    found = compile_program(sources, default(), {}, report)
    assert not len(report), render(report, "text")
    assert {os.path.relpath(path, tmp_path) for path in found.sources} == {name for name, _ in named}


@pytest.mark.parametrize(
    ("sentence", "statement"),
    [
        ("datascientist can read bucket my-ml-datasets", READ),
        ("training can write bucket my-ml-results", WRITE),
        ("datascientist can read bucket my-ml-datasets with mfa", {**READ, "Condition": MFA}),
    ],
)
def test_golden_documents(sentence: str, statement: dict[str, Any]) -> None:
    documents, report = compiled(sentence)
    assert not report.failed
    assert list(documents.values()) == [{"Version": "2012-10-17", "Statement": [statement]}]


ACCOUNT = "account prod = 111122223333\nregion eu-west-1\nuser alice\nrole r for user alice\n"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "alice cannot s3:DeleteObject bucket b unless mfa",
            [
                {
                    "Effect": "Deny",
                    "Action": "s3:DeleteObject",
                    "Resource": "arn:aws:s3:::b/*",
                    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                }
            ],
        ),
        (
            "alice cannot s3:ListBucket bucket b/p/*",
            [
                {
                    "Effect": "Deny",
                    "Action": "s3:ListBucket",
                    "Resource": "arn:aws:s3:::b",
                    "Condition": {"StringLikeIfExists": {"s3:prefix": ["", "p", "p/*"]}},
                }
            ],
        ),
        (
            "alice can do anything except iam:*, organizations:*",
            [{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}],
        ),
        (
            'alice can s3:GetObject arn:aws:s3:::b/x, secretsmanager:GetSecretValue secret "api"',
            [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x"},
                {
                    "Effect": "Allow",
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:api-??????",
                },
            ],
        ),
        (
            "alice can s3:GetObject bucket b if aws:PrincipalTag/a = x or aws:PrincipalTag/b != y",
            [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::b/*",
                    "Condition": {"StringEquals": {"aws:PrincipalTag/a": "x"}},
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::b/*",
                    "Condition": {"StringNotEquals": {"aws:PrincipalTag/b": "y"}},
                },
            ],
        ),
        (
            "alice can pass role r to service sagemaker",
            [
                {
                    "Effect": "Allow",
                    "Action": "iam:PassRole",
                    "Resource": "arn:aws:iam::111122223333:role/r",
                    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
                }
            ],
        ),
    ],
)
def test_sentences(sentence: str, expected: list[dict[str, Any]]) -> None:
    documents, report = compiled(ACCOUNT + sentence)
    assert not report.failed, render(report, "text")
    found = documents["users/alice/policy.json"]["Statement"]
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/r"}
    assert [one for one in found if one != assume] == expected


def test_a_resource_in_another_account_has_an_arn_there() -> None:
    """An ARN at home under a condition for another account could never match."""
    other = "account dlc = 763104351884 external\n"
    documents, report = compiled(ACCOUNT + other + "alice can sqs:SendMessage queue q in account dlc")
    assert not report.failed
    (send,) = [one for one in documents["users/alice/policy.json"]["Statement"] if one["Action"] == "sqs:SendMessage"]
    assert send["Resource"] == "arn:aws:sqs:eu-west-1:763104351884:q"


def test_services_are_not_mixed_in_one_statement() -> None:
    documents, _ = compiled(ACCOUNT + "alice can s3:GetObject bucket b\nalice can sqs:SendMessage queue q")
    actions = [one["Action"] for one in documents["users/alice/policy.json"]["Statement"]]
    assert "s3:GetObject" in actions and "sqs:SendMessage" in actions


def test_a_key_is_used_through_its_service_only() -> None:
    key = "key k = 1234abcd-12ab-34cd-56ef-1234567890ab\nbucket b encrypted with key k\n"
    documents, report = compiled(ACCOUNT + key + "alice can read bucket b from ip 203.0.113.0/24 with mfa")
    assert not report.failed
    (decrypt,) = [one for one in documents["users/alice/policy.json"]["Statement"] if one["Action"] == "kms:Decrypt"]
    # the network is S3's own when it calls KMS, so that clause does not pass on; MFA does
    assert decrypt["Condition"] == {**MFA, "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def test_output_does_not_depend_on_the_order_of_sentences() -> None:
    sentences = [
        "alice can read bucket b",
        "alice can write bucket b/x/*",
        "alice cannot s3:GetObject bucket b/secret/*",
        "alice can list any bucket",
    ]
    forward, _ = compiled(ACCOUNT + "\n".join(sentences))
    backward, _ = compiled(ACCOUNT + "\n".join(reversed(sentences)))
    assert json.dumps(forward) == json.dumps(backward)
