"""What targets make of a program: `cases/targets/NAME.iam` gives exactly `NAME/terraform.json` and `NAME/cloudformation.json`
(or `.txt`, what is said instead), and every file read back holds the documents of plain JSON.

IAMDSL_UPDATE=1 writes the expectations anew.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from targets import CloudFormation, Terraform, statements, unordered

from iamdsl import read
from iamdsl.catalog import default
from iamdsl.cli import main
from iamdsl.compiler import Compilation, Options, compile_program
from iamdsl.compiler.bindings import Bindings
from iamdsl.diagnostics import Report
from iamdsl.emit import targets
from iamdsl.render import render
from iamdsl.source import Source

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "targets").glob("*.iam"))
TARGETS = ("terraform", "cloudformation")
PLACES = {"account": "111122223333", "region": "eu-west-1", "partition": "aws"}
NAMES = {
    "account": "data.aws_caller_identity.iamdsl.account_id",
    "region": "data.aws_region.iamdsl.id",
    "partition": "data.aws_partition.iamdsl.partition",
}
READERS = {"terraform": Terraform, "cloudformation": CloudFormation}

Capture = pytest.CaptureFixture[str]


def written(out: str) -> dict[str, Any]:
    """Path → file of what `compile` prints."""
    found = json.loads(out)
    return {"": found} if "//" in found or "AWSTemplateFormatVersion" in found else found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path, target: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(case.parent)
    status = main(["compile", case.name, "--target", target])
    out, err = capsys.readouterr()
    assert (status, bool(out)) in ((0, True), (1, False)), err
    goldens = (case.with_suffix("") / f"{target}.json", out), (case.with_suffix("") / f"{target}.txt", err)
    for golden, text in goldens:
        if os.environ.get("IAMDSL_UPDATE"):
            golden.parent.mkdir(exist_ok=True)
            golden.unlink(missing_ok=True)
            if text:
                golden.write_text(text, encoding="utf-8", newline="\n")
        assert text == (golden.read_text(encoding="utf-8") if golden.exists() else "")


# ---- every target read back holds the same documents

PROGRAMS = [*CASES, *sorted((ROOT / "examples").glob("*/*.iam"))]
PROGRAMS += sorted((ROOT / "tests" / "cases" / "compile").glob("*/input.iam"))


def places(text: str) -> dict[str, str]:
    """`PLACES` in the partition of the program."""
    found = re.search(r"^partition (\S+)", text, re.M)
    regions = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
    return PLACES | {"partition": found[1], "region": regions[found[1]]} if found else PLACES


def completed(text: str, bindings: Bindings) -> str:
    """The program with what `PLACES` says where it leaves that open."""
    account = "account the-home = 111122223333\n" if bindings.home == bindings.references.account else ""
    region = f"region {places(text)['region']}\n" if bindings.region == bindings.references.region else ""
    return f"{text}\n{account}{region}"


ARNS = {
    "bucket": "arn:aws:s3:::owned-NAME",
    "key": "arn:aws:kms:eu-west-1:111122223333:key/owned-NAME",
    "secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:owned-NAME-AbCdEf",
    "queue": "arn:aws:sqs:eu-west-1:111122223333:owned-NAME",
    "topic": "arn:aws:sns:eu-west-1:111122223333:owned-NAME",
    "table": "arn:aws:dynamodb:eu-west-1:111122223333:table/owned-NAME",
    "function": "arn:aws:lambda:eu-west-1:111122223333:function:owned-NAME",
}


def resolved(text: str) -> tuple[str, dict[str, str]]:
    """The program with the ARNs of what others own written out, and those by what they are in a target."""
    known: dict[str, str] = {}

    def one(match: re.Match[str]) -> str:
        noun, name, how, quoted = match.groups()
        address = quoted.strip('"').replace('\\"', '"')
        if noun == "log group":  # whose ARN has no `:*` in Terraform
            known[f"{address}.arn"] = f"arn:aws:logs:eu-west-1:111122223333:log-group:owned-{name}"
            return f"{noun} {name} = owned-{name}"
        arn = ARNS[noun].replace("NAME", name)
        known[address if how == "export" or re.match(r"(module|var|local)\.", address) else f"{address}.arn"] = arn
        return f"{noun} {name} = {arn}"

    found = r'^(log group|\w+) (\S+) from (terraform|export) ("(?:[^"\\]|\\.)*"|\S+)'
    return re.sub(found, one, text, flags=re.M), known


def compiled(path: Path, text: str, target: str) -> tuple[Compilation, dict[str, Any], Report]:
    """A program, its files for `target` and what is found in it."""
    report = Report()
    args = path.with_name("args.txt")
    words = args.read_text(encoding="utf-8").split() if args.exists() else []
    settings = dict(word.split("=", 1) for word, before in zip(words[1:], words) if before == "--set")
    more = read.sources([path.name, *[word for word in words if word.endswith(".iam")]], "", report)[1:]
    given = [Source(path.name, text), *more]  # from the folder of the program
    made = compile_program(tuple(given), default(), settings, report, Options(target=target))
    return made, {} if report.failed else targets.files(made, report), report


def ordered(found: list[Any]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in found)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.parent.name if path.stem == "input" else path.stem)
def test_read_back(path: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    text = path.read_text(encoding="utf-8")
    made, files, report = compiled(path, text, target)
    if report.failed:
        assert {one.rule.code for one in report if one.level == "error"} <= {"IAM780", "IAM782"}, render(report, "text")
        assert not [one for one in report if one.level == "error" and one.span is None]
        return
    plain, owned = resolved(completed(text, made.bindings))
    _, documents, report = compiled(path, plain, "json")
    assert not report.failed, render(report, "text")
    known = {
        **owned,
        **{one if target == "cloudformation" else NAMES[one]: value for one, value in places(text).items()},
    }
    loose: list[Any] = []
    found: dict[str, Any] = {}
    inline: list[Any] = []
    for file in files.values():
        for key, document in READERS[target](file, known).documents():
            if "Statement" not in document:
                loose.append(document)
            elif key.startswith("inline/"):
                inline.append(document)
            else:
                assert found.setdefault(f"{key}.json", document) == document
    missing = {key: one for key, one in documents.items() if key not in found}
    same = {key: documents[key] for key in found}
    assert (
        (unordered(same) == unordered(found)) if owned else same == found
    )  # lists go by names, which are not known yet
    if inline:
        assert ordered(inline) == ordered([one for key, one in missing.items() if "/inline/" in key])
        missing = {key: one for key, one in missing.items() if "/inline/" not in key}
    assert ordered(statements({"Statement": loose})) == ordered(
        [one for each in missing.values() for one in statements(each)]
    )


# ---- in a folder


@pytest.mark.parametrize("target", TARGETS)
def test_a_folder(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Written, found up to date, replaced by another target, and no answer to questions."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.iam").write_bytes((ROOT / "tests/cases/targets/accounts.iam").read_bytes())
    arguments = ["compile", "a.iam", "-o", "out", "--target", target]
    assert main(arguments) == 0 and main([*arguments, "--check"]) == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    there = {one.relative_to("out").as_posix() for one in Path("out").rglob("*.json")}
    assert {*manifest["documents"], "manifest.json"} == there and manifest["target"] == target
    assert manifest["holds"]["app/roles/etl/trust.json"]["statements"][0]["sentences"] == ["../a.iam:9"]
    capsys.readouterr()
    assert main(["can", "etl", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:222233334444:jobs", "out"]) != 0
    assert "IAM786" in capsys.readouterr().err
    assert main(["explain", next(iter(f"out/{one}" for one in manifest["documents"]))]) != 0
    assert "IAM786" in capsys.readouterr().err
    assert main(["compile", "a.iam", "-o", "out"]) == 0
    assert not set(manifest["documents"]) & {one.relative_to("out").as_posix() for one in Path("out").rglob("*.json")}


def test_the_folder_of_one_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Its file lies in the folder itself: a module of Terraform, beside files that are not ours."""
    monkeypatch.chdir(tmp_path)
    Path("a.iam").write_text("role etl for service ec2\netl can read bucket data\n")
    Path("infra").mkdir()
    Path("infra/main.tf").write_text("")
    for target, name in zip(TARGETS, ("iam.tf.json", "template.json")):
        assert main(["compile", "a.iam", "-o", "infra", "--target", target]) == 0
        assert {one.name for one in Path("infra").iterdir()} == {name, "main.tf", "manifest.json"}


def test_check_says_what_compile_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.iam").write_text("session policy batch { can read bucket data }\n")
    Path("iamdsl.toml").write_text('target = "cloudformation"\n')
    assert main(["check", "a.iam"]) == 1 and "IAM782" in capsys.readouterr().out
    Path("iamdsl.toml").write_text('target = "terraform"\n')
    assert main(["check", "a.iam"]) == 0


def test_the_same_each_time(capsys: Capture) -> None:
    for target in TARGETS:
        outs = [
            main(["compile", str(ROOT / "examples/ml-platform/platform.iam"), "--target", target]) for _ in range(2)
        ]
        out = capsys.readouterr().out
        assert outs == [0, 0] and out[: len(out) // 2] == out[len(out) // 2 :]


def test_findings_speak_of_what_is_left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A claim about what others own is decided, and told in the words of the program."""
    monkeypatch.chdir(tmp_path)
    Path("iamdsl.toml").write_text('target = "terraform"\n')
    Path("a.iam").write_text(
        "user alice\nbucket data from terraform aws_s3_bucket.data\nalice can read bucket data\n"
        "assert alice can s3:ListBucket bucket data\nassert nobody can delete bucket data\n"
    )
    assert main(["prove", "a.iam"]) == 1
    found = capsys.readouterr()
    said = found.out + found.err
    assert "proved: a.iam:4" in said and "refuted: a.iam:5" in said
    assert "s3:DeleteBucket on <aws_s3_bucket.data>" in said and "arn:aws:iam::<account>:role/example" in said
