"""Claims: rows of programs with what their claims come to, and the law that what a program says can be claimed.

`cases/claims.json`: `program`, and for each claim its verdict and, where it is refuted, who can or cannot do what.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.render import render
from iamdsl.source import Source
from iamdsl.syntax import ast
from iamdsl.syntax.parse import parse
from iamdsl.syntax.print import print_sentence

ROOT = Path(__file__).resolve().parent
ROWS = json.loads((ROOT / "cases" / "claims.json").read_text(encoding="utf-8"))
INPUTS = sorted((ROOT / "cases" / "compile").glob("*/input.iam"))
TOGETHER = {"outside-only-twice"}  # several `only` sentences of one thing admit all whom they name


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    report = Report()
    text = row["program"] + "\n" + "\n".join(f"assert {claim}" for claim, *_ in row["claims"]) + "\n"
    found = compile_program((Source("p.iam", text),), default(), {}, report)
    assert len(found.claims) == len(row["claims"]), render(report, "text")
    for claim, (said, verdict, *witness) in zip(found.claims, row["claims"], strict=True):
        assert claim.verdict == verdict, (said, render(report, "text"))
        if witness:
            assert claim.request is not None
            assert [claim.caller, "can" if claim.allowed else "cannot", claim.request.action] == witness, said
    assert report.failed == any(claim.verdict != "proved" for claim in found.claims)


def said(text: str) -> list[str]:
    """The sentences of a program that have to hold as claims: all that deny, and, where nothing does, those that grant
    something to somebody of a name."""
    found = []
    nodes = [line.sentence for line in parse(Source("p.iam", text), Report()).lines]
    grants = [node for node in nodes if isinstance(node, ast.Grant) and node.subjects]
    denied = any([_denies(node) for node in grants])
    for node in grants:
        assert node.subjects
        kinds = {subject.kind for subject in node.subjects.items}
        outside = kinds & {"public", "service", "organization", "everyone", "account"}
        if _denies(node) or (not denied and not outside):
            found.append("assert " + print_sentence(node))
    return found


def _denies(node: ast.Grant) -> bool:
    assert node.subjects
    special = node.subjects.only or any(one.kind in ("nobody",) for one in node.subjects.items)
    return special or (not node.allows and not any(one.kind.startswith("anyone") for one in node.subjects.items))


@pytest.mark.parametrize("path", INPUTS, ids=[path.parent.name for path in INPUTS])
def test_what_is_said_can_be_claimed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    claimed = said(text)
    report = Report()
    given = re.findall(
        r"--set (\w+)=(\S+)",
        " ".join((path.parent / "args.txt").read_text().split()) if (path.parent / "args.txt").exists() else "",
    )
    whole = Source(str(path), text + "\n" + "\n".join(claimed) + "\n")
    program = compile_program((whole,), default(), dict(given), report)
    if claimed and path.parent.name not in TOGETHER:
        assert [claim.verdict for claim in program.claims] == ["proved"] * len(claimed), render(report, "text")
