"""Real programs with faults put in: each compiles to something or to findings, and with an error to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.render import render
from iamdsl.source import Source
from iamdsl.syntax.format import format

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = [
    path.read_text(encoding="utf-8")
    for path in sorted([*(ROOT / "examples").glob("*/*.iam"), *(ROOT / "tests/cases/compile").glob("*/input.iam")])
]
PIECES = [
    *'(){}[],="#\n\t:*?/$\0',
    " can ",
    " cannot ",
    " if ",
    " unless ",
    " and ",
    " except ",
    "any ",
    "{x}",
    "${aws:x}",
    "é",
]


@st.composite
def mutants(draw: Any) -> str:
    """A program of which up to four stretches are taken out, doubled or replaced."""
    text: str = draw(st.sampled_from(PROGRAMS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        kept = draw(st.sampled_from(["", text[start:end] * 2, *PIECES]))
        text = text[:start] + kept + text[end:]
    return text


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutants())
def test_a_mutant_compiles_or_is_reported(text: str) -> None:
    report = Report()
    compilation = compile_program((Source("p.iam", text),), default(), {}, report)
    assert bool(compilation.outputs) != report.failed, render(report, "text")
    for output in compilation.outputs:
        assert output.lowered.document.statements and all(output.lowered.origins)
    for kind in ("text", "json", "sarif"):
        render(report, kind)
    found = Report()
    laid = format(Source("p.iam", text), found)
    assert found.failed or format(Source("p.iam", laid), Report()) == laid


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300).map(lambda data: data.decode("utf-8", "replace")))
def test_random_text_never_grants(text: str) -> None:
    report = Report()
    compilation = compile_program((Source("p.iam", text),), default(), {}, report)
    assert report.failed and not compilation.outputs
