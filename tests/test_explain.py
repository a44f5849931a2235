"""`explain OUTPUT.json`: the sentences behind the statements of a document."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from iamdsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
Capture = pytest.CaptureFixture[str]

PROGRAM = """\
account prod = 111122223333
user alice
role r
    for user alice # the trust
    for account 444455556666 with external id "acme-42"
alice can read bucket a, bucket b
    because "TICKET-1" with mfa
r can {
    # a comment
    write bucket b
        unless aws:PrincipalTag/a-rather-long-key = "a value" or aws:PrincipalTag/another = "and a second, longer one"
    list bucket c
} because "shared"
r cannot do anything except s3:*
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/p.iam").write_text(PROGRAM)
    assert main(["compile", "in", "-o", "out"]) == 0
    return tmp_path


def run(arguments: list[str], capsys: Capture) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_policy(capsys: Capture) -> None:
    status, out, err = run(["explain", "out/users/alice/policy.json"], capsys)
    assert (status, err) == (0, "")
    assert out == """\
users/alice/policy.json

  1. Allow
     s3:GetObject, s3:ListBucket
     on arn:aws:s3:::a, arn:aws:s3:::a/*, arn:aws:s3:::b, arn:aws:s3:::b/*
     if Bool aws:MultiFactorAuthPresent "true"
     in/p.iam:6
       alice can read bucket a, bucket b
       because "TICKET-1" with mfa

  2. Allow
     sts:AssumeRole
     on arn:aws:iam::111122223333:role/r
     in/p.iam:4
       for user alice # the trust
       for account 444455556666 with external id "acme-42"
"""


def test_negated_elements_and_blocks(capsys: Capture) -> None:
    out = run(["explain", "out/roles/r/policy.json"], capsys)[1]
    assert """\
     all but s3:*
     on *
     in/p.iam:14
       r cannot do anything except s3:*
""" in out
    assert """\
     if StringNotEquals aws:PrincipalTag/a-rather-long-key "a value"
     if StringNotEquals aws:PrincipalTag/another "and a second, longer one"
     in/p.iam:10
       write bucket b
       unless aws:PrincipalTag/a-rather-long-key = "a value" or aws:PrincipalTag/another = "and a second, longer one"
     because shared
""" in out
    out = run(["explain", "out/roles/r/trust.json"], capsys)[1]
    assert "     for AWS arn:aws:iam::111122223333:user/alice\n" in out
    assert '     if StringEquals sts:ExternalId "acme-42"\n     in/p.iam:5\n' in out


def test_from_elsewhere(work: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir("out/users/alice")
    assert "     ../../../in/p.iam:6\n" in run(["explain", "policy.json"], capsys)[1]


def test_a_manifest_stands_for_all_its_documents(capsys: Capture) -> None:
    status, out, err = run(["explain", "out/manifest.json"], capsys)
    assert (status, err) == (0, "")
    documents = json.loads(Path("out/manifest.json").read_text())["documents"]
    for name in documents:
        assert run(["explain", f"out/{name}"], capsys)[1] in out


def test_every_statement_of_the_example(capsys: Capture) -> None:
    folder = ROOT / "examples" / "ml-platform" / "expected"
    status, out, err = run(["explain", str(folder / "manifest.json")], capsys)
    assert (status, err) == (0, "")
    program = (folder.parent / "platform.iam").read_text().splitlines()
    shown = [line.strip() for line in out.splitlines()]
    for entry in json.loads((folder / "manifest.json").read_text())["documents"].values():
        for where in [place for statement in entry["statements"] for place in statement["sentences"]]:
            line = program[int(where.rpartition(":")[2]) - 1].split("#")[0].strip()
            assert any(line.startswith(one) or one.startswith(line) for one in shown if one), line


def test_what_is_typed_in_is_not_kept(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with open("in/p.iam") as typed:
        monkeypatch.setattr("sys.stdin", typed)
        assert main(["compile", "-", "-o", "typed"]) == 0
    status, out, _ = run(["explain", "typed/users/alice/policy.json"], capsys)
    assert status == 0 and "     -:6\n     because TICKET-1\n" in out


def wrong(path: str, capsys: Capture) -> tuple[int, str]:
    status, out, err = run(["explain", path], capsys)
    assert out == ""
    return status, err


def test_without_a_manifest(capsys: Capture) -> None:
    shutil.copy("out/users/alice/policy.json", "copy.json")
    assert wrong("copy.json", capsys)[0] == 1
    assert "error[IAM608]: no manifest beside or above `copy.json` names it" in wrong("copy.json", capsys)[1]
    Path("manifest.json").write_text('{"documents": {"copy.json": {}}}')
    assert "error[IAM608]" in wrong("copy.json", capsys)[1]
    assert "error[IAM101]: cannot read `out`: is a directory" in wrong("out", capsys)[1]
    assert wrong("none.json", capsys) == (
        2,
        "error[IAM101]: cannot read `none.json`: no such file or directory\n\n1 error\n",
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Statement": [1, 2]}', '{"Statement": [{}]}', "[" * 100_000])
def test_a_document_that_was_changed(text: str, capsys: Capture) -> None:
    Path("out/users/alice/policy.json").write_text(text)
    status, err = wrong("out/users/alice/policy.json", capsys)
    assert status == 1
    assert "error[IAM609]: `out/users/alice/policy.json` has changed since the manifest was written" in err


def test_a_program_that_was_changed(capsys: Capture) -> None:
    Path("in/p.iam").write_text("# a line more\n" + PROGRAM)
    status, err = wrong("out/users/alice/policy.json", capsys)
    assert status == 1 and "error[IAM609]: `in/p.iam` has changed since the manifest was written" in err
    os.unlink("in/p.iam")
    status, err = wrong("out/users/alice/policy.json", capsys)
    assert status == 2 and "error[IAM101]: cannot read `in/p.iam`: no such file or directory" in err
