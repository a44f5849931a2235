"""From policy JSON back to sentences: laws, goldens, documents that nobody here wrote, and input that is none.

A case under cases/decompile is a folder with `input.json` (and `kind` with a word or two), its sentences in `expected.iam`.
IAMDSL_UPDATE=1 rewrites those.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from evaluator import decide
from generate import Generator
from hypothesis import HealthCheck
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from iamdsl import catalog
from iamdsl.cli import main
from iamdsl.access.reach import Reach
from iamdsl.compiler import Options, compile_program
from iamdsl.compiler.arns import formats_of
from iamdsl.decompiler import Input, Said, declared, decompile, printed, setting_of
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.model import Document, Statement
from iamdsl.record import replace
from iamdsl.render import render
from iamdsl.source import Source
from iamdsl.validation import facts, purpose

CATALOG = catalog.default()
CASES = sorted(path.parent for path in (Path(__file__).parent / "cases" / "decompile").glob("*/input.json"))
SHARED = next(
    (up / "shared" / "data" for up in Path(__file__).resolve().parents if (up / "shared" / "data").is_dir()), None
)
needs_shared = pytest.mark.skipif(SHARED is None, reason="needs the folder ../shared/data")
Capture = pytest.CaptureFixture[str]
SAMPLE = 9  # every how manieth of the managed policies; bench/decompile.py takes all


def given(text: str, path: str, kind: str = "") -> Input:
    document = codec.read(text, "")
    target = purpose(json.loads(text), path, facts(CATALOG))
    kind = kind or target.kind
    owner = target.type.full if kind == "resource" and target.type else "s3:bucket"
    owner = {"identity": "policy", "trust": "role"}.get(kind, owner)
    name = "op-1/x" if owner == "s3-outposts:bucket" else "x"
    return Input(kind, document, owner, name, path)


def said(one: Input, report: Report | None = None) -> tuple[str, Said]:
    """The program that says a document."""
    report = report or Report()
    setting = setting_of([one], CATALOG)
    (found,) = decompile([one], setting, CATALOG, report)
    assert not report.failed, render(report, "text")
    assert found.proof == "equal" and len(found.exact) == len(one.document.statements)
    return printed([*declared(setting), *found.lines]), found


def compiled(text: str) -> Document:
    report = Report()
    unlimited = tuple((kind, 0) for kind in CATALOG.quotas())
    found = compile_program((Source("x.iam", text),), CATALOG, {}, report, Options(False, unlimited))
    assert not report.failed, render(report, "text")
    (output,) = found.outputs
    return output.lowered.document


def without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.lstrip().startswith("#"))


def check_again(one: Input, text: str) -> None:
    """What the sentences compile to is said in the same words again, but for the Sids, which it does not have."""
    again, _ = said(replace(one, document=compiled(text)))
    assert again == without_comments(text)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_golden(case: Path) -> None:
    kind = (case / "kind").read_text().strip() if (case / "kind").exists() else ""
    one = given((case / "input.json").read_text(encoding="utf-8"), "input.json", kind)
    text, _ = said(one)
    golden = case / "expected.iam"
    if os.environ.get("IAMDSL_UPDATE"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    check_again(one, text)


FOLDERS = {"managed": "identity", "docs_examples": "", "scp": "scp", "rcp": "rcp"}
FILES = [
    pytest.param(path, FOLDERS[folder], id=f"{folder}-{path.stem}")
    for folder in FOLDERS
    for number, path in enumerate(sorted((SHARED / folder).glob("*.json")) if SHARED else ())
    if folder != "managed" or number % SAMPLE == 0
]


@needs_shared
@pytest.mark.parametrize("path, kind", FILES)
def test_documents_of_others(path: Path, kind: str) -> None:
    said(given(path.read_text(encoding="utf-8"), path.name, kind))


# ---- laws


@settings(max_examples=60, deadline=None)
@drawn(st.integers(0, 1_000_000), st.booleans())
def test_what_is_said_decides_as_the_document(seed: int, odd: bool) -> None:
    """Sentences of documents at random, of every element and operator, compile to what decides every request alike."""
    make = Generator(seed, odd)
    value = make.document(make.chance(0.3))
    try:
        document = codec.load(value, "")
    except codec.Malformed:
        return
    named = any(one.principal is not None or one.not_principal is not None for one in document.statements)
    one = Input("resource" if named else "identity", document, "s3:bucket" if named else "policy", "x", "it")
    report = Report()
    setting = setting_of([one], CATALOG)
    (found,) = decompile([one], setting, CATALOG, report)
    if not found.lines:
        assert [one.rule.code for one in report] == ["IAM741"]
        return
    assert found.proof == "equal" and not report.failed
    again = compiled(printed([*declared(setting), *found.lines]))
    reach = Reach(formats_of(CATALOG))
    for _ in range(9):
        request = make.request()
        if not reach.possible(request.action, request.resource.replace("*", "${*}")):
            continue  # AWS never asks for this
        assert decide([value], request) == decide([codec.dump(again)], request)


BRIEF = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = [
    '{"Statement": ',
    "[",
    "]",
    "{",
    "}",
    '"Effect": "Allow"',
    ",",
    '"Action": "s3:*"',
    '"Resource": "*"',
    "1e999",
]
PIECES += ['"Action": {}', "NaN", '"Condition": {"Bool": 1}', '"Version": "2012"', '"\\ud800"', "//", "\x00", "\ufeff"]


@BRIEF
@drawn(
    data=st.binary(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=9).map(lambda some: "".join(some).encode())
)
def test_any_bytes(data: bytes, tmp_path: Path, capsys: Capture) -> None:
    policy = tmp_path / "p.json"
    policy.write_bytes(data)
    status = main(["decompile", str(policy)])
    out, err = capsys.readouterr()
    if status == 0:
        assert out and codec.read(data.decode("utf-8-sig"), "")
    else:
        assert status in (1, 2) and out == ""
        assert "error[" in err and ".json:" in err and "internal error" not in err


# ---- refusals


def test_what_no_sentence_says_is_refused(capsys: Capture, tmp_path: Path) -> None:
    policy = tmp_path / "p.json"
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a\nb"}
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert main(["decompile", str(policy)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "error[IAM741]" in err and "p.json:1:1" in err


@pytest.mark.parametrize("text", ("", " \n"))
def test_nothing_is_no_policy(text: str, capsys: Capture, tmp_path: Path) -> None:
    policy = tmp_path / "p.json"
    policy.write_text(text)
    assert main(["decompile", str(policy)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "error[IAM753]" in err and "it is empty" in err and "YAML" not in err


def test_what_comes_from_nowhere_has_a_name_without_quotes(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["decompile"]) == 0
    assert capsys.readouterr().out.startswith("policy pasted {\n")


def test_statements_that_match_nothing_stay() -> None:
    statement = Statement("Allow", ("s3:GetObject",), resource=("nothing",), condition=(("Null", (("a:b", ()),)),))
    one = Input("identity", Document("", (statement,)), "policy", "x")
    text, _ = said(one)
    assert text == "policy x {\n    can exactly s3:GetObject on nothing if a:b Null []\n}\n"
    assert compiled(text).statements == (statement,)
    text, _ = said(replace(one, document=Document("", (replace(statement, condition=()),))))
    assert text == "policy x {\n    can exactly s3:GetObject on nothing\n}\n"
