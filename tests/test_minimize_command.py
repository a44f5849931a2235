"""`iamdsl minimize`: `cases/minimize/NAME/input.json` gives exactly `expected.json`, and `stderr.txt` says what was done.

IAMDSL_UPDATE=1 writes the expectations anew; each was read against AWS's semantics, and has to be again.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamdsl import catalog
from iamdsl.cli import main
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.condense import condense
from iamdsl.compiler.diff import Facts, Policies, diff
from iamdsl.compiler.wildcards import wildcards
from iamdsl.policy import codec
from iamdsl.policy.validate import counted

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "minimize").iterdir())
MODES = ("exact", "stable", "short")
CATALOG = catalog.default()
Capture = pytest.CaptureFixture[str]


def check(golden: Path, text: str) -> None:
    if os.environ.get("IAMDSL_UPDATE"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(case)
    more = (case / "args.txt").read_text().split() if (case / "args.txt").exists() else []
    assert main(["minimize", "input.json", *more]) == 0
    out, err = capsys.readouterr()
    check(case / "expected.json", out)
    check(case / "stderr.txt", err)


def named(pattern: str) -> list[str]:
    return [name for name, _ in CATALOG.names_matching(pattern)]


def relation(old: str, new: str, closed: bool) -> str:
    """By the comparison alone, without what minimising uses to prove its results."""
    sides = [Policies((codec.read(text, "identity"),)) for text in (old, new)]
    return diff(*sides, Facts(formats_of(CATALOG), named, closed)).verdict.relation


def laws(document: dict[str, Any], mode: str) -> None:
    text = json.dumps(document)
    found = condense(text, "identity", mode, CATALOG)
    assert found.proof == "equal"
    assert found.after == counted(found.value, "nonspace") <= found.before == counted(document, "nonspace")
    again = condense(json.dumps(found.value), "identity", mode, CATALOG)
    assert again.value == found.value, "minimising it again changes nothing"
    assert condense(json.dumps(shuffled(document)), "identity", mode, CATALOG).value == found.value
    if mode == "exact":
        before = codec.read(text, "identity").statements
        assert wildcards(found.document.statements) <= wildcards(before), "no wildcard that was not there"
    if mode == "stable":
        of_one_level(found.document, codec.read(text, "identity"))


def shuffled(document: dict[str, Any]) -> dict[str, Any]:
    chance = random.Random(0)
    copy: dict[str, Any] = json.loads(json.dumps(document))
    listed = copy["Statement"] if isinstance(copy["Statement"], list) else [copy["Statement"]]
    for statement in listed:
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            if isinstance(statement.get(name), list):
                chance.shuffle(statement[name])
        if "Condition" in statement:
            statement["Condition"] = {
                operator: dict(reversed(tests.items())) for operator, tests in reversed(statement["Condition"].items())
            }
    chance.shuffle(listed)
    copy["Statement"] = listed
    return copy


def of_one_level(small: codec.Document, given: codec.Document) -> None:
    """Each wildcard that was brought in stands for actions of one access level."""
    for text in wildcards(small.statements) - wildcards(given.statements):
        matched = CATALOG.names_matching(text)
        assert len(matched) > 1 and len({level for _, level in matched}) == 1, text
        name = text.partition(":")[2]
        assert name.endswith("*") and name[:-1].isalnum(), text


def managed() -> list[tuple[str, dict[str, Any]]]:
    """AWS's own managed policies, every 101st."""
    moto = pytest.importorskip("moto.iam.aws_managed_policies")
    every = json.loads(moto.aws_managed_policies_data)
    return [(name, every[name]["Document"]) for name in sorted(every)[::101]]


@pytest.mark.parametrize("mode", MODES)
def test_managed_policies(mode: str) -> None:
    for name, document in managed():
        laws(document, mode)
        found = json.dumps(condense(json.dumps(document), "identity", mode, CATALOG).value)
        if len(json.dumps(document)) < 1500:
            assert relation(json.dumps(document), found, mode != "exact") == "equal", name


ACTIONS = [one.full for one in CATALOG.matching("sqs:*")] + [one.full for one in CATALOG.matching("s3:*Object*")]
ACTIONS += [
    "sqs:*",
    "sqs:Get*",
    "s3:*Acl",
    "s3:*Object*",
    "S3:getobject",
    "s3:Unheard",
    "nosuch:*",
    "*",
    "sqs:ListQueue?",
]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:sqs:*:*:q"]
CONDITIONS = [
    {},
    {"Bool": {"aws:SecureTransport": True}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": 5}, "Null": {"aws:SourceIp": "false"}},
    {"StringLike": {"kms:ViaService": "s3.*", "aws:userid": "a*"}, "Bool": {"aws:SecureTransport": "true"}},
    {"StringLike": {"kms:ViaService": "b.*"}, "Bool": {"aws:SecureTransport": "true"}},
]
some = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=25)
statements = st.builds(
    lambda effect, action, actions, resource, resources, condition: {
        **{"Sid": "S", "Effect": effect, action: actions, resource: resources},
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["Action", "Action", "Action", "NotAction"]),
    some,
    st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]),
    st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=3),
    st.sampled_from(CONDITIONS),
)
documents = st.builds(
    lambda version, listed: {"Version": version, "Statement": listed if len(listed) > 1 else listed[0]},
    st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
    st.lists(statements, min_size=1, max_size=4),
)


def under(*conditions: dict[str, Any]) -> dict[str, Any]:
    one = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**one, "Condition": condition} for condition in conditions]}


# `*` stands in one document and not in the other, and some wildcards beside it are within others
WIDE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["kms:*", "s3:GetObject"], "Resource": "arn:aws:s3:::b*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:userid": []}}},
        {
            "Effect": "Deny",
            "Action": ["*:*", "kms:*"],
            "Resource": "arn:aws:s3:::?/*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
    ],
}


@settings(max_examples=25, deadline=None)
@given(documents, st.sampled_from(MODES))
@example(WIDE, "short")
@example(under(*CONDITIONS[-2:]), "exact")  # the order of a condition's tests does not choose that of the statements
@example(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sqs:ListQueue?", "Resource": "*"},
            {"Effect": "Deny", "Action": "sqs:ListQueues", "Resource": "*"},
        ],
    },
    "short",
)  # what is denied wherever it is allowed shows only when both have the same wildcard
def test_laws(document: dict[str, Any], mode: str) -> None:
    laws(document, mode)


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "not JSON"),
        ("[]", "not an object"),
        ('{"Version": "2012-10-17"}', "no `Statement`"),
        ('{"Statement": [{"Effect": "Allow", "Action": 3, "Resource": "*"}]}', "a number where a text belongs"),
    ],
)
def test_what_is_no_policy(text: str, why: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "bad.json").write_text(text)
    assert main(["minimize", str(tmp_path / "bad.json")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and why in err and "IAM701" in err
