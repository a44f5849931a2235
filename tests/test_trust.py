"""Trust policies decide as their sentences read, by an evaluator that knows nothing of the compiler.

`cases/compile/NAME/assume.json` has rows for the trust policy of role `r` (or `role`) in the documents beside it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evaluator import Request, decide, decide_all

from iamdsl.cli import main

CASES = sorted((Path(__file__).resolve().parent / "cases" / "compile").glob("*/assume.json"))
TRUSTS = sorted((Path(__file__).resolve().parent / "cases" / "compile").glob("*/expected.json"))
ROWS = [(path.parent, row) for path in CASES for row in json.loads(path.read_text(encoding="utf-8"))]


def documents(case: Path) -> dict[str, Any]:
    """Path → document."""
    found: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    return {path.removeprefix("prod/"): document for path, document in found.items()}  # with several home accounts


def arn(row: dict[str, Any], case: Path) -> str:
    partition = "aws-cn" if "partition aws-cn" in (case / "input.iam").read_text(encoding="utf-8") else "aws"
    return f"arn:{partition}:iam::111122223333:role/{row.get('role', 'r')}"


@pytest.mark.parametrize(("case", "row"), ROWS, ids=[f"{case.name}-{n}" for n, (case, _) in enumerate(ROWS)])
def test_decided(case: Path, row: dict[str, Any]) -> None:
    trust = documents(case)[f"roles/{row.get('role', 'r')}/trust.json"]
    assert decide([trust], Request(row["who"], row["action"], arn(row, case), row["context"])) == row["expected"]


@pytest.mark.parametrize("case", [path.parent for path in CASES], ids=lambda path: path.name)
def test_each_statement_decides_a_row(case: Path) -> None:
    """No statement of a trust policy goes without a row that it allows."""
    rows = [row for of, row in ROWS if of == case and row["expected"] == "allowed"]
    for path, document in documents(case).items():
        if not path.endswith("/trust.json"):
            continue
        for statement in document["Statement"]:
            one = {**document, "Statement": [statement]}
            reached = [row for row in rows if path == f"roles/{row.get('role', 'r')}/trust.json"]
            assert any(
                decide([one], Request(row["who"], row["action"], arn(row, case), row["context"])) == "allowed"
                for row in reached
            ), statement


def trusts() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in TRUSTS:
        for name, document in json.loads(path.read_text(encoding="utf-8")).items():
            if name.endswith("/trust.json"):
                found += [(f"{path.parent.name}/{name}", one) for one in document["Statement"]]
    return found


def test_everybody_is_trusted_only_within_an_organization() -> None:
    """`{"AWS": "*"}` stands for an organization, with the condition that says so; `"*"` is never emitted."""
    seen = 0
    for name, statement in trusts():
        principal = statement["Principal"]
        assert isinstance(principal, dict), name
        if "*" in (principal.get("AWS"), *principal.values()) or any("*" in one for one in principal.values()):
            assert principal == {"AWS": "*"} and "aws:PrincipalOrgID" in statement["Condition"]["StringEquals"], name
            seen += 1
    assert seen


def test_tokens_are_accepted_for_a_subject_and_an_audience() -> None:
    for name, statement in trusts():
        if statement["Action"] == "sts:AssumeRoleWithWebIdentity":
            keys = {key for tests in statement["Condition"].values() for key in tests}
            assert any(key.endswith((":aud", ":app_id")) for key in keys), name
            assert any(key.endswith((":sub", ":id", ":user_id")) for key in keys), name


def test_both_halves() -> None:
    """What a trusted user, role or permission set has in its own policy lets it in, and no further."""
    found = documents(CASES[0].parent.parent / "trust-permission-set")
    role = "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_power_0123456789abcdef"
    request = Request(role, "sts:AssumeRole", "arn:aws:iam::111122223333:role/r", {"aws:PrincipalArn": role})
    trust, own = found["roles/r/trust.json"], found["permission-sets/power/policy.json"]
    assert decide_all(request=request, identity=[own], trust=trust, same_account=False) == "allowed"
    assert decide_all(request=request, identity=[], trust=trust, same_account=False) == "implicit-deny"


def sso(account: str, name: str) -> str:
    return (
        f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_{name}_0123456789abcdef"
    )


@pytest.mark.parametrize(
    ("account", "name", "bucket", "action", "expected"),
    [
        ("111122223333", "power", "lake", "s3:GetObject", "allowed"),  # across accounts: both halves
        ("444455556666", "power", "lake", "s3:GetObject", "allowed"),
        ("111122223333", "power", "here", "s3:GetObject", "allowed"),
        ("444455556666", "power", "here", "s3:GetObject", "allowed"),
        ("444455556666", "local", "lake", "s3:GetObject", "allowed"),
        ("111122223333", "local", "lake", "s3:GetObject", "implicit-deny"),  # it is not assigned there
        ("444455556666", "local", "here", "s3:GetObject", "implicit-deny"),
        ("111122223333", "power", "lake", "s3:PutObject", "allowed"),
        ("444455556666", "local", "lake", "s3:PutObject", "allowed"),
        ("111122223333", "local", "lake", "s3:PutObject", "explicit-deny"),
        ("444455556666", "other", "lake", "s3:PutObject", "explicit-deny"),
    ],
)
def test_a_permission_set_in_several_accounts(account: str, name: str, bucket: str, action: str, expected: str) -> None:
    case = CASES[0].parent.parent / "permission-set-accounts"
    found: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    owner, where = ("prod", "111122223333") if bucket == "here" else ("data", "444455556666")
    identity = [found[path] for path in [f"prod/permission-sets/{name}/policy.json"] if path in found]
    caller = sso(account, name)
    request = Request(caller, action, f"arn:aws:s3:::{bucket}/x", {"aws:PrincipalArn": caller})
    policy = found[f"{owner}/resources/bucket/{bucket}/policy.json"]
    assert decide_all(request=request, identity=identity, resource=policy, same_account=account == where) == expected


def test_aws_takes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What validation of a trust policy finds is a warning of one that was warned of."""
    found: dict[str, set[str]] = {}
    for path in TRUSTS:
        for name, document in documents(path.parent).items():
            if name.endswith("/trust.json"):
                (tmp_path / "trust.json").write_text(json.dumps(document))
                main(["validate", str(tmp_path / "trust.json"), "--kind", "trust", "--output-format", "json"])
                codes = {one["code"] for one in json.loads(capsys.readouterr().out)} - {
                    "IAM955"
                }  # an old version was asked for
                found |= {path.parent.name: codes} if codes else {}
    assert found == {"trust-github-repositories": {"IAM900"}, "trust-github-repository": {"IAM900"}}


HOLDERS = """
account prod = 111122223333
account data = 444455556666
boundary dev-team { can administer bucket dev-* }
user dev within boundary dev-team
role web for service glue, ec2 lasting 90m within boundary arn:aws:iam::aws:policy/PowerUserAccess
role plain for service glue
permission set power for group-name "Dev Ops", Admins for user-name "a@example.com" in account prod, data lasting 1h30m
permission set audit for group-name Auditors within boundary dev-team
every principal can read bucket dev-data
"""


def test_the_manifest_says_what_principals_hold(tmp_path: Path) -> None:
    program = tmp_path / "a.iam"
    program.write_text(HOLDERS)
    assert main(["compile", str(program), "-o", str(tmp_path / "out")]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    who = [{"group": "Dev Ops"}, {"group": "Admins"}, {"user": "a@example.com"}]
    assert manifest["principals"] == {
        "prod/permission-sets/audit": {
            "boundary": "dev-team",
            "assignments": [{"account": "111122223333", "group": "Auditors"}],
        },
        "prod/permission-sets/power": {
            "session_duration": "PT1H30M",
            "assignments": [{"account": account, **one} for account in ("111122223333", "444455556666") for one in who],
        },
        "prod/roles/web": {
            "max_session_seconds": 5400,
            "boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
            "instance_profile": "web",
        },
        "prod/users/dev": {"boundary": "dev-team"},
    }
    kinds = {path: entry["kind"] for path, entry in manifest["documents"].items()}
    assert kinds["prod/permission-sets/power/policy.json"] == "permission-set"
    assert manifest["documents"]["prod/permission-sets/power/policy.json"]["attach"] == {"permission-set": "power"}
