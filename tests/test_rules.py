"""Every rule: a page that explains it, a bad program that fires it, a good one that does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iamdsl.catalog import default
from iamdsl.cli import main
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.render import render
from iamdsl.rules import RULES
from iamdsl.source import Source

PAGES = Path(__file__).resolve().parent.parent / "iamdsl" / "explain"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md"))}
BLOCKS = {code: re.findall(r"```iam\n(.*?)```", text, re.DOTALL) for code, text in TEXTS.items()}


def found(text: str) -> Report:
    report = Report()
    compile_program((Source("page.iam", text),), default(), {}, report)
    return report


def test_pages_and_rules_are_one_to_one() -> None:
    assert set(TEXTS) == set(RULES)
    assert len({rule.slug for rule in RULES.values()}) == len(RULES)
    for code, rule in RULES.items():
        assert TEXTS[code].startswith(f"# {code} {rule.slug}\n")
        assert "**Fix.**" in TEXTS[code]
        assert not rule.message.endswith(".") and (rule.message.startswith("AWS") or not rule.message[0].isupper())


@pytest.mark.parametrize("code", [code for code, blocks in BLOCKS.items() if blocks])
def test_page(code: str) -> None:
    bad, good = BLOCKS[code]
    report = found(bad)
    assert code in {one.rule.code for one in report}, render(report, "text")
    if RULES[code].severity == "error":
        others = {one.rule.code for one in report if one.level == "error"} - {code}
        assert not others, f"one mistake, one finding: {others}"
    report = found(good)
    assert code not in {one.rule.code for one in report}
    assert not report.failed, render(report, "text")


@pytest.mark.parametrize("code", [code for code, blocks in BLOCKS.items() if blocks])
def test_an_error_leaves_nothing_on_stdout(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "page.iam"
    program.write_text(BLOCKS[code][0], encoding="utf-8")
    status = main(["compile", str(program)])
    out, err = capsys.readouterr()
    if RULES[code].severity == "error":
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
