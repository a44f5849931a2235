"""What an editor shows, as pure functions of a program under edit; and that edits end where a fresh start would."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamdsl import catalog
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Diagnostic, Report
from iamdsl.editor.program import Program
from iamdsl.editor.workspace import Workspace
from iamdsl.source import Source

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
