"""The sentences behind each statement of a document that `compile` wrote, by its manifest."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap

from iamdsl import read, rules, target_rules
from iamdsl.commands import findings
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.emit.paths import MANIFEST
from iamdsl.source import Source, digest
from iamdsl.syntax import lex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WIDTH = 100


def explain(options: argparse.Namespace) -> int:
    """Print what is behind the document `options.subject`, or behind each that a manifest names."""
    report = Report()
    shown = _explained(options.subject, report)
    if not report.failed:
        sys.stdout.write(shown)
    findings.show(report, options, sys.stderr)
    return findings.status(report)


def _explained(path: str, report: Report) -> str:
    text = _text(path, report)
    found = _manifest(path, report) if not report.failed else None
    if found is None:
        return ""
    folder, manifest = found
    if target := manifest.get("target"):
        help = "`holds` of its manifest.json says which sentences are behind each of them"
        report.add(target_rules.TARGET_OUTPUT, None, help=help, path=path, target=target)
        return ""
    sentences = _Sentences(folder, manifest, report)
    parts = []
    for name, entry in manifest["documents"].items():
        place = os.path.join(folder, name)
        if os.path.basename(path) == MANIFEST:
            parts.append(_document(name, entry, _text(place, report), sentences, place, report))
        elif os.path.abspath(place) == os.path.abspath(path):
            parts.append(_document(name, entry, text, sentences, place, report))
    return "\n".join(parts)


def _text(path: str, report: Report) -> str:
    """The text of a file; a finding if it cannot be read, a folder included."""
    if os.path.isdir(path):
        report.add(rules.UNREADABLE, None, help="name a document in it", path=path, why="is a directory")
        return ""
    found = read.sources([path], "-", report)
    return found[0].text if found else ""


def _manifest(path: str, report: Report) -> tuple[str, dict[str, Any]] | None:
    """The nearest manifest beside or above the document that names it, and its folder."""
    place = os.path.abspath(path)
    folder = os.path.dirname(place)
    while True:
        manifest = _read(os.path.join(folder, MANIFEST))
        name = os.path.relpath(place, folder).replace(os.sep, "/")
        if manifest and (name == MANIFEST or name in manifest["documents"]):
            return os.path.relpath(folder), manifest
        above = os.path.dirname(folder)
        if above == folder:
            help = "a document that `iamdsl compile -o DIR` wrote is named by DIR/manifest.json"
            report.add(rules.NO_MANIFEST, None, help=help, path=path)
            return None
        folder = above


def _read(path: str) -> dict[str, Any] | None:
    """The manifest at `path`, None if there is none that this compiler wrote."""
    try:
        with open(path, encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
        for name, entry in found["documents"].items():
            where = [place for one in entry["statements"] for place in one["sentences"]]
            where += [
                said for one in entry["statements"] for times in one.get("instances", {}).values() for said in times
            ]
            if not isinstance(name, str) or not all(isinstance(place, str) for place in where):
                return None
        return found if isinstance(found["sources"], dict) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


class _Sentences:
    """The text of sentences by the place that a manifest gives them: `../platform.iam:12`."""

    def __init__(self, folder: str, manifest: dict[str, Any], report: Report) -> None:
        self.folder = folder
        self.digests = manifest["sources"]
        self.report = report
        self._starts: dict[str, dict[int, str]] = {}

    def at(self, where: str) -> tuple[str, str]:
        """The place as seen from here, and the text of the sentence there; a finding if its file is another by now."""
        path, _, line = where.rpartition(":")
        shown = path if path == "-" else os.path.relpath(os.path.join(self.folder, path)).replace(os.sep, "/")
        if shown not in self._starts:
            self._starts[shown] = {} if path == "-" else self._read(path, shown)
        text = self._starts[shown].get(int(line) if line.isdigit() else 0, "")
        return f"{shown}:{line}", text

    def _read(self, path: str, shown: str) -> dict[int, str]:
        (source,) = read.sources([shown], "-", self.report) or (None,)
        if source is None:
            return {}
        if digest(source.text.encode("utf-8", "surrogatepass")) != self.digests.get(path):
            help = "run `iamdsl compile` again"
            self.report.add(rules.CHANGED, None, help=help, path=shown)
            return {}
        return _sentences(source)


def _sentences(source: Source) -> dict[int, str]:
    """Line → the sentence, inner sentence or rest of one that goes on from the first word of the line."""
    found: dict[int, str] = {}
    tokens, _ = lex.scan(source, Report())
    for sentence in lex.cut(source, tokens, Report()):
        end = 0
        for token in reversed(sentence.tokens):
            if token.kind == lex.NEWLINE:
                end = token.end
            elif token.first:
                found[source.position(token.start)[0]] = source.text[token.start : end]
    return found


def _document(name: str, entry: dict[str, Any], text: str, sentences: _Sentences, place: str, report: Report) -> str:
    """The statements of a document, each with its sentences."""
    if report.failed:
        return ""
    try:
        statements = json.loads(text)["Statement"]
        if len(statements) != len(entry["statements"]):
            raise ValueError(name)
        parts = [
            _statement(number, statement, behind, sentences)
            for number, (statement, behind) in enumerate(zip(statements, entry["statements"]), 1)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        help = "run `iamdsl compile` again"
        report.add(rules.CHANGED, None, help=help, path=place)
        return ""
    return f"{name}\n" + "".join(parts)


def _statement(number: int, statement: dict[str, Any], behind: dict[str, Any], sentences: _Sentences) -> str:
    sid = f" ({statement['Sid']})" if "Sid" in statement else ""
    lines = [f"\n{number:3}. {statement['Effect']}{sid}"]
    for key, before in _ELEMENTS.items():
        if key in statement:
            lines += _wrapped(before + ", ".join(_values(statement[key])))
    for operator, tests in statement.get("Condition", {}).items():
        for key, value in tests.items():
            quoted = [json.dumps(one, ensure_ascii=False) for one in _values(value)]
            lines += _wrapped(f"if {operator} {key} {', '.join(quoted)}")
    said = ""
    for where in behind["sentences"]:
        place, text = sentences.at(where)
        lines += [f"     {place}", *(f"       {line.strip()}" for line in text.splitlines())]
        times = behind.get("instances", {}).get(where, ())
        lines += _wrapped(f"for {'; for '.join(times)}") if times else []
        said += text
    lines += [f"     because {reason}" for reason in behind.get("because", ()) if reason not in said]
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * 5,
        subsequent_indent=" " * 7,
        break_long_words=False,
        break_on_hyphens=False,
    )


_ELEMENTS = {
    "Principal": "for ",
    "NotPrincipal": "for all but ",
    "Action": "",
    "NotAction": "all but ",
    "Resource": "on ",
    "NotResource": "on all but ",
}


def _values(value: Any) -> list[str]:
    """The values of an element, which may be one, several, or several of several kinds."""
    if isinstance(value, dict):
        return [f"{kind} {one}" for kind, values in value.items() for one in _values(values)]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
