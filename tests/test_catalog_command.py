"""`iamdsl catalog`: `cases/catalog/NAME/args.txt` says exactly `stdout.txt` and `stderr.txt` (no file: nothing).

The status is 0, or 1 where something is said on standard error that begins with `error`. IAMDSL_UPDATE=1 writes the texts
anew, to be read before they are committed.
"""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest

from iamdsl.catalog import default
from iamdsl.catalog.search import Entry, entries, parts, rank
from iamdsl.cli import main
from iamdsl.compiler.entries import Reference

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases" / "catalog").glob("*/args.txt"))
CATALOG = default()


def check(golden: Path, text: str) -> None:
    if os.environ.get("IAMDSL_UPDATE"):
        golden.unlink(missing_ok=True)
        if text:
            golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == (golden.read_text(encoding="utf-8") if golden.exists() else "")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["catalog", *shlex.split((case / "args.txt").read_text(encoding="utf-8"))])
    out, err = capsys.readouterr()
    assert status == (1 if err.startswith("error") else 0)
    assert not (err.startswith("error") and out and not out.startswith("["))
    check(case / "stdout.txt", out)
    check(case / "stderr.txt", err)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["shew", "bucket"],
        ["show"],
        ["search"],
        ["version", "s3"],
        ["search", "s3", "--limit", "0"],
        ["show", "--x"],
    ],
    ids=" ".join,
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["catalog", *arguments])
    except SystemExit as stop:
        status = int(str(stop.code))
    out, err = capsys.readouterr()
    assert status == 2 and not out and "error" in err and "internal" not in err


def test_everything_found_can_be_shown() -> None:
    """The name that `search` prints is one that `show` takes."""
    reference = Reference(CATALOG)
    for one in rank("bucket", entries(CATALOG)):
        kinds = [entry["kind"] for entry in reference.find(one.name.split(" ") if one.kind != "type" else [one.name])]
        assert one.kind in kinds, one


def test_json_is_a_list_of_what_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "show", "read", "bucket", "--output-format", "json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["kind"] == "verb" and entry["name"] == "read bucket" and entry["type"] == "s3:bucket"
    assert entry["comment"] == "The data of the bucket: list it and get its objects."
    assert entry["actions"] == [
        {"action": "s3:ListBucket", "level": "List", "on": "bucket"},
        {"action": "s3:GetObject", "level": "Read", "on": "object"},
        {"action": "kms:Decrypt", "level": "Write", "on": "its key", "through": "s3"},
    ]
    assert main(["catalog", "show", "sqs:SendMessage", "--output-format", "json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["types"] == [
        {"type": "sqs:queue", "arns": ["arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"], "required": True}
    ]
    assert {"write queue", "send queue", "administer queue"} <= set(entry["verbs"])
    assert main(["catalog", "search", "no-such-thing-at-all", "--output-format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    "name, words",
    [
        ("s3:GetObjectVersion", "s3 get object version"),
        ("rds:CreateDBInstance", "rds create db instance"),
        ("aws:SourceIp", "aws source ip"),
        ("ec2:DescribeIPv6Pools", "ec2 describe i pv6 pools"),
        ("application-autoscaling:ScalableTarget", "application autoscaling scalable target"),
        ("", ""),
    ],
)
def test_words_of_a_name(name: str, words: str) -> None:
    assert " ".join(parts(name)) == words


@pytest.mark.parametrize(
    "query, first",
    [
        ("get object", "s3:GetObject"),
        ("GetObject", "s3:GetObject"),
        ("source ip", "aws:SourceIp"),
        ("dbinstance create", "rds:CreateDBInstance"),
        ("db instance", "rds:db"),
        ("receive messages", "sqs:ReceiveMessage"),
        ("PASSROLE", "iam:PassRole"),
        ("principal org", "aws:PrincipalOrgID"),
    ],
)
def test_the_best_is_first(query: str, first: str) -> None:
    near = frozenset(Reference(CATALOG).library.services())
    assert rank(query, entries(CATALOG), near)[0].name == first


def test_a_word_in_the_name_beats_one_in_the_comment() -> None:
    named, said = Entry("verb", "read bucket", "Get objects."), Entry("verb", "use table", "Like read, and write.")
    assert rank("read", [said, named]) == [named, said]
    assert rank("read queue", [said, named]) == [] == rank("  ", [said, named])
