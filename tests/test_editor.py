"""What an editor shows, as pure functions of a program under edit; and that edits end where a fresh start would."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from iamdsl import catalog
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Diagnostic, Edit, Report
from iamdsl.editor import clauses
from iamdsl.editor.actions import actions
from iamdsl.editor.completion import complete
from iamdsl.editor.folding import selection
from iamdsl.editor.formatting import format_file
from iamdsl.editor.hints import hints
from iamdsl.editor.hover import hover
from iamdsl.editor.mentions import mentions
from iamdsl.editor.preview import preview
from iamdsl.editor.program import NotYet, Program
from iamdsl.editor.references import definitions, rename
from iamdsl.editor.tokens import tokens
from iamdsl.editor.workspace import Workspace
from iamdsl.pause import Interrupted, listen
from iamdsl.record import replace
from iamdsl.source import Source
from iamdsl.syntax import lex
from iamdsl.syntax.format import format as laid_out
from iamdsl.syntax.parse import parse

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").rglob("*.iam"))
CASES = sorted((ROOT / "tests" / "cases").glob("*/*/*.iam")) + sorted(
    (ROOT / "tests" / "cases" / "errors").rglob("*.iam")
)

BASE = """# where
account prod = 111122223333
account data = 444455556666
region eu-west-1
param env = dev

user alice, bob
group people = alice, bob
role training for service sagemaker
bucket datasets = "acme-{env}" in account data
key ml = arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab

## what they do
people can read bucket datasets with mfa
training can {
    read bucket datasets/a/*
    write table x, y
} in region eu-west-1

# iam: allow covered because it says so
alice can read bucket datasets with mfa
only training can delete bucket b
nobody can delete bucket b unless mfa
bob cannot read bucket "naïve/😀/*"
for team in [vision, speech] {
    bob can read bucket data-{team}
}
policy reader(team) {
    can list bucket r-{team}
}
alice uses reader(vision)
boundary small { can read any bucket }
verb polish on bucket {
    s3:PutObjectTagging on objects
}
bob can polish bucket datasets
"""


def opened(path: str, text: str) -> Program:
    workspace = Workspace()
    workspace.put(path, text)
    program = workspace.program(path)
    program.update()
    return program


def shown(found: list[Diagnostic]) -> list[tuple[object, ...]]:
    """Findings without the order of those at one place."""
    return sorted(
        (one.span.start if one.span else 0, one.span.end if one.span else 0, one.rule.code, one.message, one.help)
        + (tuple((label.span.path, label.span.start, label.span.end, label.text) for label in one.labels[1:]),)
        + (tuple((edit.place, edit.text) for edit in one.fix),)
        for one in found
    )


def compiled(path: str, text: str) -> Report:
    report = Report()
    compile_program((Source(path, text),), catalog.default(), {}, report)
    return report


def all_of(program: Program) -> list[Diagnostic]:
    return [one for findings in program.findings.values() for one in findings]


PROGRAMS = [path for path in EXAMPLES if b"import" not in path.read_bytes() and b" can " in path.read_bytes()]


def alone(path: Path) -> bool:
    """Whether the program is this file, without claims, which are proved beside."""
    text = path.read_bytes()
    return not any(word in text for word in (b"import", b"assert", b' from "', b"inventory"))


@pytest.mark.parametrize("path", filter(alone, EXAMPLES + CASES), ids=lambda path: str(path.relative_to(ROOT)))
def test_findings_are_those_of_the_compiler(path: Path) -> None:
    """Where no error stops the compiler, the same; where one does, at least the same, so far as it came."""
    text = path.read_bytes().decode("utf-8-sig", "replace")
    report = compiled("untitled:x.iam", text)
    found = shown(all_of(opened("untitled:x.iam", text)))
    wanted = shown(list(report))
    if report.failed:
        assert set(wanted) <= set(found)
    else:
        assert found == wanted


PIECES = (
    "\n", "\r\n", " ", "    ", "\t", "{", "}", "(", ")", "[", "]", ",", '"', "#", "# iam: allow covered because y\n",
    "alice can read bucket x\n", "user carol\n", "role r for user bob\n", "account q = 999999999999\n",
    "bucket datasets\n", "with mfa", " can ", "cannot", "{env}", "bob", "é", "😀", "any bucket", "*", "\nregion us-east-1\n",
    "nobody can read bucket datasets\n", "verb shine on bucket { read }\n", "for x in [a, b] {\n", "}\n", "\u2028", "\r",
)  # fmt: skip


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[float, int, str]]:
    """Places (as a part of the text), how much goes there, and what comes."""
    return draw(
        st.lists(
            st.tuples(st.floats(0, 1), st.sampled_from((0, 0, 0, 1, 2, 10, 60)), st.sampled_from(("", *PIECES))),
            min_size=1,
            max_size=8,
        )
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits())
def test_edits_end_where_a_fresh_start_does(changes: list[tuple[float, int, str]]) -> None:
    workspace, text, path = Workspace(), BASE, "untitled:a.iam"
    workspace.put(path, text)
    program = workspace.program(path)
    program.update()
    for part, gone, comes in changes:
        at = int(part * len(text))
        text = text[:at] + comes + text[at + gone :]
        workspace.put(path, text)
        program.update()
    fresh = opened(path, text)
    assert shown(all_of(program)) == shown(all_of(fresh))
    assert [one.proof for one in program.compiled.outputs] == [one.proof for one in fresh.compiled.outputs]
    report = compiled(path, text)
    assert set(shown(list(report))) <= set(shown(all_of(program)))


# sentences of a program, each with what it may become: all kinds of declarations, and what reads them
DECLARED = (
    ("account prod = 111122223333", "account prod = 999999999999", "account produce = 111122223333", ""),
    ("account data = 444455556666", "account data = 444455556667", "account data = 444455556666 external", ""),
    ("account partner = 777788889999 external", "account partner = 777788889990 external", ""),
    ("region eu-west-1", "region eu-central-1", "region eu-wst-1", ""),
    ("param env = dev", "param env = prod", 'param env = "*"', ""),
    ("param team = vision", "param team = {env}", "param teem = vision"),
    ("organization us = o-a1b2c3d4e5", "organization us = o-a1b2c3d4e6", ""),
    ("user alice, bob", "user alice, bob, carol", "user alice", "user bob, alice", ""),
    ("group people = alice, bob", "group people = alice", "group people", ""),
    ("role training for service sagemaker", "role training for user alice", "role training for service ec2 lasting 2h"),
    ("role other for role training", "role other for account partner", "role other for role other", ""),
    ('bucket datasets = "acme-{env}" in account data', 'bucket datasets = "acme"', 'bucket dataset = "acme-{env}"', ""),
    ("queue jobs in region us-east-1", "queue jobs", "queue jobs in account partner", ""),
    ("key ml = arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "key ml = x", ""),
    ("use unknown action s3:GetMagic", "use unknown action s3:GetObject", ""),
    ("verb polish on bucket { s3:PutObjectTagging on objects }", "verb polish on bucket { s3:GetObject on objects }",
     "verb polish on table { dynamodb:GetItem on tables }", "verb shine on bucket { s3:PutObjectTagging on objects }"),
    ("verb wax on bucket {\n    polish\n    s3:GetObject on objects if principal tag team = {team}\n}",
     "verb wax on bucket { polish }", ""),
    ("boundary small { can read any bucket }", "boundary tiny { can polish any bucket }", ""),
    ("user dave within boundary small", "user dave", 'user dave with path "/x/"'),
    ("policy reader(t) { can list bucket r-{t} }", "policy reader(t) { can read bucket r-{t} }",
     "policy reader(t, x) { can list bucket r-{t}-{x} }", ""),
    ("policy common { can read queue jobs }", "policy common { can polish bucket datasets }", ""),
    ("alice uses reader(vision), common", "alice uses common", "bob uses reader({env})"),
    ("bob can receive queue plain", "bob can receive queue plain in account data", "bob can receive queue job"),
    ("log group runs = /acme/runs", "log group runs = /acme/others", "log group run = /acme/runs", ""),
    ("alice can query log group runs", "bob can query log group run"),
    ("alice can wax bucket one", "bob can wax bucket one"),
    ("bob can wax bucket two", "bob can wax bucket datasets"),
    ("people can polish bucket datasets with mfa", "people can wax bucket datasets with mfa"),
    ("training can read bucket datasets/{team}/*", "training can read bucket dataset", "training can read queue jobs"),
    ("only training can delete bucket datasets", "nobody can delete bucket datasets unless account prod"),
    ("organization us can read bucket b", "bob cannot read bucket b unless from organization us", ""),
    ("account partner can read bucket b", "bob can read bucket b from account partner", ""),
    ("every role can s3:GetMagic bucket acme-dev", "every user can receive queue job", "training can assume role other"),
    ("for x in [a, {env}] {\n    alice can read bucket data-{x}\n}", "for x in [b] { bob can wax bucket {x} }", ""),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(DECLARED) - 1), st.integers(0, 3)), min_size=1, max_size=12))
def test_what_reads_a_declaration_follows_it(changes: list[tuple[int, int]]) -> None:
    """After each edit of what others read, all is as after a fresh start."""
    workspace, path = Workspace(), "untitled:a.iam"
    lines = [each[0] for each in DECLARED]
    workspace.put(path, "\n".join(lines))
    program = workspace.program(path)
    program.update()
    for number, choice in changes:
        lines[number] = DECLARED[number][choice % len(DECLARED[number])]
        workspace.put(path, "\n".join(lines))
        program.update()
        fresh = opened(path, "\n".join(lines))
        assert shown(all_of(program)) == shown(all_of(fresh))
        assert made(program) == made(fresh)


def made(program: Program) -> tuple[object, ...]:
    """All that a program comes to."""
    found = program.compiled
    outputs = [(one.owner, one.kind, one.lowered.document, one.proof, one.size, one.part) for one in found.outputs]
    return outputs, found.groups, found.holders, found.accounts, found.attached, found.stated


class Turns:
    """At the pause number `at`, `then` is done."""

    def __init__(self, at: int, then: Callable[[], None]) -> None:
        self.left, self.then = at, then

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.then()


def give_up() -> None:
    raise Interrupted


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits(), st.lists(st.tuples(st.integers(1, 120), st.booleans()), min_size=8, max_size=8))
@example([(0.4375, 0, "alice can read bucket x\n")], [(1, False)])  # a word that two readers take for another thing
def test_a_compile_that_is_given_up_leaves_no_trace(
    changes: list[tuple[float, int, str]], turns: list[tuple[int, bool]]
) -> None:
    """Wherever it is: what was compiled stays until something else is, whole, and in the end all is as after a fresh start.

    One that goes on although the text has changed says what still stands, where that is now.
    """
    workspace, text, path = Workspace(), BASE, "untitled:a.iam"
    workspace.put(path, text)
    program = workspace.program(path)

    def change(part: float, gone: int, comes: str) -> None:
        nonlocal text
        at = int(part * len(text))
        text = text[:at] + comes + text[at + gone :]
        workspace.put(path, text)
        if program.known:
            program.refresh(workspace.typed[path])

    for edit, (at, ends) in zip(changes, turns, strict=False):
        before, found = program.compilation, all_of(program)
        listen(Turns(at, give_up if ends else lambda edit=edit: change(*edit)))  # type: ignore[misc]
        try:
            program.update()
            program.replace()
            assert all(0 <= one.span.start <= one.span.end <= len(text) for one in all_of(program) if one.span)
            assert all(one.span.path == path for one in all_of(program) if one.span)
        except Interrupted:
            assert program.compilation is before and all_of(program) == found
        finally:
            listen(None)
        if program.known:
            with pytest.raises(NotYet) if program.outdated else nullcontext():
                actions(program, path, 0, len(text))
            tokens(program, path)
            complete(program, path, len(text) // 2)
        change(*edit)
    program.update()
    fresh = opened(path, text)
    assert shown(all_of(program)) == shown(all_of(fresh))
    assert preview(program, path) == preview(fresh, path)


def test_what_is_done_before_a_compile_is_given_up_is_not_done_again() -> None:
    """So a client that types on and on does not keep a program from being compiled."""
    workspace, path = Workspace(), "untitled:a.iam"
    roles = "".join(f"role r{n} for service ec2\nr{n} can read bucket b{n} and write table t{n}\n" for n in range(30))
    workspace.put(path, f"account p = 111122223333\nregion eu-west-1\n{roles}")
    program, given_up = workspace.program(path), 0
    while program.compilation is None:
        listen(Turns(25, give_up))
        try:
            program.update()
        except Interrupted:
            given_up += 1
        finally:
            listen(None)
    assert 5 < given_up < 60


def count(module: str, name: str, counts: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the calls of a function, or of a method of `module.Class`, counted under its name."""
    where, _, kind = module.partition(":")
    holder = importlib.import_module(where)
    holder = getattr(holder, kind) if kind else holder
    original = getattr(holder, name)

    def counting(*given: object, **named: object) -> object:
        counts[name] += 1
        return original(*given, **named)

    monkeypatch.setattr(holder, name, counting)


def test_an_edit_costs_what_its_sentence_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred principals, one sentence is read anew, and what it is part of is made, reviewed and proved anew."""
    roles = "".join(f"role r{n} for service ec2\n" for n in range(100))
    said = "".join(f"r{n} can read bucket b{n} and write table t{n}\n" for n in range(100))
    workspace, path, text = Workspace(), "untitled:a.iam", f"account p = 111122223333\nregion eu-west-1\n{roles}{said}"
    workspace.put(path, text)
    program = workspace.program(path)
    program.update()
    counts: Counter[str] = Counter()
    for name in ("minimized", "documents", "review"):
        count("iamdsl.compiler", name, counts, monkeypatch)
    count("iamdsl.compiler.trust", "_trust", counts, monkeypatch)
    count("iamdsl.editor.pieces", "parse_sentence", counts, monkeypatch)
    count("iamdsl.compiler.resolve:_Resolver", "resolved", counts, monkeypatch)
    workspace.put(path, text.replace("r50 can read", "r50 can list"))
    program.update()
    assert counts.pop("parse_sentence") <= 4
    assert counts == {"resolved": 1, "minimized": 1, "documents": 1, "review": 1}


@pytest.mark.parametrize(
    "before, after, sentences, roles",
    [
        ("s3:GetObject on objects", "s3:GetObject, s3:GetObjectTagging on objects", 10, 0),
        ("account partner = 444455556666", "account partner = 444455556667", 5, 1),
        ("param env = dev", "param env = prod", 4, 0),
        ("queue jobs = ours", "queue jobs = theirs", 3, 0),
        ("role r7 for service ec2", "role r7 for service glue", 1, 1),
        ("organization us = o-a1b2c3d4e5", "organization us = o-a1b2c3d4e6", 2, 1),
    ],
)
def test_an_edit_of_a_declaration_costs_what_reads_it(
    before: str, after: str, sentences: int, roles: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """account p = 111122223333
account partner = 444455556666 external
organization us = o-a1b2c3d4e5
region eu-west-1
param env = dev
queue jobs = ours
verb fetch on bucket { s3:GetObject on objects }
role visitor for account partner for organization us
"""
    text += "".join(f"role r{n} for service ec2\nr{n} can read table t{n}\n" for n in range(100))
    text += "".join(f"r{n} can fetch bucket b{n}\n" for n in range(10, 20))
    text += "".join(f"account partner can read bucket c{n}\n" for n in range(5))
    text += "".join(f"r{n} can read bucket d{n}-{{env}}\n" for n in range(20, 24))
    text += "".join(f"r{n} can receive queue jobs\n" for n in range(30, 33))
    text += "".join(f"organization us can read bucket e{n}\n" for n in range(2))
    workspace, path = Workspace(), "untitled:a.iam"
    workspace.put(path, text)
    program = workspace.program(path)
    program.update()
    counts: Counter[str] = Counter()
    count("iamdsl.compiler.resolve:_Resolver", "resolved", counts, monkeypatch)
    count("iamdsl.compiler.trust", "_of_role", counts, monkeypatch)
    assert before in text
    workspace.put(path, text.replace(before, after))
    program.update()
    assert counts == Counter(resolved=sentences, _of_role=roles)


def test_an_inventory_that_is_another_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is the same costs no sentence anything."""
    listed, path = tmp_path / "there.json", str(tmp_path / "main.iam")
    listed.write_text('["arn:aws:s3:::one", "arn:aws:s3:::two"]')
    text = f'account p = 111122223333\nregion eu-west-1\ninventory "{listed}"\nuser alice\nbucket three\n'
    text += "".join(f"alice can read bucket {name}\n" for name in ("one", "two", "three"))
    workspace = Workspace()
    workspace.put(path, text)
    program = workspace.program(path)
    program.update()
    before = [one.message for one in all_of(program)]
    resolver, counts = importlib.import_module("iamdsl.compiler.resolve")._Resolver, Counter[str]()
    original = resolver.resolved

    def counting(self: object, line: object) -> object:
        counts["resolved"] += 1
        return original(self, line)

    monkeypatch.setattr(resolver, "resolved", counting)
    workspace.put(path, text.replace("read bucket one", "list bucket one"))
    program.update()
    assert counts["resolved"] == 1
    listed.write_text('["arn:aws:s3:::one", "arn:aws:s3:::three"]')
    workspace.changed()
    program.update()
    assert counts["resolved"] == 4
    after = [one.message for one in all_of(program)]
    assert any("three" in one for one in before) and not any("three" in one for one in after)


# ---- what single features promise


def test_completion_behind_a_fault_inside_a_block() -> None:
    text = "role training for service sagemaker\ntraining can {\n    read bucket d nobody can "
    for end in range(len(text)):
        complete(opened("untitled:a.iam", text), "untitled:a.iam", end + 1)


def applied(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, key=lambda one: one.place, reverse=True):
        text = text[: edit.place[1]] + edit.text + text[edit.place[2] :]
    return text


def words(program: Program, path: str) -> Iterator[tuple[int, str, str]]:
    """Each word of a file that is no name of the author's own making: its offset, its text, and what it names."""
    file = program.file(path)
    assert file is not None
    for piece in file.pieces:
        names = {one.span.start: one for one in mentions(piece, program.library)}
        inside = [one.span for one in names.values()]
        for token in piece.tokens:
            name = names.get(token.start)
            within = any(span.start < token.start < span.end for span in inside)
            if token.kind == lex.WORD and not within and not (name and (name.declares or name.kind == "value")):
                yield piece.base + token.start, name.text if name and name.kind == "noun" else token.text, ""


OFFERED_OTHERWISE = {
    "objects",
    "token.actions.githubusercontent.com:job_workflow_ref",
}  # a plural, a name with a blank in it


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_word_of_the_examples_is_offered_where_it_stands(path: Path) -> None:
    name = "untitled:x.iam"
    program = opened(name, path.read_text(encoding="utf-8"))
    missing = []
    for offset, text, _ in words(program, name):
        for typed in (0, 2):
            found = complete(program, name, offset + min(typed, len(text) - 1))
            labels = [one.label.strip('"') for one in found.items] if found else []
            if any(text == one or one.startswith(f"{text} ") or (one and text.startswith(one)) for one in labels):
                break
        else:
            missing.append(text)
    assert set(missing) <= OFFERED_OTHERWISE


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_place_of_the_examples_is_answered(path: Path) -> None:
    name, text = "untitled:x.iam", path.read_text(encoding="utf-8")
    program = opened(name, text)
    for offset in range(0, len(text), 7):
        complete(program, name, offset)
        hover(program, name, offset)
        definitions(program, name, offset)
        spans = selection(program, name, offset)
        assert all(b.start <= a.start and a.end <= b.end for a, b in zip(spans, spans[1:]))
    found = tokens(program, name)
    assert all(a[1] <= b[0] for a, b in zip(found, found[1:])) and len(found) > 5
    lines = preview(program, name).text.splitlines()
    for link in preview(program, name).links:
        assert lines[link.first].strip() == "{" and lines[link.last].strip(" ,") == "}"
        assert text[link.source.start : link.source.end].strip()
    assert applied(text, format_file(program.files[name])) == laid_out(Source(name, text), Report())
    assert [one.label for one in hints(program, name, 0, len(text))]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_renaming_changes_nothing_but_the_name(path: Path) -> None:
    """Every declared name in turn: the program with another in its place compiles to as many documents of the same sizes."""
    name, text = "untitled:x.iam", path.read_text(encoding="utf-8")
    program = opened(name, text)
    before = [(one.kind, len(one.lowered.document.statements), one.proof) for one in program.compiled.outputs]
    declared = [
        piece.base + one.span.start
        for piece in program.files[name].pieces
        for one in mentions(piece, program.library)
        if one.declares and "{" not in one.text
    ]
    for offset in declared[::3]:
        renamed = applied(text, rename(program, name, offset, "zz-other"))
        assert renamed != text
        again = opened(name, renamed)
        assert not [one for one in all_of(again) if one.level == "error"]
        after = [(one.kind, len(one.lowered.document.statements), one.proof) for one in again.compiled.outputs]
        assert sorted(after) == sorted(before)


ERRORS = sorted((ROOT / "tests" / "cases" / "errors").rglob("*.iam"))


@pytest.mark.parametrize("path", filter(alone, ERRORS), ids=lambda path: path.parent.name + "/" + path.stem)
def test_a_fix_mends_what_it_is_of(path: Path) -> None:
    name, text = "untitled:x.iam", path.read_bytes().decode("utf-8-sig", "replace")
    program = opened(name, text)
    for one in actions(program, name, 0, len(text)):
        if one.finding is not None and one.preferred:
            again = shown(all_of(opened(name, applied(text, list(one.edits)))))
            gone = (one.finding.rule.code, one.finding.message)
            assert gone not in [(found[2], found[3]) for found in again]


def changes_to(text: str) -> list[str]:
    """What the actions at a place of `text` that `^` marks would put there."""
    at = text.index("^")
    program = opened("untitled:a.iam", text.replace("^", ""))
    found = actions(program, "untitled:a.iam", at, at)
    return [one.edits[0].text for one in found if one.title.startswith(("Change", "Insert"))]


@pytest.mark.parametrize("word", ("cant", "canno", "cann", "cannt", "canot", "cannott", "can'", "mustnt"))
def test_no_fix_turns_a_denial_into_a_grant(word: str) -> None:
    for sentence in (
        f"alice ^{word} read bucket b",
        f"assert alice ^{word} read bucket b",
        f"only alice ^{word} read bucket b",
    ):
        assert "can" not in changes_to(f"user alice\n{sentence}\n")


def test_of_two_verbs_that_are_as_likely_none_is_guessed() -> None:
    assert changes_to("key k\nuser alice\nalice can ^ecrypt key k\n") == []
    assert changes_to("key k\nuser alice\nalice can ^encrpt key k\n") == ["encrypt"]


def test_a_name_that_is_close_is_a_choice_and_no_fix() -> None:
    text = "account p = 111122223333\nuser alice\n^alcie can read bucket b\n"
    assert changes_to(text) == ["alice"]
    program = opened("untitled:a.iam", text.replace("^", ""))
    assert not [one for one in all_of(program) if one.fix]


def test_actions_become_a_verb_of_the_same_meaning() -> None:
    name = "untitled:x.iam"
    text = "account p = 111122223333\nuser a\na can s3:GetObject, s3:ListBucket, s3:DeleteObject bucket b with mfa\n"
    program = opened(name, text)
    (one,) = [one for one in actions(program, name, text.index("s3:"), text.index("s3:")) if "verb" in one.title]
    again = opened(name, applied(text, list(one.edits)))
    assert all_of(again) == []
    assert [o.lowered.document for o in again.compiled.outputs] == [
        o.lowered.document for o in program.compiled.outputs
    ]


def test_accepting_a_finding_takes_it_away() -> None:
    name = "untitled:x.iam"
    text = "account p = 111122223333\nuser a\na can read bucket b\na can read bucket b\n"
    program = opened(name, text)
    (found,) = all_of(program)
    place = found.labels[0].span.start
    (one,) = [one for one in actions(program, name, place, place) if one.title.startswith("Accept")]
    accepted = applied(text, [replace(edit, text=edit.text.replace("...", "x")) for edit in one.edits])
    assert all_of(opened(name, accepted)) == []


def test_every_form_of_a_clause_is_one() -> None:
    """The forms that are shown while one writes parse, with their blanks filled in."""
    blanks = {"EXPRESSION": "mfa", '"REASON"': '"x"', "SENTENCE": "user b", "ID": "111122223333", "DATE": "2030-01-01"}
    for form in (*clauses.CLAUSES, *clauses.FACTS, *clauses.DECLARATIONS):
        text = form.form.replace(", ...", "")
        for blank, filled in blanks.items():
            text = text.replace(blank, filled)
        text = re.sub(r"\b[A-Z][A-Z]+\b", "x", text).replace("ORG", "x")
        before = "" if form in clauses.DECLARATIONS else "a can read bucket b "
        if form in clauses.FACTS:
            before = "permission set r " if "-name" in form.form else "role r for user a "
            before = "bucket b = c " if "encrypted" in form.form else before
        report = Report()
        parse(Source("x", f"{before}{text}\n"), report)
        assert not report.failed, (form.form, [one.message for one in report])
