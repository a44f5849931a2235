"""What people have to sentences: accounts, Terraform, CloudFormation, and text that was pasted.

A case under cases/adopt is a folder with `input.txt`, for an account with `more.txt` too; what `iamdsl decompile` prints of it
is `expected.iam` and `stderr.txt`, what it writes for an account `expected/`. IAMDSL_UPDATE=1 rewrites those.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from account import ACCOUNT, document, make
from iamdsl import catalog
from iamdsl.adopt import hcl, notation, yaml_text
from iamdsl.adopt.found import found
from iamdsl.adopt.reading import value
from iamdsl.adopt.said import Sayer
from iamdsl.cli import main
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.located import Malformed
from iamdsl.source import Source

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases" / "adopt").glob("*/input.txt"))
Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def check(golden: Path, text: str) -> None:
    if os.environ.get("IAMDSL_UPDATE"):
        golden.unlink(missing_ok=True)
        if text:
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == (golden.read_text(encoding="utf-8") if golden.exists() else "")


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(case)
    account = case.name.startswith(("account", "resources"))
    folder = tmp_path / "access"
    more = ["--account", "more.txt"] if Path("more.txt").exists() else []
    arguments = ["--account", "input.txt", *more, "-o", str(folder)] if account else ["input.txt"]
    assert main(["decompile", *arguments]) == 0
    out, err = capsys.readouterr()
    check(case / "stderr.txt", err.replace(str(folder), "DIR"))
    check(case / "expected.iam", out)
    written = files(folder) if account else {}
    for name in {*written, *(files(case / "expected") if (case / "expected").exists() else ())}:
        check(case / "expected" / name, written.get(name, ""))
    text = tmp_path / "again.iam"
    text.write_text(out, encoding="utf-8")
    params = [line.split()[1] for line in out.splitlines() if line.startswith("param ") and "=" not in line]
    known = {"account": "111122223333", "region": "eu-west-1", "Peer": "444455556666"}
    arn = "aws:sqs:eu-west-1:111122223333:x"
    sets = [f"--set={name}={known.get(name, arn if name.endswith('arn') else 'x')}" for name in params]
    assert main(["compile", *sets, str(folder if account else text)]) == 0
    assert main(["format", "--check", str(folder if account else text)]) == 0


def test_what_is_not_known_is_named() -> None:
    """IAM754 names a reference, IAM756 what AWS makes itself."""
    told = {path.name: path.joinpath("stderr.txt") for path in CASES}
    assert "IAM754" in told["terraform-plan"].read_text() and "IAM754" in told["cloudformation"].read_text()
    assert "IAM756" in told["resources"].read_text()


# ---- accounts


def compiled(folder: Path, tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the program in `folder` compiles to: path → document, and the manifest."""
    out = tmp_path / "out"
    assert main(["compile", str(folder), "-o", str(out)]) == 0
    texts = files(out)
    manifest = json.loads(texts.pop("manifest.json"))
    return {path: json.loads(text) for path, text in texts.items()}, manifest


def decompiled(account: Any, tmp_path: Path) -> Path:
    listing, folder = tmp_path / "account.json", tmp_path / "access"
    listing.write_text(json.dumps(account, default=str), encoding="utf-8")
    assert main(["decompile", "--account", str(listing), "-o", str(folder)]) == 0
    return folder


def attachments(manifest: dict[str, Any]) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    """Kind and name of each principal → the names of its managed policies and the ARNs of AWS's, of its inline policies."""
    held: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for place, one in manifest.get("principals", {}).items():
        kind, name = place.split("/")
        managed = {path.removeprefix("policies/").removesuffix(".json") for path in one.get("policies", ())}
        held[kind[:-1], name] = (managed | set(one.get("aws_policies", ())), set())
    for entry in manifest["documents"].values():
        if "inline" in entry["attach"]:
            ((kind, name),) = [(kind, name) for kind, name in entry["attach"].items() if kind != "inline"]
            held.setdefault((kind, name), (set(), set()))[1].add(entry["attach"]["inline"])
    return {whose: what for whose, what in held.items() if what != (set(), set())}


def expected(account: Any) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    wanted = {}
    for kind in ("User", "Group", "Role"):
        for one in account[f"{kind}DetailList"]:
            arns = [each["PolicyArn"] for each in one.get("AttachedManagedPolicies", [])]
            managed = {arn if ":iam::aws:" in arn else arn.rpartition("/")[2] for arn in arns}
            inline = {each["PolicyName"] for each in one.get(f"{kind}PolicyList", [])}
            if not one["Path"].startswith("/aws-service-role/") and (managed or inline):
                wanted[kind.lower(), one[f"{kind}Name"]] = (managed, inline)
    return wanted


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), encoded=st.booleans())
def test_recompiling_gives_the_same_attachments_and_paths(
    seed: int, encoded: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("account")
    account = make(10, 6, 14, seed, encoded)
    folder = decompiled(account, tmp_path)
    documents, manifest = compiled(folder, tmp_path)
    assert attachments(manifest) == expected(account)
    assert set(manifest.get("groups", {})) == {one["GroupName"] for one in account["GroupDetailList"]}
    for one in account["RoleDetailList"]:
        name = one["RoleName"]
        if not one["Path"].startswith("/aws-service-role/"):
            held = manifest.get("principals", {}).get(f"roles/{name}", {})
            assert f"roles/{name}/trust.json" in documents
            assert held.get("path", "/") == one["Path"]
            assert held.get("tags", {}) == {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}
            boundary = one.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
            assert held.get("boundary", "") in (boundary, boundary.rpartition("/")[2])


def test_an_account_of_a_server(tmp_path: Path, monkeypatch: Patch) -> None:
    """An account that moto made, as it lists it itself: what is written there comes back."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    allow = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"]}
    read = document({**allow, "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]})
    own = document(
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"}
    )
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    with mock_aws():
        iam = boto3.client("iam", region_name="eu-west-1")
        policy = iam.create_policy(PolicyName="read", PolicyDocument=json.dumps(own), Path="/shared/")["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(read), SetAsDefault=True)
        iam.create_role(
            RoleName="worker", Path="/jobs/", AssumeRolePolicyDocument=json.dumps(trust), PermissionsBoundary=policy
        )
        iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=json.dumps(own))
        iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
        iam.create_instance_profile(InstanceProfileName="hosts")
        iam.add_role_to_instance_profile(InstanceProfileName="hosts", RoleName="worker")
        iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "ml"}])
        iam.create_group(GroupName="staff")
        iam.add_user_to_group(GroupName="staff", UserName="alice")
        iam.put_group_policy(GroupName="staff", PolicyName="own", PolicyDocument=json.dumps(own))
        listed = iam.get_account_authorization_details(Filter=["User", "Role", "Group", "LocalManagedPolicy"])
    documents, manifest = compiled(decompiled(listed, tmp_path), tmp_path)
    assert attachments(manifest) == expected(listed)
    assert manifest["groups"] == {"staff": ["alice"]}
    assert manifest["principals"]["roles/worker"]["instance_profile"] == "hosts"
    assert manifest["principals"]["roles/worker"]["boundary"] == policy
    assert manifest["documents"]["policies/read.json"]["path"] == "/shared/"
    same = {"policies/read.json": read, "roles/worker/inline/own.json": own, "groups/staff/inline/own.json": own}
    for path, wanted in {**same, "roles/worker/trust.json": trust}.items():
        assert codec.load(documents[path], "") == codec.load(wanted, ""), path


def listing(**more: Any) -> dict[str, Any]:
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], **more}


USER = {"UserName": "alice", "Path": "/", "Arn": f"arn:aws:iam::{ACCOUNT}:user/alice"}
WRONG = {
    "IAM752": listing(IsTruncated=True),
    "IAM757": listing(UserDetailList=[{**USER, "GroupList": ["staff"]}]),
    "IAM758": listing(UserDetailList=[USER, {**USER, "UserName": "Alice"}]),
    "IAM751": listing(RoleDetailList=[{"RoleName": "etl", "Path": "/"}]),
    "IAM753": {"Buckets": []},
    "IAM750": "[1,",
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_with_a_listing(code: str, tmp_path: Path, capsys: Capture) -> None:
    given = WRONG[code]
    place = tmp_path / "account.json"
    place.write_text(given if isinstance(given, str) else json.dumps(given), encoding="utf-8")
    assert main(["decompile", "--account", str(place), "-o", str(tmp_path / "access")]) == 1
    out, err = capsys.readouterr()
    assert code in err and not out and not (tmp_path / "access").exists()


def test_a_document_in_a_listing_that_is_none_is_shown_at_its_place(tmp_path: Path, capsys: Capture) -> None:
    policy = {"Effect": "Allow", "Action": "s3:GetObject"}
    inline = [{"PolicyName": "own", "PolicyDocument": document(policy)}]
    place = tmp_path / "account.json"
    place.write_text(
        json.dumps(listing(UserDetailList=[{**USER, "UserPolicyList": inline}]), indent=1), encoding="utf-8"
    )
    assert main(["decompile", "--account", str(place), "-o", str(tmp_path / "access")]) == 1
    err = capsys.readouterr().err
    assert "inline policy `own` of user `alice`: the statement has neither `Resource` nor `NotResource`" in err
    assert f"{place}:13:8" in err


def test_nothing_is_written_over(tmp_path: Path, capsys: Capture) -> None:
    place, folder = tmp_path / "account.json", tmp_path / "access"
    place.write_text(json.dumps(listing(UserDetailList=[USER])), encoding="utf-8")
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    assert main(["decompile", "--account", str(place), "-o", str(folder)]) == 2
    assert "it holds other files" in capsys.readouterr().err and files(folder) == {"mine.txt": "mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["access", "account.json"]


def test_what_no_sentence_says_in_this_program_is_kept(tmp_path: Path, capsys: Capture, monkeypatch: Patch) -> None:
    """Where sentences turn out to say something else, the document stays as it is, with the reason (IAM755)."""
    real = Sayer.say
    monkeypatch.setattr(
        Sayer,
        "say",
        lambda self, key, document, how: ((), "no words for it") if key.inline else real(self, key, document, how),
    )
    own = document({"Sid": "AsItWas", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})
    user = {**USER, "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": own}]}
    documents, _ = compiled(decompiled(listing(UserDetailList=[user]), tmp_path), tmp_path)
    assert documents["users/alice/inline/own.json"] == own
    err = capsys.readouterr().err
    assert "IAM755" in err and "no words for it" in err


# ---- text


def test_yaml_without_its_package(monkeypatch: Patch, capsys: Capture, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    place = tmp_path / "policy.yaml"
    place.write_text("Statement:\n  - Effect: Allow\n", encoding="utf-8")
    assert main(["decompile", str(place)]) == 1
    err = capsys.readouterr().err
    assert "IAM759" in err and "pip install 'iamdsl[yaml]'" in err


def test_json_needs_no_package(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    decompiled(make(2, 1, 2), tmp_path)


TEXTS = [
    path.joinpath("input.txt").read_text(encoding="utf-8") for path in CASES if path.name.startswith(("paste", "cloud"))
]
NOISE = "{}[]()\"'$\\=:,\n#/*%<>-!&|~é\ud7ff\x00\ue000\ue001"


@pytest.mark.parametrize("seed", range(8))
def test_any_text_is_read_or_told_where_it_is_wrong(seed: int) -> None:
    """Texts with parts cut out, doubled and put in: a finding with a place, or documents, never anything else."""
    random = Random(seed)
    for _ in range(250):
        text = random.choice(TEXTS)
        for _ in range(random.randint(1, 5)):
            at = random.randrange(len(text) + 1)
            end = min(len(text), at + random.choice((1, 1, 3, 40)))
            part = random.choice(("", random.choice(NOISE), text[at:end] * 2))
            text = text[:at] + part + text[end:]
        report = Report()
        held = found((Source("x", text),), catalog.default(), report)
        assert report.failed or held.loose or held.whole or len(report)
        for one in report:
            assert one.span is None or 0 <= one.span.start <= one.span.end <= len(text) + 1, one


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_end_in_a_finding(data: bytes) -> None:
    saved = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(one)) for one in (data, b"", b""))
    try:
        status = main(["decompile", "-"])
        said = sys.stdout.buffer.getvalue()  # type: ignore[attr-defined]
    finally:
        sys.stdin, sys.stdout, sys.stderr = saved
    assert status in (1, 2) and not said


@pytest.mark.parametrize(
    "text", ['"${' * 5000, "[" * 5000, "a = " + "(" * 5000, "{" * 400 + "}" * 400, "a: " + "[" * 3000, "- &a [*a, *a]"]
)
def test_deep_texts_end(text: str) -> None:
    report = Report()
    assert notation.read(Source("x", text), report) is None and report.failed


@given(
    st.recursive(
        st.none() | st.booleans() | st.text('ab${}"\\\n%é', max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
def test_terraform_and_yaml_read_what_was_written(tree: Any) -> None:
    def written(one: Any) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{json.dumps(key)} = {written(inner)}" for key, inner in one.items()) + "}"
        if isinstance(one, list):
            return "[" + ", ".join(map(written, one)) + "]"
        text = json.dumps(one)
        return text.replace("${", "$${").replace("%{", "%%{")

    if isinstance(tree, (dict, list)) and tree:
        assert value(hcl.parse(f"jsonencode({written(tree)})")) == tree
        assert value(yaml_text.parse(json.dumps(tree))) == tree


def test_a_fault_in_terraform_has_its_place() -> None:
    with pytest.raises(Malformed) as fault:
        hcl.parse("policy = jsonencode({\n  Statement = [\n}")
    assert (fault.value.what, fault.value.start) == ("no value here but `}`", 38)


def test_what_a_program_has_no_room_for_is_told(tmp_path: Path, capsys: Capture) -> None:
    """Instance profiles beyond the first, and the places of a guardrail that is attached to several."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    arn = f"arn:aws:iam::{ACCOUNT}:"
    profiles = [{"InstanceProfileName": name, "Arn": f"{arn}instance-profile/{name}"} for name in ("web", "web-old")]
    role = {
        "RoleName": "web",
        "Path": "/",
        "Arn": f"{arn}role/web",
        "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": profiles,
    }
    deny = document({"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"})
    summary = {"Name": "stay", "Type": "SERVICE_CONTROL_POLICY"}
    guardrail = {
        "Policy": {"PolicySummary": summary, "Content": json.dumps(deny)},
        "Targets": [{"TargetId": "r-ab12"}, {"TargetId": "ou-ab12-11112222"}],
    }
    account, more, out = tmp_path / "account.json", tmp_path / "more.json", tmp_path / "access"
    account.write_text(json.dumps(listing(RoleDetailList=[role])), encoding="utf-8")
    more.write_text(json.dumps(guardrail), encoding="utf-8")
    assert main(["decompile", "--account", str(account), "--account", str(more), "-o", str(out)]) == 0
    err = capsys.readouterr().err
    assert "instance profile `web-old` of role `web` is left out" in err
    assert "where SCP `stay` is attached, r-ab12, ou-ab12-11112222, is left out" in err
    assert "# attached to r-ab12, ou-ab12-11112222" in (out / "guardrails.iam").read_text(encoding="utf-8")
