"""Validation of documents that nobody here wrote: AWS's managed policies, its guides' examples, sample guardrails.

`cases/validate/accepted.tsv` lists every error and warning that they get, with the reason why it is right. Anything else
is a false alarm.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamdsl import catalog
from iamdsl.diagnostics import Report
from iamdsl.source import Source
from iamdsl.validation import KINDS, Target, facts, validate

CASES = Path(__file__).resolve().parent / "cases" / "validate"
SHARED = next(
    (up / "shared" / "data" for up in Path(__file__).resolve().parents if (up / "shared" / "data").is_dir()), None
)
FACTS = facts(catalog.default())
FOLDERS = {"managed": "identity", "docs_examples": None, "scp": "scp", "rcp": "rcp"}

needs_shared = pytest.mark.skipif(SHARED is None, reason="needs the folder ../shared/data")


def accepted(folder: str) -> set[tuple[str, str]]:
    rows = [line.split("\t") for line in (CASES / "accepted.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert all(len(row) == 3 and row[2] for row in rows)
    return {(name, code) for name, code, _ in rows if name.startswith(f"{folder}/")}


@needs_shared
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_false_alarm(folder: str) -> None:
    assert SHARED
    found: set[tuple[str, str]] = set()
    files = sorted((SHARED / folder).glob("*.json"))
    kind = FOLDERS[folder]
    for file in files:
        report = Report()
        text = file.read_text(encoding="utf-8")
        validate(Source(f"{folder}/{file.name}", text), Target(kind) if kind else None, FACTS, report)
        found |= {(f"{folder}/{file.name}", one.rule.code) for one in report if one.level in ("error", "warning")}
    assert files and found == accepted(folder)


@needs_shared
def test_cut_and_broken_files() -> None:
    """Every real document cut off, and with bytes dropped, is a finding and never a fault."""
    assert SHARED
    for number, file in enumerate(sorted(SHARED.glob("*/*.json"))):
        text = file.read_text(encoding="utf-8")
        at = number * 7919 % len(text)
        for broken in (
            text[:at],
            text[:at] + text[at + 1 :],
            text[:at] + "*" + text[at:],
            text.replace('"Allow"', "{}"),
        ):
            report = Report()
            kind = sorted(KINDS)[number % len(KINDS)]
            validate(Source(file.name, broken), Target(kind), FACTS, report)
            assert len(report) or broken != text[:at]


UNKNOWN = {"IAM805", "IAM824"}  # `use unknown action` says that the catalog need not know it
COMPILED = sorted((Path(__file__).resolve().parent / "cases" / "compile").glob("*/expected.json"))


def test_what_a_compile_writes_is_valid() -> None:
    """All documents of all cases, under every check: no error."""
    count = 0
    for case in COMPILED:
        value = json.loads(case.read_text(encoding="utf-8"))
        documents = {"policies/policy.json": value} if "Statement" in value else value
        for path, document in documents.items():
            if "Statement" not in document:
                continue
            report = Report()
            validate(Source(path, json.dumps(document, indent=2)), None, FACTS, report)
            errors = {one.rule.code for one in report if one.level == "error"}
            allowed = UNKNOWN if "use unknown action" in (case.parent / "input.iam").read_text() else set()
            assert errors <= allowed, (case.parent.name, path, errors)
            count += 1
    assert count > 200
