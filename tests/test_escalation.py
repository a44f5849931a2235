"""Ways to more than is said: over a whole program, over what it compiles to, over files of anybody's.

Each case of WAYS is a program with what is said of its ways.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamdsl.cli import main

HEAD = "account prod = 111122223333\nregion eu-west-1\n"
MADE = "training can lambda:CreateFunction, lambda:InvokeFunction function job-*\n"
LENT = HEAD + "role admin for service lambda\nrole training for service sagemaker\n"
ADMIN = "admin can do anything\n"
PASS = "training can pass role admin to service lambda\n"

# program → what is said of ways: IAM977 as it is, IAM987 with "~" before it
WAYS = {
    "a role that can do anything is passed": (
        LENT + ADMIN + PASS + MADE,
        ["role `training` can pass role `admin` to Lambda, and so do anything"],
    ),
    "nothing runs it": (LENT + ADMIN + PASS, []),
    "nothing invokes it": (LENT + ADMIN + PASS + "training can lambda:CreateFunction function job-*\n", []),
    "the function that is made is not the one that is invoked": (
        LENT
        + ADMIN
        + PASS
        + "training can lambda:CreateFunction function a-* and lambda:InvokeFunction function b-*\n",
        [],
    ),
    "a role that has no more": (
        LENT + "admin, training can read bucket b\n" + PASS + MADE,
        [],
    ),
    "a role that has more, but not everything": (
        LENT + "admin can read bucket b\n" + PASS + MADE,
        [
            "~role `training` can pass role `admin` to Lambda, and so do `s3:GetObject` on `arn:aws:s3:::b/*`, among others"
        ],
    ),
    "another service": (LENT + ADMIN + "training can pass role admin to service glue\n" + MADE, []),
    "a role that the service cannot assume": (
        LENT.replace("admin for service lambda", "admin for service glue") + ADMIN + PASS + MADE,
        [],
    ),
    "denied": (LENT + ADMIN + PASS + MADE + "training cannot lambda:CreateFunction any function\n", []),
    "denied on this role": (
        LENT + ADMIN + "training can iam:PassRole role adm*\n" + MADE + "training cannot iam:PassRole role admin\n",
        [],
    ),
    "denied for this service": (
        LENT
        + ADMIN
        + "training can iam:PassRole role admin\n"
        + MADE
        + "training cannot iam:PassRole any role if iam:PassedToService = lambda.amazonaws.com\n",
        [],
    ),
    "denied where a condition holds": (
        LENT + ADMIN + PASS + MADE + "training cannot lambda:CreateFunction any function from ip 203.0.113.0/24\n",
        ["role `training` can pass role `admin` to Lambda, and so do anything"],
    ),
    "within a boundary": (
        LENT.replace("role training for service sagemaker", "role training for service sagemaker within boundary dev")
        + ADMIN
        + PASS
        + MADE
        + "boundary dev { can do anything except iam:* }\n",
        [],
    ),
    "to a role within a boundary": (
        LENT.replace("role admin for service lambda", "role admin for service lambda within boundary dev")
        + ADMIN
        + PASS
        + MADE
        + "boundary dev { can read bucket b }\n",
        ["~role `training` can pass role `admin` to Lambda, and so do `*` on `*`"],
    ),
    "under a guardrail": (
        LENT
        + ADMIN
        + PASS
        + MADE
        + "guardrail g for principals in account prod { nobody can lambda:CreateFunction any function }\n",
        [],
    ),
    "a guardrail that spares the role": (
        LENT
        + ADMIN
        + PASS
        + MADE
        + "guardrail g for principals in account prod { nobody can lambda:CreateFunction any function unless role training }\n",
        ["role `training` can pass role `admin` to Lambda, and so do anything"],
    ),
    "AWS's own policy": (
        LENT + "admin uses aws policy AdministratorAccess\n" + PASS + MADE,
        ["role `training` can pass role `admin` to Lambda, and so do anything"],
    ),
    "a group has one half and its member the other": (
        HEAD
        + "user ana, ben\ngroup team = ana, ben\nrole admin for service lambda\n"
        + ADMIN
        + "team can lambda:CreateFunction, lambda:InvokeFunction any function\nana can pass role admin to service lambda\n",
        ["user `ana` can pass role `admin` to Lambda, and so do anything"],
    ),
    "a group has both": (
        HEAD
        + "user ana, ben\ngroup team = ana, ben\nrole admin for service lambda\n"
        + ADMIN
        + "team can lambda:CreateFunction, lambda:InvokeFunction any function\nteam can pass role admin to service lambda\n",
        ["group `team` can pass role `admin` to Lambda, and so do anything"],
    ),
    "halves in policies that are attached": (
        LENT
        + ADMIN
        + "policy make { can lambda:CreateFunction, lambda:InvokeFunction any function }\n"
        + "policy lend { can pass role admin to service lambda }\n"
        + "training uses make, lend\n",
        ["role `training` can pass role `admin` to Lambda, and so do anything"],
    ),
    "halves of two": (
        LENT
        + ADMIN
        + PASS
        + "role other for service glue\nother can lambda:CreateFunction, lambda:InvokeFunction any function\n",
        [],
    ),
    "a chain": (
        HEAD
        + "user ana\nrole admin for service lambda\nrole ops for service sagemaker\nrole ci for service glue\n"
        + ADMIN
        + "ci can pass role ops to service sagemaker\nci can sagemaker:CreateTrainingJob any training job\n"
        + "ops can pass role admin to service lambda\nops can lambda:CreateFunction, lambda:InvokeFunction any function\n",
        [
            "role `ci` can pass role `ops` to SageMaker, then pass role `admin` to Lambda, and so do anything",
            "role `ops` can pass role `admin` to Lambda, and so do anything",
        ],
    ),
    "roles that assume each other": (
        HEAD + "user ana\nrole ops for user ana\nrole admin for role ops\n" + ADMIN,
        [
            "user `ana` can assume role `ops`, then assume role `admin`, and so do anything",
            "~role `ops` can assume role `admin`, and so do anything",
        ],
    ),
    "one that a trust policy names": (
        HEAD + "user ana\nrole admin for user ana with mfa\n" + ADMIN,
        ["~user `ana` can assume role `admin`, and so do anything"],
    ),
    "itself": (
        HEAD + "user ana\nana can iam:PutUserPolicy user ana\n",
        ["user `ana` can give itself any policy, and so do anything"],
    ),
    "another": (HEAD + "user ana, ben\nana can iam:PutUserPolicy user ben\n", []),
    "itself, within a boundary only": (
        HEAD
        + "user ana\nana can iam:PutUserPolicy user ana if iam:PermissionsBoundary = arn:aws:iam::111122223333:policy/dev\n",
        [],
    ),
    "itself, with a harmless policy": (
        HEAD
        + "user ana\nana can iam:AttachUserPolicy user ana if iam:PolicyARN = arn:aws:iam::aws:policy/ReadOnlyAccess\n",
        [],
    ),
    "keys of another who can do anything": (
        HEAD + "user ana, root-like\nroot-like can do anything\nana can iam:CreateAccessKey user root-like\n",
        ["user `ana` can make credentials of user `root-like`, and so do anything"],
    ),
    "keys of oneself": (HEAD + "user ana\nana can iam:CreateAccessKey user ${aws:username}\n", []),
    "into a group": (
        HEAD + "user ana\ngroup admins\nadmins can do anything\nana can iam:AddUserToGroup group admins\n",
        ["user `ana` can join group `admins`, and so do anything"],
    ),
    "the trust of a role": (
        HEAD + "user ana\nrole admin for service lambda\n" + ADMIN + "ana can iam:UpdateAssumeRolePolicy role admin\n",
        ["user `ana` can change who may assume role `admin`, and so do anything"],
    ),
    "a role whose policies it changes": (
        HEAD + "user ana\nrole ops for user ana\nana can iam:AttachRolePolicy role ops\nops can read bucket b\n",
        ["user `ana` can assume role `ops`, which it can give any policy, and so do anything"],
    ),
    "what runs already": (
        HEAD
        + "role admin for service lambda\nrole ci for service glue\n"
        + ADMIN
        + "ci can lambda:UpdateFunctionCode any function\n",
        ["role `ci` can take over what runs as role `admin` in Lambda, and so do anything"],
    ),
    "what runs already as nobody here": (
        HEAD + "role ci for service glue\nci can lambda:UpdateFunctionCode any function\n",
        ["role `ci` has `lambda:UpdateFunctionCode`"],
    ),
    "who can do anything": (HEAD + "role admin for service lambda\n" + ADMIN, []),
}


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
LEND = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/admin"}
MAKE = {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:Invoke*"], "Resource": "*"}
LENDS = "can pass role `admin` to Lambda, and so do anything"

# files → what is said of ways
FILES: dict[str, tuple[dict[str, list[object]], list[str]]] = {
    "folders of principals": (
        {
            "roles/admin/trust.json": [LAMBDA],
            "roles/admin/policy.json": [ALL],
            "roles/ci/inline.json": [LEND],
            "roles/ci/more.json": [MAKE],
        },
        [f"role `ci` {LENDS}"],
    ),
    "files of one name": (
        {
            "admin-trust.json": [LAMBDA],
            "admin-policy.json": [ALL],
            "ci.trust.json": [LAMBDA],
            "ci.permissions.json": [LEND, MAKE],
        },
        [f"role `ci` {LENDS}"],
    ),
    "a folder beside a trust policy": (
        {
            "admin/trust-policy.json": [LAMBDA],
            "admin/policy.json": [ALL],
            "users/ana/policy.json": [LEND, MAKE],
        },
        [f"user `ana` {LENDS}"],
    ),
    "a document of nobody": (
        {"roles/admin/trust.json": [LAMBDA], "roles/admin/policy.json": [ALL], "ci.json": [LEND, MAKE]},
        [f"whoever has this policy {LENDS}"],
    ),
    "documents of nobody are not taken together": (
        {"roles/admin/trust.json": [LAMBDA], "roles/admin/policy.json": [ALL], "a.json": [LEND], "b.json": [MAKE]},
        [],
    ),
    "a role whose trust is not here": (
        {"roles/admin/policy.json": [ALL], "roles/ci/policy.json": [LEND, MAKE]},
        [f"role `ci` {LENDS}"],
    ),
    "a role that a service control policy denies": (
        {
            "roles/admin/policy.json": [ALL],
            "roles/ci/policy.json": [LEND, MAKE],
            "all.scp.json": [{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}],
        },
        [],
    ),
    "a service control policy that allows a few services": (
        {
            "roles/admin/policy.json": [ALL],
            "roles/ci/policy.json": [LEND, MAKE],
            "all.scp.json": [{"Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "*"}],
        },
        [],
    ),
    "everyone of the account": (
        {
            "roles/admin/trust.json": [
                {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
            ],
            "roles/admin/policy.json": [ALL],
            "users/ana/policy.json": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/admin"}
            ],
            "users/ben/policy.json": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
        },
        ["~user `ana` can assume role `admin`, and so do anything"],
    ),
    "all but some actions": (
        {
            "roles/admin/policy.json": [ALL],
            "users/ana/policy.json": [{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}, LEND],
        },
        [
            "~user `ana` can assume role `admin`, and so do anything",
            "user `ana` can pass role `admin` to App Runner and 9 other services, and so do anything",
            "user `ana` has `apprunner:UpdateService`, and 14 other ways",
        ],
    ),
}


def ways(found: list[dict[str, str]]) -> list[str]:
    said = []
    for one in found:
        if one["code"] in ("IAM977", "IAM987"):
            said.append(("~" if one["code"] == "IAM987" else "") + one["message"].split(": ", 1)[1])
    return sorted(said, key=lambda text: text.lstrip("~"))


@pytest.mark.parametrize("name", WAYS)
def test_in_a_program_and_in_what_it_compiles_to(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, expected = WAYS[name]
    monkeypatch.chdir(tmp_path)
    Path("a.iam").write_text(text)
    main(["check", "-v", "a.iam", "--output-format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert not [one for one in found if one["severity"] == "error"], found
    assert ways(found) == sorted(expected, key=lambda text: text.lstrip("~"))
    assert main(["compile", "a.iam", "-o", "out"]) == 0
    capsys.readouterr()
    main(["validate", "out", "--output-format", "json"])
    assert ways(json.loads(capsys.readouterr().out)) == ways(found)


@pytest.mark.parametrize("name", FILES)
def test_in_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files, expected = FILES[name]
    monkeypatch.chdir(tmp_path)
    for path, statements in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1))
    main(["validate", ".", "--output-format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert not [one for one in found if one["severity"] == "error"], found
    assert ways(found) == sorted(expected, key=lambda text: text.lstrip("~"))


def test_each_step_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the file that it is in, as text and as JSON."""
    monkeypatch.chdir(tmp_path)
    for path, statement in {"roles/admin/a.json": ALL, "roles/ci/a.json": LEND, "roles/ci/b.json": MAKE}.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    main(["validate", "roles"])
    said = capsys.readouterr().out
    said = said[said.index("[IAM977]") :]
    assert "--> roles/ci/a.json:1:" in said and "::: roles/ci/b.json:1:" in said
    main(["validate", "roles", "--output-format", "json"])
    (one,) = [one for one in json.loads(capsys.readouterr().out) if one["code"] == "IAM977"]
    assert (one["file"], one["pointer"]) == ("roles/ci/a.json", "/Statement/Action")


@pytest.mark.parametrize(
    "manifest",
    [
        "[]",
        "x",
        '{"documents": 5}',
        '{"documents": {}, "groups": {"g": ["u", 5]}, "principals": {"x": {"boundary": 7}}}',
    ],
)
def test_a_manifest_of_something_else_does_not_matter(
    manifest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, statements in {"roles/admin/a.json": [ALL], "roles/ci/a.json": [LEND, MAKE]}.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    Path("manifest.json").write_text(manifest)
    main(["validate", ".", "--output-format", "json"])
    assert ways(json.loads(capsys.readouterr().out)) == [f"role `ci` {LENDS}"]


PROGRAM = HEAD + "user alice\nalice can read any secret\n"


@pytest.mark.parametrize(
    "settings, options, expected",
    [
        ("", [], []),
        ("", ["-v"], ["suggestion IAM979", "suggestion IAM985"]),
        ('[rules]\nuser-with-own-policy = "warning"\n', [], ["warning IAM985"]),
        ('[rules]\nIAM979 = "suggestion"\nIAM985 = "off"\n', [], ["suggestion IAM979"]),
        ('[rules]\nIAM979 = "error"\n', ["-v"], ["error IAM979", "suggestion IAM985"]),
        ('[rules]\nIAM301 = "error"\n', [], []),
    ],
)
def test_suggestions_in_programs(
    settings: str,
    options: list[str],
    expected: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Shown where they are asked for, by an option or by a level in the project's settings."""
    monkeypatch.chdir(tmp_path)
    Path("a.iam").write_text(PROGRAM)
    Path("iamdsl.toml").write_text(settings)
    status = main(["check", "a.iam", "--output-format", "json", *options])
    found = json.loads(capsys.readouterr().out)
    assert sorted(f"{one['severity']} {one['code']}" for one in found) == expected
    assert status == any("error" in one for one in expected)


def test_a_suggestion_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the comment is not told to be of no use where suggestions are not looked for."""
    program = tmp_path / "a.iam"
    accepted = "  # iam: allow user-with-own-policy, data-exposure because she is the auditor\n"
    program.write_text(PROGRAM.rstrip() + accepted)
    for options in ([], ["-v"]):
        assert main(["check", str(program), *options]) == 0
        assert capsys.readouterr().out == ""
