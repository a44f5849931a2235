"""Findings for programs: one line each, JSON, SARIF and GitHub workflow commands. None leaves a finding out."""

from __future__ import annotations

from iamdsl.diagnostics import Diagnostic, Report, Rule
from iamdsl.render.glyphs import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LEVELS = {"error": "error", "warning": "warning"}


def _region(report: Report, path: str, start: int, end: int) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Line and column of both ends of a range (half-open, from 1, in code points); None if the text is not known."""
    source = report.sources.get(path)
    if source is None:
        return None
    start = min(max(start, 0), len(source.text))
    end = min(max(end, start), len(source.text))
    return source.position(start), source.position(end)


def _place(report: Report, found: Diagnostic) -> tuple[tuple[int, int], tuple[int, int]] | None:
    span = found.span
    return _region(report, span.path, span.start, span.end) if span else None


def render_concise(report: Report) -> str:
    """`file:line:column: error[IAM301] message`, as compilers have always said it."""
    lines = []
    for found in report:
        where = _place(report, found)
        file = f"{harmless(found.span.path)}:" if found.span else ""
        position = f"{where[0][0]}:{where[0][1]}:" if where else ""
        before = f"{file}{position} " if file else ""
        lines.append(f"{before}{found.level}[{found.rule.code}] {harmless(found.message)}\n")
    return "".join(lines)


def render_json(report: Report) -> str:
    """One array of findings; what a finding has not is null."""
    return _dump([_json_finding(report, found) for found in report])


def _json_finding(report: Report, found: Diagnostic) -> dict[str, Any]:
    where = _place(report, found)
    return {
        "code": found.rule.code,
        "slug": found.rule.slug,
        "severity": found.level,
        "message": found.message,
        "file": found.span.path if found.span else None,
        "start": _json_position(where[0]) if where else None,
        "end": _json_position(where[1]) if where else None,
        "help": found.help or None,
        "pointer": found.pointer,
        "aws_code": found.rule.aws_code or None,
        "fix": _json_fix(report, found),
    }


def _json_position(position: tuple[int, int]) -> dict[str, int]:
    return {"line": position[0], "column": position[1]}


def _json_fix(report: Report, found: Diagnostic) -> dict[str, Any] | None:
    edits = []
    for edit in found.fix:
        where = _region(report, *edit.place)
        if where is None:
            return None  # half a fix is no fix
        start, end = map(_json_position, where)
        edits.append({"file": edit.place[0], "start": start, "end": end, "text": edit.text})
    return {"edits": edits} if edits else None


def _dump(value: object) -> str:
    import json  # local: not every form is JSON

    return json.dumps(value, indent=2) + "\n"  # ASCII only: no control character, and no lone surrogate, gets through


def render_github(report: Report) -> str:
    """Workflow commands, which GitHub Actions turns into annotations.

    Source: docs.github.com, "Workflow commands for GitHub Actions"; escapes as in actions/toolkit's `command.ts`.
    """
    return "".join(_github_command(report, found) for found in report)


def _github_command(report: Report, found: Diagnostic) -> str:
    properties: dict[str, object] = {}
    if found.span:
        properties["file"] = found.span.path
    where = _place(report, found)
    if where:
        (line, column), (end_line, end_column) = where
        if end_column == 1 and end_line > line:  # with its line end: the next line has no part in it
            end_line -= 1
            end_column = len(report.sources[str(properties["file"])].line(end_line)) + 1
        properties["line"] = line
        if line == end_line:  # the runner drops both columns when the lines differ
            properties["col"] = column
        properties["endLine"] = end_line
        if line == end_line:
            properties["endColumn"] = end_column
    properties["title"] = f"{found.rule.code} {found.rule.slug}"
    listed = ",".join(f"{name}={_github_escape(str(value), property=True)}" for name, value in properties.items())
    message = found.message + (f"\nhelp: {found.help}" if found.help else "")
    return f"::{LEVELS.get(found.level, 'notice')} {listed}::{_github_escape(message)}\n"


def _github_escape(text: str, property: bool = False) -> str:
    text = harmless(text, keep="\t\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text


def render_sarif(report: Report) -> str:
    """A log in SARIF 2.1.0 (OASIS, docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    from iamdsl import __version__  # local: for one form alone

    codes = sorted({found.rule.code: found.rule for found in report}.items())
    index = {code: number for number, (code, _) in enumerate(codes)}
    rules = [
        {
            "id": code,
            "name": rule.slug,
            "shortDescription": {"text": rule.slug.replace("-", " ")},
            "defaultConfiguration": {"level": LEVELS.get(rule.severity, "note")},
            **_sarif_properties(rule),
        }
        for code, rule in codes
    ]
    seen: dict[tuple[str, ...], int] = {}
    run = {
        "tool": {"driver": {"name": "iamdsl", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(report, found, index[found.rule.code], seen) for found in report],
    }
    return _dump({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _sarif_properties(rule: Rule) -> dict[str, Any]:
    """What AWS calls the rule, as SARIF's properties and tags."""
    if not rule.aws_code:
        return {}
    tags = ["security"] if rule.category == "SECURITY_WARNING" else []
    return {"properties": {"awsIssueCode": rule.aws_code, "awsFindingType": rule.category, "tags": tags}}


def _sarif_result(report: Report, found: Diagnostic, rule: int, seen: dict[tuple[str, ...], int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.rule.code,
        "ruleIndex": rule,
        "level": LEVELS.get(found.level, "note"),
        "message": {"text": found.message + (f"\n{found.help}" if found.help else "")},
    }
    locations: list[dict[str, Any]] = []
    for label in found.labels:
        span = label.span
        location: dict[str, Any] = {"physicalLocation": _sarif_physical(report, span.path, span.start, span.end)}
        if found.pointer is not None and not locations:
            location["logicalLocations"] = [{"fullyQualifiedName": found.pointer}]
        if label.text:
            location["message"] = {"text": label.text}
        locations.append(location)
    if locations:
        result["locations"] = locations[:1]
    if locations[1:]:
        result["relatedLocations"] = [{"id": number, **other} for number, other in enumerate(locations[1:], 1)]
    result["partialFingerprints"] = {"iamdsl/v1": _fingerprint(report, found, seen)}
    fix = _sarif_fix(report, found)
    if fix:
        result["fixes"] = [fix]
    return result


def _sarif_physical(report: Report, path: str, start: int, end: int) -> dict[str, Any]:
    where = _region(report, path, start, end)
    artifact = {"artifactLocation": {"uri": _uri(path)}}
    return {**artifact, "region": _sarif_region(where)} if where else artifact


def _sarif_region(where: tuple[tuple[int, int], tuple[int, int]]) -> dict[str, int]:
    (line, column), (end_line, end_column) = where
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _sarif_fix(report: Report, found: Diagnostic) -> dict[str, Any] | None:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in found.fix:
        where = _region(report, *edit.place)
        if where is None:
            return None
        change = {"deletedRegion": _sarif_region(where), "insertedContent": {"text": edit.text}}
        changes.setdefault(_uri(edit.place[0]), []).append(change)
    if not changes:
        return None
    listed = [{"artifactLocation": {"uri": uri}, "replacements": edits} for uri, edits in changes.items()]
    return {"artifactChanges": listed}


def _uri(path: str) -> str:
    from urllib.parse import quote  # local: for paths in one form alone

    try:
        name = path.encode("utf-8", "surrogateescape")  # the bytes of a file name that is not UTF-8
    except UnicodeEncodeError:
        name = path.encode("utf-8", "surrogatepass")
    return ("file://" if path.startswith("/") else "") + quote(name)


def _fingerprint(report: Report, found: Diagnostic, seen: dict[tuple[str, ...], int]) -> str:
    """A hash of what the finding says and the line it says it of, not of where that line now stands.

    Equal findings about equal lines of one file are numbered, by `seen`.
    """
    from hashlib import sha256  # local: for one form alone

    where = _place(report, found)
    line = report.sources[found.span.path].line(where[0][0]).strip() if found.span and where else ""
    key = (found.rule.code, found.message, found.span.path if found.span else "", line)
    seen[key] = seen.get(key, 0) + 1
    return sha256(ascii((*key, seen[key])).encode()).hexdigest()[:32]
