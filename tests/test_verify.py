"""Translation validation: every document is proved, and no wrong one leaves the compiler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iamdsl.access.alphabet import PLAIN
from iamdsl import catalog, cli, compiler, read
from iamdsl.access.minimize import Minimal
from iamdsl.access.model import TRUE, Access, Grant
from iamdsl.compiler import lower, operators
from iamdsl.compiler.verify import Mismatch, Verifier
from iamdsl.diagnostics import Report
from iamdsl.policy.model import Document, Statement
from iamdsl.record import replace
from iamdsl.source import Source

ROOT = Path(__file__).resolve().parent
PROGRAMS = sorted([*ROOT.glob("cases/compile/*/input.iam"), *ROOT.parent.glob("examples/*/*.iam")])
PROGRAM = """account home = 111122223333
region eu-west-1
user alice
bucket reports = "acme-reports"
alice can read bucket reports/2024/* if mfa or not s3:max-keys > 5
alice can write bucket reports, bucket logs-* from ip 203.0.113.0/24
alice cannot delete bucket reports unless mfa
"""


def compiled(text: str) -> compiler.Compilation:
    report = Report()
    found = compiler.compile_program((Source("p.iam", text),), catalog.default(), {}, report)
    assert not report.failed, [str(one) for one in report]
    return found


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.parent.name)
def test_every_document_is_proved(path: Path) -> None:
    report = Report()
    sources = read.sources([str(path)], "-", report)
    found = compiler.compile_program(sources, catalog.default(), {}, report)
    assert {one.proof for one in found.outputs} <= {"equal", "kept"}  # kept: in a file, and not made of sentences
    assert "from " in sources[0].text or all(one.proof == "equal" for one in found.outputs)


def without_if_exists(entries: Callable[..., list[object]]) -> Callable[..., list[object]]:
    def broken(literal: object) -> list[object]:
        return [replace(one, operator=one.operator.removesuffix("IfExists")) for one in entries(literal)]  # type: ignore[attr-defined]

    return broken


def first_statement_changed(change: Callable[[Statement], Statement]) -> Callable[..., object]:
    whole = lower.stated

    def broken(grant: Grant, block: object) -> Statement:
        return change(whole(grant, block))  # type: ignore[arg-type]

    return broken


BUGS: dict[str, tuple[object, str, object]] = {
    "an operator without IfExists": (operators, "_entries", without_if_exists(operators._entries)),
    "a wider resource": (
        lower,
        "stated",
        first_statement_changed(lambda one: replace(one, resource=tuple([f"{text}*" for text in one.resource or ()]))),
    ),
    "a wider action": (
        lower,
        "stated",
        first_statement_changed(lambda one: replace(one, action=tuple([f"{text}*" for text in one.action or ()]))),
    ),
    "a condition lost": (lower, "stated", first_statement_changed(lambda one: replace(one, condition=()))),
    "an effect turned": (
        lower,
        "stated",
        first_statement_changed(lambda one: replace(one, effect="Deny" if one.effect == "Allow" else "Allow")),
    ),
    "a grant lost": (compiler, "minimize", lambda grants, formats, price: Minimal(grants[:-1], 0)),
    "conditions swapped": (
        compiler,
        "minimize",
        lambda grants, formats, price: Minimal(
            tuple([replace(one, condition=grants[0].condition) for one in grants]), 0
        ),
    ),
}


@pytest.fixture(autouse=True)
def forget() -> Iterator[Callable[[], None]]:
    """Caches of what was lowered before a bug was put in, or with it, are of no use to other tests."""

    def clear() -> None:
        for module in (operators, lower):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()

    yield clear
    clear()


@pytest.mark.parametrize("bug", BUGS)
def test_a_wrong_document_is_found(bug: str, monkeypatch: pytest.MonkeyPatch, forget: Callable[[], None]) -> None:
    compiled(PROGRAM)
    where, name, broken = BUGS[bug]
    monkeypatch.setattr(where, name, broken)
    forget()
    with pytest.raises(Mismatch) as found:
        compiled(PROGRAM)
    assert found.value.request is not None


def test_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.iam").write_text(PROGRAM)
    out = tmp_path / "out"
    assert cli.main(["compile", str(tmp_path / "p.iam"), "-o", str(out)]) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    entry = json.loads((out / "manifest.json").read_text())["documents"]
    assert {one["proof"] for one in entry.values()} == {"equal"}
    where, name, broken = BUGS["a condition lost"]
    monkeypatch.setattr(where, name, broken)
    (tmp_path / "p.iam").write_text(PROGRAM + "alice can list bucket other\n")
    capsys.readouterr()
    assert cli.main(["compile", str(tmp_path / "p.iam"), "-o", str(out)]) == 3
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    message = capsys.readouterr().err
    assert "the policy of user `alice` allows what its sentences do not" in message
    assert "action='s3:" in message


def formats(action: str) -> tuple[str, ...] | None:
    return (f"arn:*:s3:::{PLAIN}",) if action.lower() == "s3:listbucket" else None


def verified(resources: tuple[str, ...], emitted: tuple[str, ...], action: str = "s3:ListBucket") -> str:
    grant = Grant(True, (action,), resources, TRUE, ())
    access = Access(compiler.Owner("user", "alice", ""), "identity", (grant,))
    return Verifier(formats).verify(
        access, Document("managed", (Statement("Allow", (action,), resource=emitted),)), True, "it"
    )


def test_pairs_that_are_never_asked_for() -> None:
    one = "arn:aws:s3:::b"
    assert verified((one,), (one, f"{one}/*")) == "equal"
    with pytest.raises(Mismatch):
        verified((one,), (one, f"{one}/*"), "s3:GetObject")
    with pytest.raises(Mismatch):
        verified((one,), (one, "arn:aws:s3:::c"))


def test_both_readings_of_a_star() -> None:
    """`a:*` lies in `a*` only if a star crosses colons; the pair is equal under one reading and not under the other."""
    wide, narrow = "arn:aws:sns:eu-west-1:111122223333:a*", "arn:aws:sns:eu-west-1:111122223333:a:*"
    with pytest.raises(Mismatch):
        verified((wide,), (wide, narrow), "sns:Subscribe")
    assert verified((wide,), (wide, f"{wide[:-1]}b*"), "sns:Subscribe") == "equal"
