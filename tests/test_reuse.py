"""Loops, policies, parameters and imports: a program that reuses says exactly what it says written out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamdsl.catalog import default
from iamdsl.cli import main
from iamdsl.compiler import compile_program
from iamdsl.compiler.expand import expand
from iamdsl.compiler.params import Params
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.render import render
from iamdsl.source import Source
from iamdsl.syntax.parse import parse

Capture = pytest.CaptureFixture[str]

HEAD = """account prod = 111122223333
organization acme = o-a1b2c3d4e5
region eu-west-1
user alice, bob
group ml = alice, bob
role etl for service glue
bucket data = "acme-data"
alice can list bucket data
"""
# sentences that hang on {x}, a word fit to be a name of anything
SENTENCES = [
    "alice can read bucket {x}",
    'alice can read bucket "{x}"',
    "alice can read bucket data/{x}/* with mfa",
    "bob can read table {x}, table t-{x} and write queue {x}",
    "alice can s3:GetObject arn:aws:s3:::{x}/y",
    "alice can read bucket b if aws:PrincipalTag/team = {x}",
    "alice can read table c if resource tag {x} = principal tag {x}",
    "alice can read table c tagged {x} = {x}",
    "alice can read bucket b if aws:PrincipalTag/{x} in [a, {x}]",
    "bob cannot delete bucket {x} unless mfa or role etl",
    "bob can {{\n    read bucket {x}\n    list bucket b-{x}\n}} from ip 203.0.113.0/24",
    'bob can read bucket {x} because "for {x}" until 2999-01-01',
    "user u-{x}\nu-{x} can list bucket data",
    "group g-{x} = alice, bob\ng-{x} can list bucket data",
    "role r-{x} for user alice with external id {x}\nr-{x} can list bucket data",
    "role q-{x} for service sqs for any source lasting 2h\netl can pass role q-{x} to service sqs",
    'role gh-{x} for github "acme/{x}" branch {x}\ngh-{x} can read bucket data',
    'permission set ps-{x} for group-name "{x}"\nps-{x} can read bucket data',
    "bucket b-{x} = acme-{x}\nalice can read bucket b-{x}",
    "bucket e-{x} = acme-{x} encrypted with key k-{x}\n"
    "key k-{x} = arn:aws:kms:eu-west-1:111122223333:key/{x}\nalice can read bucket e-{x}",
    "boundary w-{x} {{\n    can read bucket {x}\n}}\nuser v-{x} within boundary w-{x}\nv-{x} can read bucket {x}",
    "guardrail g-{x} for principals {{\n    nobody can delete bucket {x}\n}}",
    "session policy s-{x} {{\n    can read bucket {x}\n}}",
    "organization acme can read bucket {x}",
    "nobody can delete bucket {x} unless role etl",
    "policy p-{x} {{\n    can read bucket {x}\n}}\nbob uses p-{x}",
]
names = st.from_regex(r"[a-z][a-z0-9]{2,7}", fullmatch=True)


def compiled(text: str, **params: str) -> tuple[dict[str, Any], Report]:
    report = Report()
    found = compile_program((Source("test.iam", text),), default(), params, report)
    return tree.documents(found), report


def said(text: str, **params: str) -> str:
    documents, report = compiled(text, **params)
    assert not report.failed, render(report, "text")
    return json.dumps(documents)


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_loop_says_what_it_says_written_out(sentence: str) -> None:
    values = ["vision", "speech", "text"]
    loop = f"for x in [{', '.join(values)}] {{\n{indented(sentence.replace('{{', '{').replace('}}', '}'))}}}\n"
    assert said(HEAD + loop) == said(HEAD + "\n".join(sentence.format(x=x) for x in values))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4, unique=True), st.lists(names, min_size=1, unique=True)
)
def test_a_loop_in_a_loop_says_what_it_says_written_out(sentences: list[str], values: list[str]) -> None:
    values = values[:3]
    inner = [one.replace("{x}", "{x}{y}").replace("{{", "{").replace("}}", "}") for one in sentences]
    loop = f"for x in [{', '.join(values)}] {{\n    for y in [a, b] {{\n{indented(indented(chr(10).join(inner)))}    }}\n}}\n"
    plain = "\n".join(one.format(x=x + y) for one in sentences for x in values for y in "ab")
    assert said(HEAD + loop) == said(HEAD + plain)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(SENTENCES[:12]), min_size=1, max_size=3, unique=True),
    st.lists(names, min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(["alice", "bob", "ml"]), min_size=1, max_size=3, unique=True),
)
def test_a_policy_says_what_it_says_written_out(sentences: list[str], values: list[str], subjects: list[str]) -> None:
    grants = [one for one in sentences if " can " in one or " cannot " in one]
    bodies = [one.split(" ", 1)[1] for one in grants]
    body = "\n".join(bodies).replace("{{", "{").replace("}}", "}")
    used = ", ".join(f"p({value})" for value in values)
    policy = f"policy p(x) {{\n{indented(body)}}}\n{', '.join(subjects)} use {used}\n"
    plain = "\n".join(f"{', '.join(subjects)} {one.format(x=value)}" for one in bodies for value in values)
    assert said(HEAD + policy) == said(HEAD + plain)


# ---- a value is text, never syntax

NEUTRAL = "qqq"
PLACES = [
    "alice can s3:GetObject bucket data/{x}/y",
    'alice can s3:GetObject bucket "data/{x}/y"',
    "alice can read bucket b if aws:PrincipalTag/team = {x}",
    "alice can read bucket b if aws:PrincipalTag/team in [a, {x}] and not (aws:PrincipalTag/grade = {x} or mfa)",
    "alice can read table c tagged team = {x}",
    'alice can read bucket b because "{x}"',
    "alice can read table x-{x}",
]
texts = st.text(
    st.one_of(
        st.sampled_from(list("\"\\{}$*?,[]()#=<>&|:/ .-_@+'`")),
        st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]),
    ),
    min_size=1,
    max_size=12,
)
WORDS = [
    "and",
    "can",
    "cannot",
    "bucket",
    "read",
    "unless",
    "everything",
    "any",
    "*",
    "a, b",
    'x" or mfa',
    "} can",
    "{x}",
]


def quoted(text: str) -> str:
    for character in '\\"{$':
        text = text.replace(character, "\\" + character)
    return f'"{text}"'


def structure(text: str, value: str, **params: str) -> Any:
    """What a program says, with the neutral word where `value` is; None if it is refused."""
    documents, report = compiled(HEAD + text, **params)
    if report.failed:
        assert documents == {}
        return None
    return in_order(json.loads(json.dumps(documents).replace(json.dumps(value)[1:-1], NEUTRAL)))


def in_order(document: Any) -> Any:
    """A document with its lists sorted: the order of values follows their text."""
    if isinstance(document, dict):
        return {key: in_order(value) for key, value in document.items()}
    if isinstance(document, list):
        return sorted([in_order(one) for one in document], key=json.dumps)
    return document


@pytest.mark.parametrize("way", ["set", "param", "loop", "argument"])
@settings(max_examples=60, deadline=None)
@example("* or mfa", PLACES[0])
@given(st.one_of(texts, st.sampled_from(WORDS)), st.sampled_from(PLACES))
def test_a_value_is_text(way: str, value: str, place: str) -> None:
    """Whatever the value, the documents are those for a harmless word, with the value in its place; or there are none."""
    if value in json.dumps(compiled(HEAD + place.format(x=NEUTRAL))[0]):
        return  # its place could not be told
    wild = any(mark in value for mark in ("*", "?", "${"))
    if way == "set":
        text, params = f"param x\n{place}", {"x": value}
    elif way == "param":
        text, params = f"param x = {quoted(value)}\n{place}", {}
    elif way == "loop":
        text, params = f"for x in [{quoted(value)}] {{\n    {place}\n}}", {}
    else:
        text, params = f"policy p(x) {{\n    {place.split(' ', 1)[1]}\n}}\nalice uses p({quoted(value)})", {}
    expected = structure(place.format(x=NEUTRAL), NEUTRAL)
    written = value if way == "set" else value.replace("$", "${$}")
    found = structure(text, written, **params)
    if way == "set" and wild:
        assert found is None
    elif found is not None:
        assert found == expected


def test_values_from_outside_are_one_line(capsys: Capture, tmp_path: Path) -> None:
    program = tmp_path / "a.iam"
    program.write_text("param env = dev\nuser alice\nalice can read bucket b-{env}\n")
    for value in ("a\nb", "a\0b", "\x1b[31m", "\u2028", "x" * 5000):
        assert main(["compile", str(program), "--set", f"env={value}"]) == 1
        captured = capsys.readouterr()
        assert captured.out == "" and "error[IAM232]" in captured.err and "\x1b" not in captured.err


# ---- imports


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.iam"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(arguments: list[str], capsys: Capture) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_imports_do_not_depend_on_where_the_compiler_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    write(
        tmp_path,
        main='import "shared/a.iam"\nimport "shared/b.iam"\nuser alice\nalice can read bucket x\n',
        shared__a='import "../c.iam"\nbucket y = "acme-y"\n',
        shared__b='import "../c.iam"\nimport "a.iam"\nalice can read bucket y\n',
        c='bucket x = "acme-x"\n',
    )
    monkeypatch.chdir(tmp_path)
    here = run(["compile", "main.iam"], capsys)
    monkeypatch.chdir(tmp_path / "shared")
    there = run(["compile", "../main.iam"], capsys)
    assert here == there and here[0] == 0 and "acme-x" in here[1] and "acme-y" in here[1]


def test_a_file_counts_once_by_whatever_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    write(
        tmp_path,
        main='import "b/../c.iam"\nimport "./link.iam"\nimport "b"\nuser alice\n',
        c="alice can read bucket x\n",
    )
    (tmp_path / "b").mkdir()
    (tmp_path / "link.iam").symlink_to("c.iam")
    (tmp_path / "b" / "linked.iam").symlink_to("../c.iam")
    monkeypatch.chdir(tmp_path)
    status, out, err = run(["compile", "main.iam", "c.iam", str(tmp_path / "c.iam"), "./main.iam"], capsys)
    assert (status, err) == (0, "") and json.loads(out)["Statement"]


def test_standard_input_imports_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    write(tmp_path, shared__a='bucket x = "acme-x"\n', main="not read: standard input stands for it\n")
    monkeypatch.chdir(tmp_path)
    for arguments in (["-"], ["-", "--stdin-filename", "main.iam"]):
        program = b'import "shared/a.iam"\nuser alice\nalice can read bucket x\n'
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": __import__("io").BytesIO(program)}))
        assert main(["compile", *arguments]) == 0
        assert b"acme-x" in capsysbinary.readouterr().out


def test_imported_files_are_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    write(
        tmp_path,
        main='import "shared"\nuser alice\nalice uses reader(vision)\nalice can read bucket x\n',
        shared__a='bucket x = "acme-x"\n',
        shared__b="policy reader(team) {\n    can read bucket {team}\n}\n",
    )
    monkeypatch.chdir(tmp_path)
    assert run(["compile", "main.iam", "-o", "out"], capsys)[0] == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert manifest["program"] == ["../main.iam"]
    assert list(manifest["sources"]) == ["../main.iam", "../shared/a.iam", "../shared/b.iam"]
    (statement,) = manifest["documents"]["users/alice/policy.json"]["statements"]
    assert statement["sentences"] == ["../main.iam:4", "../shared/b.iam:2"]
    assert statement["instances"] == {"../shared/b.iam:2": ["reader(vision)"]}
    status, out, err = run(["explain", "out/users/alice/policy.json"], capsys)
    assert (status, err) == (0, "") and "b.iam:2\n       can read bucket {team}\n     for reader(vision)\n" in out
    write(tmp_path, shared__c="alice can list bucket y\n")
    assert run(["compile", "main.iam", "-o", "out", "--check"], capsys)[0] == 1, "one file more is the same program"
    Path("shared/b.iam").write_text("policy reader(team) {\n    can read table {team}/x\n}\n")
    status, out, err = run(["check", "main.iam"], capsys)
    assert status == 1 and "--> shared/b.iam:2:14" in out and "for reader(vision)" in out


def test_what_cannot_be_read_is_said_at_its_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    write(tmp_path, main='import "latin.iam"\nuser alice\nalice can read bucket x\n')
    (tmp_path / "latin.iam").write_bytes("user zoé\n".encode("latin-1"))
    monkeypatch.chdir(tmp_path)
    status, out, err = run(["compile", "main.iam"], capsys)
    assert (status, out) == (2, "") and "error[IAM102]" in err and "latin.iam:1:8" in err
    for name in ('""', '"/dev/null"', '"a\\\\b.iam"', '"https://example.com/a.iam"', '"main.iam/x"', '"x\\0.iam"'):
        write(tmp_path, main=f"import {name}\nuser alice\nalice can read bucket x\n")
        status, out, err = run(["compile", "main.iam"], capsys)
        assert (status, out) == (1, "") and "error[IAM220]" in err, name


def test_a_long_chain_of_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    for n in range(1500):
        (tmp_path / f"f{n}.iam").write_text(f'import "f{n + 1}.iam"\n')
    write(tmp_path, f1500="user alice\nalice can read bucket x\n")
    monkeypatch.chdir(tmp_path)
    assert run(["compile", "f0.iam"], capsys)[0] == 0
    write(tmp_path, f1500='import "f1499.iam"\nuser alice\nalice can read bucket x\n')
    status, out, err = run(["compile", "f0.iam"], capsys)
    assert (status, out) == (1, "") and "`f1499.iam` imports `f1500.iam` imports `f1499.iam`" in err


def test_format_follows_no_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    write(tmp_path, main='import   "missing.iam"\nfor x in [a,b,] { alice can read bucket {x} }\n')
    monkeypatch.chdir(tmp_path)
    assert run(["format", "main.iam"], capsys) == (0, "", "")
    assert Path("main.iam").read_text().startswith('import "missing.iam"\nfor x in [a, b')


# ---- the pass itself


def test_a_program_without_reuse_is_left_alone(tmp_path: Path) -> None:
    """It does not even load what would write it out."""
    program = "import sys; from iamdsl.cli import main; main(['check', 'a.iam']); print('iamdsl.compiler.expand' in sys.modules)"
    for text, loaded in ((HEAD, "False"), (HEAD + "for x in [a, b] { alice can list bucket {x} }\n", "True")):
        (tmp_path / "a.iam").write_text(text)
        run = [sys.executable, "-c", program]
        assert subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == f"{loaded}\n"


def test_what_does_not_change_is_shared() -> None:
    """The parts of a sentence without a name to fill in are the very same objects each time."""
    report = Report()
    text = "for x in [a, b] {\n    alice can read bucket {x} if mfa and aws:PrincipalTag/a = b\n}\n"
    written = expand(list(parse(Source("a.iam", text), report).lines), Params(), default(), report)
    assert written is not None
    one, other = [line.sentence for line in written[0]]
    assert one != other and one.phrases[0].qualifiers is other.phrases[0].qualifiers  # type: ignore[union-attr]


def test_a_finding_names_the_first_time_and_counts_the_others() -> None:
    _, report = compiled(HEAD + "for x in [a, b, c] {\n    {x} can read bucket reports\n}\n")
    assert [one.message for one in report if one.level == "error"] == [f"unknown subject `{x}`" for x in "abc"]
    _, report = compiled(
        HEAD + "for x in [a, b, c] {\n    alice can read table t/{x}/u\n    alice can raed bucket {x}\n}\n"
    )
    labels = [one.labels[-1].text for one in report if one.level == "error"]
    assert labels[-1] == "" and labels[:-1] == [f"for x = {x}" for x in "abc"]
    _, report = compiled(HEAD + "for x in [a, b, c] {\n    alice can read {x} reports\n}\n")
    assert [one.labels[-1].text for one in report] == ["for x = a, and 2 more"]


def test_no_fix_writes_over_a_name() -> None:
    """A fix for the text that a name stands for would replace the name."""
    _, report = compiled(HEAD + "for x in [eu-wset-2] {\n    alice can read table t in region {x}\n}\n")
    (found,) = report
    assert found.rule.code == "IAM208" and found.help == "did you mean `eu-west-2`?" and found.fix == ()


@pytest.mark.parametrize("sentence", ["for x in [a, b] { }", "policy p { }", "for x in [a] { for y in [b] { } }"])
def test_empty_blocks(sentence: str) -> None:
    _, report = compiled(HEAD + sentence + "\n")
    assert "IAM226" in {one.rule.code for one in report}


def test_the_limit_is_told_before_the_work_is_done() -> None:
    """Even a loop that would never end costs nothing."""
    digits = ", ".join("0123456789")
    text = "".join(f"for n{n} in [{digits}] {{\n" for n in range(40)) + "alice can list bucket data\n" + "}\n" * 40
    began = time.process_time()
    _, report = compiled(HEAD + text)
    assert "IAM230" in {one.rule.code for one in report} and time.process_time() - began < 5


def test_policies_multiply_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("iamdsl.compiler.expand"), "MAX_SENTENCES", 100)
    text = "policy p(x) {\n    for y in [a, b, c, d, e] { can read bucket {x}-{y} }\n}\n"
    _, report = compiled(HEAD + text + "".join(f"alice uses p(n{n})\n" for n in range(5)))
    assert not report.failed
    _, report = compiled(HEAD + text + "".join(f"alice uses p(n{n})\n" for n in range(50)))
    assert {one.rule.code for one in report if one.level == "error"} == {"IAM230"}


def test_environment_is_not_looked_at() -> None:
    """Parameters come from the program and from `--set` alone."""
    os.environ["env"] = "prod"
    _, report = compiled("param env\nuser alice\nalice can read bucket b-{env}\n")
    assert [one.rule.code for one in report] == ["IAM202"]
    del os.environ["env"]
