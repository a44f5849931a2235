"""`iamdsl can`: every row of `cases/enforced`, which a server that enforces IAM confirms, and what is asked wrongly."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from iamdsl.cli import main
from iamdsl.commands.can import answer
from iamdsl.commands.estate import load
from iamdsl.diagnostics import Report

TESTS = Path(__file__).resolve().parent
EXAMPLES = TESTS.parent / "examples"
PLATFORM = str(EXAMPLES / "ml-platform" / "platform.iam")
TREE = str(EXAMPLES / "ml-platform" / "expected")
ROWS = [
    (path.stem, row)
    for path in sorted((TESTS / "cases" / "enforced").glob("*.json"))
    for row in json.loads(path.read_text(encoding="utf-8"))
]
HOME = "arn:aws:iam::111122223333:"
OTHERS = {
    "globex": "arn:aws:iam::444455556666:root",
    "stranger": "arn:aws:iam::999988887777:root",
    "outsider": f"{HOME}user/outsider",
}

Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    status = main(["can", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def asked(capsys: Capture, *arguments: str) -> dict[str, Any]:
    status, out, _ = run(capsys, *arguments, "--output-format", "json")
    found: dict[str, Any] = json.loads(out)
    assert status == (0 if found["allowed"] else 1)
    return found


@pytest.mark.parametrize("form", ["program", "folder"])
@pytest.mark.parametrize("example", sorted({example for example, _ in ROWS}))
def test_what_a_server_confirms(example: str, form: str) -> None:
    """The same decisions of a program and of what it compiles to, and the sentences behind them."""
    (program,) = (EXAMPLES / example).glob("*.iam")
    files = program if form == "program" else EXAMPLES / example / "expected"
    options = argparse.Namespace(set=[], stdin_filename="-", strict=False, quotas=(), rules={}, minimize="exact")
    report = Report()
    estate = load([str(files)], options, report)
    assert estate is not None
    for of, row in ROWS:
        if of == example:
            resources = row["resource"] if isinstance(row["resource"], list) else [row["resource"]]
            keys = [f"{key}={value}" for key, value in row.get("context", {}).items()]
            who = OTHERS.get(row["who"], row["who"])
            answers = [answer((who, row["action"], arn), keys, estate, report) for arn in resources]
            assert None not in answers, row
            outcomes = {each.decision.outcome for each in answers if each}
            worst = next(one for one in ("explicit-deny", "implicit-deny", "allowed") if one in outcomes)
            assert worst == row["expected"], row
            for each in answers:
                for reason in each.decision.because if each else ():
                    held = each.met.source(reason) if each else None
                    for place in held.sentences[reason.statement] if held else ():
                        path, line = place.rsplit(":", 1)
                        assert Path(path).resolve() == program and int(line) > 0


ALICE = "arn:aws:iam::111122223333:user/alice"
OBJECT = "arn:aws:s3:::reports/june.csv"


def policy(**elements: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*", **elements}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture()
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, name: str, value: Any) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def test_text(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES / "ml-platform")
    assert run(capsys, "ana", "s3:GetObject", "bucket datasets/raw/x", "platform.iam") == (
        1,
        """\
no, nothing allows it: user ana s3:GetObject arn:aws:s3:::acme-ml-datasets-prod/raw/x
  no identity policy allows it
  it would by platform.iam:52: data-scientists can read bucket datasets, bucket results with mfa
      but Bool aws:MultiFactorAuthPresent: the request has no such key; give it with `-c aws:MultiFactorAuthPresent=...`
  the request: arn:aws:iam::111122223333:user/ana
""",
        "",
    )
    mfa = ("-c", "aws:MultiFactorAuthPresent=true")
    assert run(capsys, "user", "ana", "s3:GetObject", "bucket datasets/restricted/x", *mfa) == (
        1,
        """\
no, it is denied: user ana s3:GetObject arn:aws:s3:::acme-ml-datasets-prod/restricted/x
  because of platform.iam:56: data-scientists cannot read bucket datasets/restricted/*
  the request: arn:aws:iam::111122223333:user/ana
      aws:MultiFactorAuthPresent = true
""".replace("platform.iam", "./platform.iam"),
        "",
    )
    status, out, _ = run(capsys, "role training", "sagemaker:CreateTrainingJob", "training job exp-1")
    assert status == 1 and "no identity policy allows it" in out
    who = "arn:aws:iam::444455556666:user/eve"
    status, out, _ = run(capsys, who, "sts:AssumeRole", "role globex-reader", "-c", "sts:ExternalId=acme-42")
    assert status == 0 and f"taken for granted: the account of {who} allows it on its side" in out


def test_policies_of_nobody_are_of_who_asks(folder: Path, capsys: Capture) -> None:
    write(folder, "one.json", policy())
    write(folder, "two.json", policy(Effect="Deny", Action="s3:*", Resource="arn:aws:s3:::reports/secret/*"))
    for who in (ALICE, "alice", "role etl", f"{HOME}role/path/etl", "arn:aws:sts::111122223333:assumed-role/etl/x"):
        assert asked(capsys, who, "s3:GetObject", OBJECT, "one.json", "two.json")["because"] == [
            {"document": "one.json", "statement": 0, "sentence": None}
        ]
        found = asked(capsys, who, "s3:GetObject", "arn:aws:s3:::reports/secret/x", "one.json", "two.json")
        assert found["decision"] == "explicit-deny"
    assert not asked(capsys, "anyone", "s3:GetObject", OBJECT, "one.json")["allowed"]
    assert asked(capsys, "alice", "s3:GetObject", OBJECT, ".")["allowed"]


def test_kinds_of_documents(folder: Path, capsys: Capture) -> None:
    write(folder, "mine.json", policy())
    write(folder, "bucket.json", policy(Principal={"AWS": "arn:aws:iam::444455556666:root"}))
    write(folder, "keep.scp.json", policy(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    write(folder, "only.scp.json", policy(Action="iam:*", Resource="*"))
    write(folder, "keep.rcp.json", policy(Effect="Deny", Principal="*", Action="s3:*", Resource="*"))
    write(folder, "boundaries/dev.json", policy(Action="iam:*", Resource="*"))
    write(
        folder,
        "trust.json",
        {"Statement": {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"}},
    )
    read = ("alice", "s3:GetObject", OBJECT)
    assert asked(capsys, *read, "mine.json", "bucket.json", "keep.scp.json")["allowed"]
    assert not asked(capsys, *read, "bucket.json")["allowed"]
    eve = "arn:aws:iam::444455556666:user/eve"
    assert (
        asked(capsys, eve, *read[1:], "bucket.json")["missing"] == "identity"
    )  # for all we know, the bucket is of hers
    found = asked(capsys, eve, *read[1:], "bucket.json", "-c", "aws:ResourceAccount=111122223333")
    assert found["allowed"] and found["assumed"] == [f"the account of {eve} allows it on its side"]
    found = asked(capsys, *read, "mine.json", "keep.scp.json", "-c", "aws:SecureTransport=false")
    assert [one["document"] for one in found["because"]] == ["keep.scp.json"]
    assert asked(capsys, *read, "mine.json", "only.scp.json")["missing"] == "scps"
    assert asked(capsys, *read, "mine.json", "keep.rcp.json")["decision"] == "explicit-deny"
    assert asked(capsys, *read, "mine.json", "boundaries/dev.json")["missing"] == "boundary"
    role = ("sts:AssumeRole", f"{HOME}role/etl")
    assert asked(capsys, ALICE, *role, "trust.json")["allowed"]
    assert asked(capsys, f"{HOME}user/bob", *role, "mine.json", "trust.json")["missing"] == "trust"


def test_programs_and_policies_in_one(folder: Path, capsys: Capture) -> None:
    write(folder, "a.iam", "account home = 111122223333\nuser alice, bob\nalice can read bucket reports\n")
    write(folder, "deny.json", policy(Effect="Deny", Condition={"StringEquals": {"aws:username": "alice"}}))
    assert asked(capsys, "alice", "s3:GetObject", OBJECT)["because"][0]["sentence"] == "./a.iam:3"
    assert not asked(capsys, "bob", "s3:GetObject", OBJECT)["allowed"]
    assert asked(capsys, "alice", "s3:GetObject", OBJECT, "a.iam", "deny.json")["decision"] == "explicit-deny"


def test_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(json.dumps(policy()).encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert asked(capsys, "alice", "s3:GetObject", OBJECT, "-")["allowed"]


def test_keys(folder: Path, capsys: Capture) -> None:
    condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}, "Null": {"aws:TagKeys": "false"}}
    write(folder, "p.json", policy(Action="*", Resource="*", Condition=condition))
    tag = ("alice", "s3:PutObjectTagging", OBJECT, "p.json", "-c", "aws:TagKeys=a")
    assert asked(capsys, *tag, "--context", "aws:tagkeys=b")["request"]["context"]["aws:TagKeys"] == ["a", "b"]
    assert not asked(capsys, *tag, "-c", "aws:TagKeys=c")["allowed"]
    for who, keys in (
        ("alice", {"aws:PrincipalArn": ALICE, "aws:username": "alice", "aws:PrincipalType": "User"}),
        ("role etl", {"aws:PrincipalArn": f"{HOME}role/etl", "aws:userid": "AROAEXAMPLEEXAMPLEEXA:session"}),
        (f"{HOME}root", {"aws:PrincipalArn": f"{HOME}root", "aws:PrincipalType": "Account"}),
        ("service glue", {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": "glue.amazonaws.com"}),
        ("anyone", {"aws:PrincipalType": "Anonymous", "aws:PrincipalIsAWSService": "false"}),
    ):
        more = ("-c", "aws:PrincipalAccount=111122223333") if who in ("alice", "role etl") else ()
        found = asked(capsys, who, "s3:GetObject", OBJECT, "p.json", *more)["request"]["context"]
        assert found.items() >= keys.items()
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    found = asked(capsys, "alice", "kms:Decrypt", key, "p.json")
    context = {name: found["request"]["context"][name] for name in ("aws:RequestedRegion", "kms:CallerAccount")}
    assert context == {"aws:RequestedRegion": "eu-west-1", "kms:CallerAccount": "111122223333"}
    assert found["assumed"] == ["the key's policy leaves it to the policies of the account"]


AMBIGUOUS = "account home = 111122223333\nuser etl\nrole etl for service glue\nuser etl can read bucket reports\n"

# what is asked, the code, what the message and its help say
WRONG: list[tuple[tuple[str, ...], str, str]] = [
    (
        ("alcie", "s3:GetObject", OBJECT, "a.iam"),
        "IAM213",
        "unknown principal `alcie`\n   = help: did you mean `alice`?",
    ),
    (("role alice", "s3:GetObject", OBJECT, "a.iam"), "IAM213", "unknown role `alice`"),
    (("etl", "s3:GetObject", OBJECT, "b.iam"), "IAM214", "say which: `user etl`, `role etl`"),
    (("alice", "s3:GetObjekt", OBJECT, "a.iam"), "IAM301", "did you mean `s3:GetObject`?"),
    (("alice", "s4:GetObject", OBJECT, "a.iam"), "IAM302", "unknown service `s4`"),
    (("alice", "s3:Get*", OBJECT, "a.iam"), "IAM301", "one action, spelled out as `s3:GetObject`"),
    (("alice", "read", OBJECT, "a.iam"), "IAM301", "one action, spelled out as `s3:GetObject`"),
    (("alice", "s3:GetObject", "buket reports/x", "a.iam"), "IAM303", "did you mean `bucket`?"),
    (("alice", "sqs:SendMessage", "queue jobs", "a.iam"), "IAM312", "the ARN of queue `jobs` needs a region"),
    (("alice", "s3:GetObject", "arn:aws:s3:::reports", "a.iam"), "IAM702", "it acts on"),
    (("alice", "s3:ListAllMyBuckets", OBJECT, "a.iam"), "IAM702", "it exists on `*` only"),
    (("alice", "sqs:SendMessage", "*", "a.iam"), "IAM702", "sqs:SendMessage never acts on `*`"),
    (("account 444455556666", "s3:GetObject", OBJECT, "a.iam"), "IAM703", "requests come from its principals"),
    (("arn:aws:s3:::reports", "s3:GetObject", OBJECT, "a.iam"), "IAM703", "nobody who makes requests"),
    (("service gleu", "s3:GetObject", OBJECT, "a.iam"), "IAM504", "did you mean `glue`?"),
    (("alice", "s3:GetObject", OBJECT, "a.iam", "-c", "aws:SourceIP"), "IAM402", "a key and its value"),
    (
        ("alice", "s3:GetObject", OBJECT, "a.iam", "-c", "aws:SourceIpp=1.2.3.4"),
        "IAM401",
        "did you mean `aws:SourceIp`?",
    ),
    (("alice", "s3:GetObject", OBJECT, "a.iam", "-c", "aws:SourceIp=10.0.0.0/8"), "IAM402", "of type IPAddress"),
    (("alice", "s3:GetObject", OBJECT, "a.iam", "-c", "aws:SecureTransport=yes"), "IAM402", "`true` or `false`"),
    (("alice", "s3:GetObject", OBJECT, "a.iam", "-c", "aws:username=bob"), "IAM705", "of this request is `alice`"),
    (
        ("alice", "s3:ListBucket", "bucket reports", "a.iam", "-c", "s3:prefix=a", "-c", "s3:prefix=b"),
        "IAM706",
        "has one value",
    ),
    (("alice", "s3:GetObject", OBJECT, "broken.json"), "IAM701", "the effect is neither `Allow` nor `Deny`"),
    (("alice", "s3:GetObject", OBJECT, "web"), "IAM707", "no manifest of iamdsl"),
    (("alice", "s3:GetObject", OBJECT, "nowhere.json"), "IAM101", "cannot read `nowhere.json`"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=[f"{row[1]}-{row[0][1]}" for row in WRONG])
def test_what_is_asked_wrongly(
    arguments: tuple[str, ...], code: str, message: str, folder: Path, capsys: Capture
) -> None:
    """One finding, nothing on standard output, and a status that is no answer."""
    write(folder, "a.iam", "account home = 111122223333\nuser alice\nalice can read bucket reports\n")
    write(folder, "b.iam", AMBIGUOUS)
    write(folder, "b.json", policy())
    write(folder, "broken.json", '{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}')
    write(folder, "web/manifest.json", '{"name": "a web app", "documents": 5}')
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "") and err.count("error[") == 1
    assert f"error[{code}]" in err and message in err


def test_a_key_that_no_request_carries_is_a_warning(folder: Path, capsys: Capture) -> None:
    write(folder, "p.json", policy())
    status, out, err = run(capsys, "alice", "s3:GetObject", OBJECT, "p.json", "-c", "s3:prefix=x")
    assert status == 0 and out.startswith("yes") and "warning[IAM704]" in err


def test_usage_and_broken_programs(folder: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "alice", "s3:GetObject")
    assert (status, out) == (2, "") and "say who, which action and on what" in err
    write(folder, "a.iam", "alice can raed bucket reports\n")
    status, out, err = run(capsys, "alice", "s3:GetObject", OBJECT, "a.iam")
    assert (status, out) == (1, "") and "IAM304" in err


def test_a_tree_with_something_missing(folder: Path, capsys: Capture) -> None:
    shutil.copytree(TREE, folder / "tree")
    (folder / "tree" / "users" / "ana" / "policy.json").unlink()
    status, out, err = run(capsys, "ana", "s3:GetObject", OBJECT, "tree")
    assert (status, out) == (2, "") and "error[IAM101]" in err and "users/ana/policy.json" in err


ESTATE = """\
account prod = 111122223333
account partner = 444455556666 external
organization acme = o-a1b2c3d4e5
ou workloads = ou-ab12-11112222
region eu-west-1
user alice, bob
user dev, auditor within boundary developer
permission set power for group-name "Developers"
bucket data = acme-data
policy audit-read { can read bucket audit-logs }
auditor uses audit-read
auditor uses aws policy SecurityAudit
dev can read any bucket
power can read bucket data
alice can read and write bucket data
bob can read bucket data
account partner can read bucket data/shared/*
nobody can delete bucket data unless role admin
guardrail keep-regions for principals in ou workloads {
    nobody can do anything outside region eu-west-1 except in iam, sts, organizations
}
guardrail elsewhere for principals in account partner {
    nobody can delete bucket data
}
boundary developer { can administer bucket dev-* }
endpoint policy gateway for endpoint vpce-1a2b { organization acme can read any bucket }
"""
EVE = "arn:aws:iam::444455556666:user/eve"
IN_IRELAND = ("-c", "aws:RequestedRegion=eu-west-1")

# who, action, resource, more keys, the decision, the documents that decide, what is missing
ESTATE_ROWS: list[tuple[str, str, str, tuple[str, ...], str, list[str], str]] = [
    ("bob", "s3:GetObject", "bucket data/x", (), "allowed", ["users/bob/policy.json"], ""),
    ("bob", "s3:PutObject", "bucket data/x", (), "implicit-deny", [], "identity"),
    ("alice", "s3:DeleteObject", "bucket data/x", (), "explicit-deny", ["resources/bucket/data/policy.json"], ""),
    (EVE, "s3:GetObject", "bucket data/shared/x", (), "allowed", ["resources/bucket/data/policy.json"], ""),
    (EVE, "s3:GetObject", "bucket data/x", (), "implicit-deny", [], "resource"),
    (
        *("bob", "s3:GetObject", "bucket data/x", ("-c", "aws:RequestedRegion=us-east-1")),
        *("explicit-deny", ["guardrails/keep-regions.scp.json"], ""),
    ),
    (
        *(
            "alice",
            "s3:PutObject",
            "bucket data/x",
            ("-c", "aws:SourceVpce=vpce-1a2b", "-c", "aws:PrincipalOrgID=o-a1b2c3d4e5"),
        ),
        *("implicit-deny", [], "endpoint"),
    ),
    (
        *(
            "alice",
            "s3:GetObject",
            "bucket data/x",
            ("-c", "aws:SourceVpce=vpce-1a2b", "-c", "aws:PrincipalOrgID=o-a1b2c3d4e5"),
        ),
        *("allowed", ["users/alice/policy.json", "endpoint-policies/gateway.json"], ""),
    ),
    (
        "alice",
        "s3:PutObject",
        "bucket data/x",
        ("-c", "aws:SourceVpce=vpce-9999"),
        "allowed",
        ["users/alice/policy.json"],
        "",
    ),
]


ESTATE_ROWS += [
    ("dev", "s3:GetObject", "bucket data/x", (), "implicit-deny", ["users/dev/policy.json"], "boundary"),
    (
        *("user dev", "s3:GetObject", "bucket dev-1/x", ()),
        *("allowed", ["users/dev/policy.json", "boundaries/developer.json"], ""),
    ),
    ("auditor", "s3:GetObject", "bucket audit-logs/x", (), "implicit-deny", ["policies/audit-read.json"], "boundary"),
    ("auditor", "s3:GetObject", "bucket data/x", (), "implicit-deny", [], "identity"),
    ("policy audit-read", "s3:GetObject", "bucket audit-logs/x", (), "allowed", ["policies/audit-read.json"], ""),
    ("permission set power", "s3:GetObject", "bucket data/x", (), "allowed", ["permission-sets/power/policy.json"], ""),
    (
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_power_0123456789abcdef/me",
        *("s3:GetObject", "bucket data/x", (), "allowed", ["permission-sets/power/policy.json"], ""),
    ),
]


def test_accounts_of_ours(folder: Path, capsys: Capture) -> None:
    """A namesake in another account has none of the policies; what is not declared there allows nothing."""
    program = "account app = 111122223333\naccount lake = 222233334444\nregion eu-west-1\nrole etl for service glue\n"
    write(folder, "a.iam", program + "role etl2 for role etl\netl can send queue jobs\n")
    queue = "arn:aws:sqs:eu-west-1:111122223333:jobs"
    assert asked(capsys, "role etl", "sqs:SendMessage", queue)["allowed"]
    assert asked(capsys, f"{HOME}role/etl", "sqs:SendMessage", queue)["allowed"]
    found = asked(capsys, "arn:aws:iam::222233334444:role/etl", "sqs:SendMessage", queue)
    assert not found["allowed"] and found["assumed"] == []
    assert asked(capsys, "role etl", "sts:AssumeRole", f"{HOME}role/etl2")["allowed"]
    found = asked(capsys, "role etl", "sts:AssumeRole", "arn:aws:iam::222233334444:role/etl2")
    assert not found["allowed"]


@pytest.mark.parametrize("row", ESTATE_ROWS, ids=[f"{row[0][-5:]}-{row[1]}-{row[4]}-{row[6]}" for row in ESTATE_ROWS])
def test_everything_that_a_program_emits(row: Any, folder: Path, capsys: Capture) -> None:
    who, action, resource, keys, decision, documents, missing = row
    write(folder, "a.iam", ESTATE)
    assert main(["compile", "a.iam", "-o", "out"]) == 0
    keys = keys if "aws:RequestedRegion" in str(keys) else (*keys, *IN_IRELAND)
    capsys.readouterr()
    found = asked(capsys, who, action, resource, "a.iam", *keys)
    assert (found["decision"], found.get("missing", "")) == (decision, missing)
    assert list(dict.fromkeys(one["document"] for one in found["because"])) == documents
    written = asked(capsys, who, action, found["request"]["resource"], "out", *keys)
    assert [one["document"] for one in written["because"]] == [f"out/{one['document']}" for one in found["because"]]
    assert [one["sentence"] for one in written["because"]] == [one["sentence"] for one in found["because"]]
    found["assumed"].remove("our accounts are in o-a1b2c3d4e5")  # which a folder does not say
    for answer in (found, written):
        for name in ("because", "request"):
            answer.pop(name)
    assert written == found
    aws = "arn:aws:iam::aws:policy/SecurityAudit is not here, and allows nothing of this"
    assert (aws in found["assumed"]) is (who == "auditor")
