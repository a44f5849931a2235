"""Every rule: a page that explains it, a bad program that fires it, a good one that does not, and cases as users see them.

`cases/errors/CODE-slug/NAME.iam` is a program with one mistake, `NAME.args` what `compile` is given besides, `NAME.txt`
what it then says. IAMDSL_UPDATE=1 writes the texts anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from iamdsl import analyzer_rules, document_rules, read, target_rules
from iamdsl.catalog import default
from iamdsl.cli import main
from iamdsl.compiler import Options, compile_program
from iamdsl.diagnostics import Report
from iamdsl.policy.model import Document
from iamdsl.policy.validate import validate
from iamdsl.render import render
from iamdsl.rules import RULES as LANGUAGE
from iamdsl.source import Source

RULES = {**LANGUAGE, **target_rules.RULES}
PAGES = Path(__file__).resolve().parent.parent / "iamdsl" / "explain"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md"))}
BLOCKS = {code: re.findall(r"```iam\n(.*?)```", text, re.DOTALL) for code, text in TEXTS.items()}
CASES = sorted((Path(__file__).resolve().parent / "cases" / "errors").glob("*/*.iam"))

KNOWN = {**RULES, **analyzer_rules.RULES, **document_rules.RULES}
NEVER_SEEN = {"IAM721"}  # a claim that cannot be decided: none is known

Capture = pytest.CaptureFixture[str]


def found(text: str) -> Report:
    report = Report()
    compile_program((Source("page.iam", text),), default(), {}, report, Options(suggestions=True))
    return report


def test_pages_and_rules_are_one_to_one() -> None:
    assert set(TEXTS) == set(KNOWN)
    assert len({rule.slug for rule in KNOWN.values()}) == len(KNOWN)
    for code, rule in KNOWN.items():
        assert TEXTS[code].startswith(f"# {code} {rule.slug}\n")
        assert "**Fix.**" in TEXTS[code]
        assert not rule.message.endswith(".") and (rule.message.startswith("AWS") or not rule.message[0].isupper())


@pytest.mark.parametrize("code", [code for code, blocks in BLOCKS.items() if blocks])
def test_page(code: str) -> None:
    bad, good = BLOCKS[code]
    report = found(bad)
    assert code in {one.rule.code for one in report}, render(report, "text")
    if KNOWN[code].severity == "error":
        others = {one.rule.code for one in report if one.level == "error"} - {code}
        assert not others, f"one mistake, one finding: {others}"
    report = found(good)
    assert code not in {one.rule.code for one in report}
    assert not report.failed, render(report, "text")


@pytest.mark.parametrize("code", [code for code, blocks in BLOCKS.items() if blocks])
def test_an_error_leaves_nothing_on_stdout(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "page.iam"
    program.write_text(BLOCKS[code][0], encoding="utf-8")
    status = main(["compile", "--verbose", str(program)])
    out, err = capsys.readouterr()
    if KNOWN[code].severity == "error":
        assert status == 1 and out == "" and code in err
    else:
        assert status == 0 and out.startswith("{") and code in err


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "IAM301"]) == 0
    page = capsys.readouterr().out
    assert main(["explain", "unknown-action"]) == 0
    assert capsys.readouterr().out == page == TEXTS["IAM301"]
    assert main(["explain", "unknwon-action"]) == 2
    assert "did you mean `unknown-action`?" in capsys.readouterr().err


def test_every_rule_has_a_case() -> None:
    folders = {path.parent.name for path in CASES}
    named = {f"{code}-{rule.slug}" for code, rule in RULES.items()}
    assert folders <= named
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for code, rule in RULES.items():
        assert f"{code}-{rule.slug}" in folders or code in tests or code in NEVER_SEEN, code


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name[:6]}-{path.stem}")
def test_case(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """One mistake is one finding, and what a program with an error compiles to is nothing."""
    code = path.parent.name[:6]
    more = path.with_suffix(".args").read_text().split() if path.with_suffix(".args").exists() else []
    monkeypatch.chdir(path.parent)
    status = main(["compile", path.name, *more])
    out, err = capsys.readouterr()
    golden = path.with_suffix(".txt")
    if os.environ.get("IAMDSL_UPDATE"):
        golden.write_text(err, encoding="utf-8", newline="\n")
    assert err == golden.read_text(encoding="utf-8")
    assert re.findall(r"^\w+\[(\w+)\]", err, re.MULTILINE) == [code]
    wrong = RULES[code].severity == "error"
    assert (status, bool(out)) == ((1, False) if wrong else (0, True))


def run(arguments: list[str], capsys: Capture) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_unreadable_input_is_status_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    missing = run(["compile", "missing.iam"], capsys)
    assert missing == (2, "", "error[IAM101]: cannot read `missing.iam`: no such file or directory\n\n1 error\n")
    Path("empty").mkdir()
    status, out, err = run(["compile", "empty"], capsys)
    assert (status, out) == (2, "") and "IAM101" in err and "no .iam file is in this folder" in err
    Path("latin.iam").write_bytes("alice can read bucket données\n".encode("latin-1"))
    status, out, err = run(["compile", "latin.iam"], capsys)
    assert (status, out) == (2, "") and "error[IAM102]: byte 0xe9 is not UTF-8\n  --> latin.iam:1:27\n" in err
    Path("large.iam").write_text("alice can read bucket reports\n")
    monkeypatch.setattr(read, "MAX_BYTES", 10)
    status, out, err = run(["compile", "large.iam"], capsys)
    assert (status, out) == (2, "") and "error[IAM110]: `large.iam` has over 10 bytes, more than 10" in err


def test_reading_stops_after_many_broken_sentences(tmp_path: Path, capsys: Capture) -> None:
    program = tmp_path / "noise.iam"
    program.write_text("alice can read bucket a if\n" * 300)
    status, out, err = run(["compile", str(program)], capsys)
    assert (status, out) == (1, "") and err.endswith("\n102 errors\n")
    report = found("alice can read bucket a if\n" * 300)
    assert [one.rule.code for one in report].count("IAM109") == 1


def test_a_document_without_statements_is_refused() -> None:
    report = Report()
    validate(Document("managed", ()), "the policy of user `alice`", 6144, "nonspace", (), report)
    assert [(one.rule.code, one.message) for one in report] == [
        ("IAM603", "the policy of user `alice` would have no statement")
    ]


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.iam").write_text("user alice\nalice can read bucket a\n")
    Path("taken").write_text("")
    status, out, err = run(["compile", "a.iam", "-o", "taken/out"], capsys)
    assert (status, out) == (2, "") and "error[IAM604]: cannot write `taken`: not a directory" in err


def test_a_folder_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    program = Path("a.iam")
    program.write_text("user alice\nalice can read bucket a\n")
    status, out, err = run(["compile", "a.iam", "-o", "out", "--check"], capsys)
    assert (status, out) == (1, "") and "error[IAM605]: `out/users/alice/policy.json` would be written" in err
    assert not Path("out").exists()
    assert run(["compile", "a.iam", "-o", "out"], capsys)[0] == 0
    assert run(["compile", "a.iam", "-o", "out", "--check"], capsys) == (0, "", "")
    program.write_text("user alice\nuser bob\nbob can read bucket a\n")
    status, out, err = run(["compile", "a.iam", "-o", "out", "--check"], capsys)
    assert status == 1 and "`out/users/alice/policy.json` would go" in err and "manifest.json` would change" in err


def test_a_folder_of_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.iam", "b.iam"):
        Path(name).write_text("user alice\nalice can read bucket a\n")
    assert run(["compile", "a.iam", "-o", "out"], capsys)[0] == 0
    before = Path("out/manifest.json").read_text()
    status, out, err = run(["compile", "b.iam", "-o", "out"], capsys)
    assert (status, out) == (2, "")
    assert "error[IAM606]: `out/manifest.json` belongs to another program: a.iam" in err
    assert Path("out/manifest.json").read_text() == before


def test_a_region_lock_that_stops_global_services() -> None:
    """Beside the note on what no guardrail reaches."""
    text = BLOCKS["IAM553"][0]
    report = found(text)
    assert sorted(one.rule.code for one in report if one.level != "suggestion") == ["IAM552", "IAM553"]
    (warning,) = [one for one in report if one.rule.code == "IAM553"]
    assert "iam" not in warning.help.split("`")[1].split(" in ")[1].split(", ")
    assert {"route53", "cloudfront", "organizations"} <= set(warning.help.split("`")[1].split(" in ")[1].split(", "))
    for regions in ("us-east-1, us-west-2", "us-west-2, us-east-1, eu-central-1"):
        free = text.replace("outside region eu-west-1", f"outside region eu-west-1, {regions}")
        assert "IAM553" not in {one.rule.code for one in found(free)}
