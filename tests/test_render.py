"""Rendering findings: goldens under cases/render, and laws over any text and any places in it.

A case is a folder: `case.json` says what was found, and every other file is what a format makes of it, named after the
format and its options (`text.txt`, `text-colour.txt`, `text-limit-2.txt`, `sarif.txt`). IAMDSL_UPDATE=1 rewrites those
that are there.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import iamdsl
from iamdsl.diagnostics import SEVERITIES, Diagnostic, Edit, Label, Report, Rule
from iamdsl.render import FORMATS, render, wants_colour
from iamdsl.render.text import WIDTH
from iamdsl.source import Source, Span

CASES = Path(__file__).parent / "cases" / "render"
GOLDENS = sorted(path for path in CASES.glob("*/*") if path.name != "case.json")


def read_case(folder: Path) -> Report:
    case = json.loads((folder / "case.json").read_text("utf-8"))
    report = Report()
    for path, text in case["sources"].items():
        report.sources[path] = Source(path, text if isinstance(text, str) else "".join(f"{line}\n" for line in text))

    def place(where: dict) -> tuple[str, int, int]:
        path = where.get("file") or next(iter(report.sources))
        if "start" in where:
            return path, where["start"], where["end"]
        at, text = -1, report.sources[path].text
        for _ in range(where.get("nth", 1)):
            at = text.index(where["find"], at + 1)
        return path, at, at + len(where["find"])

    for found in case["findings"]:
        rule = Rule(found["code"], found["slug"], found.get("severity", "error"), "")
        labels = tuple(Label(Span(*place(label)), label.get("text", "")) for label in found.get("labels", []))
        fix = tuple(Edit(place(edit), edit["by"]) for edit in found.get("fix", []))
        raised = found.get("raised", "")
        report.extend([Diagnostic(rule, found["message"], labels, found.get("help", ""), fix, raised)])
    return report


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iamdsl, "__version__", "0.0.0")
    format, *options = golden.stem.split("-")
    limit = int(options[-1]) if "limit" in options else None
    shown = render(read_case(golden.parent), format, colour="colour" in options, limit=limit)
    if os.environ.get("IAMDSL_UPDATE"):
        golden.write_bytes(shown.encode())
    assert shown == golden.read_bytes().decode()


def test_every_format_has_a_golden() -> None:
    assert {path.stem.split("-")[0] for path in GOLDENS} == set(FORMATS)


# Laws

ALPHABET = st.one_of(
    st.sampled_from("ab{ \n\t"),
    st.sampled_from(["\r", "\r\n", "\0", "\x1b", "\x7f", "\x85", "\u202e", "\u2028", "\xa0", "\ufeff", "\ud800"]),
    st.sampled_from(["e\u0301", "\u0301", "日", "\uff21", "👩‍👧", "한", "\u1112\u1161\u11ab", "…"]),
    st.characters(),
    st.sampled_from(["x" * 150, "日" * 80, "\t" * 40, "\u0301" * 150]),
)
TEXTS = st.lists(ALPHABET, max_size=40).map("".join)
PATHS = st.sampled_from(["ml.iam", "a b/ü.iam", "-", "/etc/x.iam", "C:\\y,z.iam", "\udcff\x1b.iam", "nowhere.iam"])


@st.composite
def reports(draw: st.DrawFn) -> Report:
    report = Report()
    for path in draw(st.lists(PATHS.filter(lambda path: path != "nowhere.iam"), max_size=3, unique=True)):
        report.sources[path] = Source(path, draw(TEXTS))
    spans = st.builds(
        Span, st.sampled_from([*report.sources, "nowhere.iam"]), st.integers(-1, 60), st.integers(-1, 400)
    )
    rules = st.builds(Rule, st.sampled_from(["IAM301", "IAM900"]), st.just("x-y"), st.sampled_from(SEVERITIES), TEXTS)
    edits = st.builds(lambda span, text: Edit((span.path, span.start, span.end), text), spans, TEXTS)
    labels = st.lists(st.builds(Label, spans, st.one_of(st.just(""), TEXTS)), max_size=5).map(tuple)
    fixes = st.lists(edits, max_size=2).map(tuple)
    findings = st.builds(
        Diagnostic, rules, TEXTS, labels, TEXTS, fixes, st.one_of(st.just(""), st.sampled_from(SEVERITIES))
    )
    report.extend(draw(st.lists(findings, max_size=5)))
    return report


@given(reports(), st.sampled_from(FORMATS))
def test_any_report_renders_as_clean_text(report: Report, format: str) -> None:
    shown = render(report, format)
    shown.encode("utf-8")
    assert shown == render(report, format)
    assert not shown or shown.endswith("\n")
    controls = [c for c in shown if unicodedata.category(c) in ("Cc", "Zl", "Zp") and c != "\n"]
    assert not controls or (format == "github" and set(controls) == {"\t"})
    assert bool(shown) == bool(len(report) or format in ("json", "sarif"))


@given(reports())
def test_programs_get_every_finding(report: Report) -> None:
    found = json.loads(render(report, "json"))
    assert [one["code"] for one in found] == [one.rule.code for one in report]
    assert [one["message"] for one in found] == [one.message for one in report]
    assert render(report, "concise").count("\n") == len(report)
    assert render(report, "github").count("\n") == len(report)


ANSI = re.compile("\x1b\\[[0-9;]*m")


@given(reports(), st.one_of(st.none(), st.integers(0, 4)))
def test_colour_adds_colour_alone(report: Report, limit: int | None) -> None:
    coloured = render(report, "text", colour=True, limit=limit)
    assert ANSI.sub("", coloured) == render(report, "text", limit=limit)
    assert len(report) == 0 or limit == 0 or coloured != ANSI.sub("", coloured)


@given(reports(), st.integers(0, 6))
def test_limit_counts_what_it_hides(report: Report, limit: int) -> None:
    lines = render(report, "text", limit=limit).splitlines()
    shown = [line for line in lines if re.match(r"(error|warning|suggestion|note)\[", line)]
    assert len(shown) == min(limit, len(report))
    hidden = len(report) - len(shown)
    assert (f"... and {hidden} more" in lines) == (hidden > 0)
    errors = sum(one.level == "error" for one in report)
    assert sum(line.startswith("error[") for line in shown) == min(limit, errors)


def columns(text: str) -> list[str]:
    """`text` by terminal column: a wide character fills two, a combining one stands on the one before."""
    cells: list[str] = []
    for character in text:
        if unicodedata.category(character) in ("Mn", "Me") or 0x1160 <= ord(character) <= 0x11FF:
            if cells:
                cells[-1] += character
            continue
        cells.append(character)
        if unicodedata.east_asian_width(character) in "WF":
            cells.append("")
    return cells


def plainly(text: str) -> str:
    """What is shown for `text`, said a second time."""

    def one(character: str) -> str:
        if character == "\t":
            return "    "
        if ord(character) < 32 or ord(character) == 127:
            return "␡" if ord(character) == 127 else chr(0x2400 + ord(character))
        return character if character.isprintable() else "\\u{%x}" % ord(character)

    return "".join(map(one, text))


@given(TEXTS, TEXTS, TEXTS)
def test_carets_stand_under_their_text(before: str, marked: str, after: str) -> None:
    assume(marked and not {"\n", "\r"} & {*marked, *(before[-1:] + after[:1]).replace("\n", "")})
    assume(not unicodedata.category(marked[0]).startswith("M") and not "\u1160" <= marked[0] <= "\u11ff")
    assume(not after or after[0].isascii())
    report = Report()
    report.sources["f"] = Source("f", before + marked + after)
    report.add(Rule("IAM1", "x", "error", "m"), Span("f", len(before), len(before + marked)))
    _, place, _, source, carets, *_ = render(report, "text").split("\n")
    assert place.strip() == f"--> f:{before.count(chr(10)) + 1}:{len(before) - (before.rfind(chr(10)) + 1) + 1}"
    bar = source.index("|") + 2
    cells = columns(source[bar:])
    assert len(cells) <= WIDTH
    row = carets[bar:].rstrip()
    over = "".join(cells[len(row) - len(row.lstrip()) : len(row)])
    assert set(row.strip()) == {"^"}
    shown = plainly(marked)
    if "…" not in source:
        assert over == shown or over.rstrip() == shown.rstrip()
    elif "…" not in shown:
        assert over.endswith("…") or over.rstrip() == shown.rstrip()
        assert shown.startswith(over.rstrip("…").rstrip())


@given(TEXTS, st.integers(0, 400), st.integers(0, 400))
def test_json_says_where(text: str, start: int, end: int) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    report = Report()
    report.sources["f"] = Source("f", text)
    report.add(Rule("IAM1", "x", "error", "m"), Span("f", start, end))
    [found] = json.loads(render(report, "json"))
    lines = text.split("\n")
    for name, offset in (("start", start), ("end", end)):
        line, column = found[name]["line"], found[name]["column"]
        assert sum(len(one) + 1 for one in lines[: line - 1]) + column - 1 == offset
        assert column - 1 <= len(lines[line - 1])


def unescape(text: str) -> str:
    return text.replace("%3A", ":").replace("%2C", ",").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")


@given(st.text("ab:,% \r\n"), st.text("c:,%/", min_size=1))
def test_github_escapes_what_its_runner_unescapes(message: str, path: str) -> None:
    report = Report()
    report.add(Rule("IAM1", "x", "warning", message), Span(path, 0, 0))
    line = render(report, "github").removesuffix("\n")
    assert not {"\r", "\n"} & {*line}
    command, _, data = line.removeprefix("::").partition("::")
    kind, _, properties = command.partition(" ")
    values = {name: unescape(value) for name, value in (one.split("=", 1) for one in properties.split(","))}
    assert (kind, values) == ("warning", {"file": path, "title": "IAM1 x"})
    assert re.sub("%(25|0D|0A)", lambda match: chr(int(match[1], 16)), data) == message


# SARIF


def fingerprints(report: Report) -> list[str]:
    log = json.loads(render(report, "sarif"))
    return [result["partialFingerprints"]["iamdsl/v1"] for result in log["runs"][0]["results"]]


@given(TEXTS, TEXTS, st.lists(st.integers(0, 60), max_size=4))
def test_fingerprints_survive_lines_added_above(text: str, above: str, offsets: list[int]) -> None:
    def prints(added: str) -> list[str]:
        report = Report()
        report.sources["f"] = Source("f", added + text)
        for offset in offsets:
            at = len(added) + min(offset, len(text))
            report.add(Rule("IAM1", "x", "error", "m"), Span("f", at, at))
        return fingerprints(report)

    assert prints("") == prints(above + "\n")
    assert len(set(prints(""))) == len(prints(""))


REGION = {"startLine": int, "startColumn": int, "endLine": int, "endColumn": int}
ARTIFACT = {"uri": str}
PHYSICAL = {"artifactLocation": ARTIFACT, "region?": REGION}
LOCATION = {"physicalLocation": PHYSICAL, "message?": {"text": str}}
REPLACEMENT = {"deletedRegion": REGION, "insertedContent": {"text": str}}
LOG = {
    "$schema": str,
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "iamdsl",
                    "version": str,
                    "rules": [
                        {
                            "id": str,
                            "name": str,
                            "shortDescription": {"text": str},
                            "defaultConfiguration": {"level": {"error", "warning", "note"}},
                        }
                    ],
                }
            },
            "columnKind": "unicodeCodePoints",
            "results": [
                {
                    "ruleId": str,
                    "ruleIndex": int,
                    "level": {"error", "warning", "note"},
                    "message": {"text": str},
                    "locations?": [LOCATION],
                    "relatedLocations?": [{"id": int, **LOCATION}],
                    "partialFingerprints": {"iamdsl/v1": str},
                    "fixes?": [{"artifactChanges": [{"artifactLocation": ARTIFACT, "replacements": [REPLACEMENT]}]}],
                }
            ],
        }
    ],
}


def conforms(value: object, shape: object) -> None:
    """`value` is of `shape`: no property but those named there, and all of those without a `?`."""
    if isinstance(shape, dict):
        assert isinstance(value, dict)
        needed = {name for name in shape if not name.endswith("?")}
        assert needed <= value.keys() <= {name.rstrip("?") for name in shape}
        for name, part in shape.items():
            if name.rstrip("?") in value:
                conforms(value[name.rstrip("?")], part)
    elif isinstance(shape, list):
        assert isinstance(value, list)
        for one in value:
            conforms(one, shape[0])
    elif isinstance(shape, type):
        assert type(value) is shape
    else:
        assert value in shape if isinstance(shape, set) else value == shape


@given(reports())
def test_sarif_has_the_shape_of_sarif(report: Report) -> None:
    log = json.loads(render(report, "sarif"))
    conforms(log, LOG)
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == len(report)
    for result, found in zip(run["results"], report):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == found.rule.code
        assert len(result.get("locations", []) + result.get("relatedLocations", [])) == len(found.labels)
        for location in result.get("locations", []):
            region = location["physicalLocation"].get("region", {"startLine": 1, "endLine": 1, "startColumn": 1})
            assert region["startLine"] >= 1 and region["startColumn"] >= 1 and region["endLine"] >= region["startLine"]
            assert re.fullmatch(r"[\x21-\x7e]*", location["physicalLocation"]["artifactLocation"]["uri"])


@settings(deadline=None, max_examples=50)
@given(reports())
def test_sarif_fits_the_schema(report: Report) -> None:
    """pydantic-sarif is OASIS's schema as types that refuse what it does not have."""
    model = pytest.importorskip("pydantic_sarif.model")
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(json.loads(render(report, "sarif")))


# Colour, formats, start-up


@pytest.mark.parametrize(
    ("terminal", "environ", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm"}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_wants_colour(terminal: bool, environ: dict[str, str], wanted: bool) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    assert wants_colour(Stream(), environ) is wanted
    assert wants_colour(None, {}) is False


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown output format 'xml'"):
        render(Report(), "xml")


def test_a_very_long_line_is_no_burden() -> None:
    text = "x" * 2_000_000
    report = Report()
    report.sources["f"] = Source("f", text)
    for offset in range(0, len(text), 4000):
        report.add(Rule("IAM1", "x", "error", "m"), Span("f", offset, offset + 3000))
    assert max(map(len, render(report, "text").splitlines())) < WIDTH + 10


def test_start_up_imports_nothing_heavy() -> None:
    program = "import sys; before = {*sys.modules}; import iamdsl.render.text; print(*{*sys.modules} - before)"
    root = Path(iamdsl.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    heavy = {"typing", "json", "dataclasses", "inspect", "unicodedata", "hashlib", "urllib.parse", "re"}
    assert not heavy & set(run.stdout.split())
