"""`compare` beside a solver: cvc5 decides the same questions by an encoding of their own."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import solver
from test_diff import MANAGED, mutants, needs_shared, parts, policies

from iamdsl.compiler.diff import Facts, diff

cvc5 = pytest.importorskip("cvc5.pythonic")
SMALL = [path for path in MANAGED if path.stat().st_size < 3000][::4]


@needs_shared
@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_agrees(path: Path) -> None:
    document = json.loads(path.read_text())
    chance = random.Random(path.stem)
    for kind, other in {"parts": parts(document, chance), **mutants(document, chance)}.items():
        try:
            theirs = solver.ask(cvc5, document, other)
        except solver.Unread:
            continue
        verdict = diff(policies(document), policies(other), Facts()).verdict
        ours = ["sat" if one else "unsat" for one in (verdict.new, verdict.lost)]
        assert verdict.relation != "unknown"
        assert all(one in (two, "unknown") for one, two in zip(theirs, ours)), (kind, theirs, ours)
