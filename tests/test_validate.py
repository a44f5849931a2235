"""Validation: each finding fires on what it is about and on nothing else, whatever the text.

`cases/validate/CODE-slug/`: `bad.json` has the defect, `bad.txt` is what is said of it (the finding first among them),
`good.json` is mended and gives nothing; `args.txt` is what `validate` is given besides. IAMDSL_UPDATE=1 writes the texts
anew.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamdsl import analyzer_rules, catalog, document_rules
from iamdsl.cli import main
from iamdsl.commands.explain import PAGES
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Malformed, Node, locate
from iamdsl.source import Source
from iamdsl.validation import KINDS, Target, facts, validate
from iamdsl.validation.escalation import paths
from iamdsl.validation.facts import HOMES

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "validate").glob("*/bad.json"))
RULES = {**analyzer_rules.RULES, **document_rules.RULES}
BY_PLACE = {"IAM985", "IAM987"}  # told by where the file is, or of several together
FACTS = facts(catalog.default())

Capture = pytest.CaptureFixture[str]


def found(text: str, target: Target | None = None, path: str = "policy.json") -> Report:
    report = Report()
    validate(Source(path, text), target, FACTS, report)
    return report


def codes(report: Report) -> list[str]:
    return [one.rule.code for one in report]


def arguments(case: Path) -> list[str]:
    more = case.parent / "args.txt"
    return more.read_text(encoding="utf-8").split() if more.exists() else []


def test_every_finding_has_a_case() -> None:
    folders = {case.parent.name for case in CASES}
    assert folders == {f"{code}-{rule.slug}" for code, rule in RULES.items() if code not in BY_PLACE}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parent.name)
def test_case(case: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(case.parent)
    code = case.parent.name[:6]
    status = main(["validate", "bad.json", *arguments(case)])
    out, err = capsys.readouterr()
    golden = case.with_suffix(".txt")
    if os.environ.get("IAMDSL_UPDATE"):
        golden.write_text(out, encoding="utf-8", newline="\n")
    assert out == golden.read_text(encoding="utf-8") and err == ""
    assert code in re.findall(r"^\w+\[(\w+)\]", out, re.MULTILINE)
    assert (status == 1) == (" error" in out.splitlines()[-1])
    assert main(["validate", "good.json", "--fail-on", "suggestion", *arguments(case)]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("code", [code for code in RULES if code not in BY_PLACE])
def test_page(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """What a page shows as bad is, and what it shows as good is clean."""
    text = (Path(PAGES) / f"{code}.md").read_text(encoding="utf-8")
    rule = RULES[code]
    assert f"calls it {rule.aws_code}, " in text if rule.aws_code else "has no such finding" in text
    called = re.search(r"`iamdsl validate (.*?)`", text)
    more = called.group(1).split() if called else []
    blocks = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    *bad, good = blocks
    monkeypatch.chdir(tmp_path)
    for name, block in (("bad", bad[0] if bad else ""), ("good", good)):
        if block:
            Path("policy.json").write_text(block, encoding="utf-8")
            main(["validate", "policy.json", *more])
            said = re.findall(r"^\w+\[(\w+)\]", capsys.readouterr().out, re.MULTILINE)
            assert code in said if name == "bad" else said == []


def rows(name: str) -> list[tuple[str, Target | None, str]]:
    """A table of policies: the code that each has, what it is for, and its text."""
    lines = (ROOT / "tests" / "cases" / "validate" / name).read_text(encoding="utf-8").splitlines()[1:]
    found: list[tuple[str, Target | None, str]] = []
    for code, arguments, text in [line.split("\t") for line in lines]:
        option, _, value = arguments.partition(" ")
        target = Target("resource", FACTS.policy_type(value)) if option == "--resource-type" else None
        found.append((code, Target(value) if option == "--kind" else target, text))
    return found


def test_other_forms_of_each_defect() -> None:
    """Other services, spellings, lists for single values, kinds of document: each is found."""
    listed = rows("variants.tsv")
    missed = [(code, text) for code, target, text in listed if code not in codes(found(text, target))]
    assert len({code for code, _, _ in listed}) > 170 and missed == []


def test_clean_policies_of_each_kind_say_nothing() -> None:
    listed = rows("clean.tsv")
    assert len(listed) > 80
    assert [(text, codes(report)) for _, target, text in listed if len(report := found(text, target))] == []


def test_a_clean_policy_says_nothing(tmp_path: Path, capsys: Capture) -> None:
    policy = tmp_path / "mfa.json"
    policy.write_text(
        """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::my-ml-datasets", "arn:aws:s3:::my-ml-datasets/*"],
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}"""
    )
    assert main(["validate", str(policy), "--fail-on", "suggestion"]) == 0
    assert capsys.readouterr() == ("", "")


def test_aws_codes() -> None:
    """Each of AWS's findings once, in its own words."""
    assert len({rule.aws_code for rule in analyzer_rules.RULES.values()}) == len(analyzer_rules.RULES) == 153
    levels = {"ERROR": "error", "SECURITY_WARNING": "warning", "WARNING": "warning", "SUGGESTION": "suggestion"}
    for rule in analyzer_rules.RULES.values():
        assert rule.severity == levels[rule.category]
        assert rule.slug == rule.aws_code.lower().replace("_", "-")


def test_the_docs_list_every_finding() -> None:
    text = (ROOT / "docs" / "validate.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|.*$", text, re.MULTILINE)
    for code, rule in RULES.items():
        row = [one for one in rows if f"| {code} |" in one]
        assert len(row) == 1 and (rule.aws_code or rule.slug) in row[0]


def test_machine_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policy.json").write_text(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObjekt"],\n"Resource": "*"}]}'
    )
    assert main(["validate", "policy.json", "--output-format", "json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["code"], one["aws_code"], one["pointer"]) == ("IAM805", "INVALID_ACTION", "/Statement/0/Action/0")
    assert one["start"] == {"line": 1, "column": 72} and one["fix"]["edits"][0]["text"] == '"s3:GetObject"'
    assert main(["validate", "policy.json", "--output-format", "sarif"]) == 1
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert run["results"][0]["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "/Statement/0/Action/0"}]
    assert run["tool"]["driver"]["rules"][0]["properties"]["awsIssueCode"] == "INVALID_ACTION"


def test_fail_on(tmp_path: Path, capsys: Capture) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}'
    )
    statuses = [main(["validate", str(policy), "--fail-on", level]) for level in ("error", "warning", "suggestion")]
    assert statuses == [0, 0, 1]
    capsys.readouterr()
    assert main(["validate", str(tmp_path / "none.json")]) == 2
    assert "cannot read" in capsys.readouterr().out


def test_usage(capsys: Capture) -> None:
    assert main(["validate", "--kind", "scp", "--resource-type", "s3:bucket"]) == 2
    assert "goes with `--kind resource`" in capsys.readouterr().err
    assert main(["validate", "--resource-type", "s3:buckt"]) == 2
    assert "did you mean `s3:bucket`?" in capsys.readouterr().err


KIND_OF = {
    '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}': "identity",
    '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "s3:*", "Resource": "arn:aws:s3:::b"}}': "resource",
    '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "sts:AssumeRole"}}': "trust",
    '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}': "rcp",
}


@pytest.mark.parametrize("text", KIND_OF)
def test_kinds_are_guessed(text: str) -> None:
    target = validate(Source("policy.json", text), None, FACTS, Report())
    assert target and target.kind == KIND_OF[text]


def test_kinds_by_name() -> None:
    text = '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    for path, kind in {"g/x.scp.json": "scp", "roles/a/trust.json": "trust", "boundaries/dev.json": "boundary"}.items():
        target = validate(Source(path, text), None, FACTS, Report())
        assert target and target.kind == kind


def test_users_with_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.iam").write_text(
        "user alice\ngroup analysts = alice\nalice can read bucket a\nanalysts can read bucket b\n"
    )
    assert main(["compile", "a.iam", "-o", "out"]) == 0
    assert main(["validate", "out", "--output-format", "concise", "--fail-on", "suggestion"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["out/users/alice/policy.json:1:1: suggestion[IAM985] user `alice` has a policy of its own"]


def test_arn_homes() -> None:
    """The services that define types with ARNs of another are those of the catalog."""
    known = catalog.default()
    homes: dict[str, set[str]] = {}
    for prefix in known.services():
        service = known.service(prefix)
        assert service
        for type in service.types.values():
            for arn in type.arns:
                other = arn.split(":")[2]
                if other not in (prefix, "${Vendor}", "elastic-inference"):
                    homes.setdefault(other, set()).add(prefix)
    assert {name: set(prefixes) for name, prefixes in HOMES.items()} == homes


def test_escalation_paths() -> None:
    """Each path is found in a policy that gives just what it needs, on everything."""
    assert len(paths()) == 65
    for name, needs in paths():
        statement = {"Effect": "Allow", "Action": list(needs), "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        assert "IAM977" in codes(found(text, Target("identity"))), name
        deny = {"Effect": "Deny", "Action": needs[0], "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement, deny]})
        said = [one.message for one in found(text, Target("identity")) if one.rule.code == "IAM977"]
        assert not any(f"`{needs[0]}`" in one for one in said), name


@pytest.mark.parametrize("format", ["sarif", "github", "concise"])
def test_every_finding_in_every_format(format: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """SARIF fits OASIS's schema, which pydantic-sarif has as types; fingerprints are all different."""
    monkeypatch.chdir(ROOT / "tests" / "cases" / "validate")
    main(["validate", *[f"{case.parent.name}/bad.json" for case in CASES], "--output-format", format])
    out = capsys.readouterr().out
    if format != "sarif":
        assert len(out.splitlines()) > 150
        return
    model = pytest.importorskip("pydantic_sarif.model")
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(json.loads(out))
    results = json.loads(out)["runs"][0]["results"]
    prints = [one["partialFingerprints"]["iamdsl/v1"] for one in results]
    assert len(prints) == len(set(prints)) > 150


# any text


TEXTS = [case.read_text(encoding="utf-8") for case in CASES if case.stat().st_size < 3000]


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_any_text_is_a_finding(text: str) -> None:
    report = found(text)
    assert codes(report) or isinstance(json.loads(text), dict)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_mutation_of_a_policy_is_survived(data: st.DataObject) -> None:
    """Characters and whole values replaced: findings, in all formats, and never a fault."""
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 12, len(text))))
        junk = st.sampled_from(
            ["", "*", "?", "${", "}", '"', ":", "{", "[", "]", ",", "null", "1", "[]", "{}", "\\u0000", "é", "\ud800"]
        )
        text = text[:start] + data.draw(junk) + text[end:]
    kind = data.draw(st.sampled_from([None, *KINDS]))
    report = found(text, Target(kind) if kind else None)
    for one in report:
        assert one.span and 0 <= one.span.start <= one.span.end <= len(text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["*", "Allow", "s3:*", "arn:aws:s3:::b", "${aws:username}", ""]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "Statement",
                "Action",
                "Resource",
                "Principal",
                "Condition",
                "Effect",
                "AWS",
                "StringLike",
                "Bool",
                "aws:x",
                "Sid",
            ]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON, st.sampled_from(sorted(KINDS)))
def test_any_shape_is_survived(value: object, kind: str) -> None:
    found(json.dumps({"Statement": value}), Target(kind))
    found(json.dumps(value), Target(kind))


def plain(node: Node) -> object:
    if node.kind == "object":
        return {member.key: plain(member.value) for member in node.members}
    if node.kind == "array":
        return [plain(element) for element in node.elements]
    return json.loads(node.text) if node.kind == "number" else node.value


@settings(max_examples=200, deadline=None)
@given(JSON, st.sampled_from([None, 1, 2]))
def test_located_is_json(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    node = locate(text)
    assert plain(node) == value and (node.start, node.end) == (0, len(text))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('{}[]",:\\ \n019.-eEtrufalsn/"u0041é'), max_size=12))
def test_located_takes_what_json_takes(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(Malformed):
            locate(text)
    else:
        assert plain(locate(text)) == expected
