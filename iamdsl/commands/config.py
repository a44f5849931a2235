"""The settings of a project, read and checked; project.py says where they are found."""

from __future__ import annotations

import os
import re
from hashlib import sha256

from iamdsl import cache, rules
from iamdsl.commands import options as shared
from iamdsl.diagnostics import Label, Report
from iamdsl.render import render
from iamdsl.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TextIO

LEVELS = ("error", "warning", "suggestion", "note", "off")


def read(
    path: str, table: tuple[str, ...], output_format: str | None, stream: TextIO
) -> tuple[dict[str, Any], bool] | None:
    """The settings in `table` of the file at `path`, by name, and whether all are right; None if it has no such table.

    What is wrong is left out and printed to `stream`.
    """
    report = Report()
    found = _Settings(report, table).read(path)
    if report.failed:
        stream.write(render(report, output_format or "text"))
    return None if found is None else ({**found, "settings": _shown(path)}, not report.failed)


def _dated(value: Any) -> bool:
    """Whether dates or times are in it, which JSON does not have."""
    if isinstance(value, dict):
        return any([_dated(one) for one in value.values()])
    if isinstance(value, list):
        return any([_dated(one) for one in value])
    return not isinstance(value, (str, int, float))


class _Settings:
    def __init__(self, report: Report, table: tuple[str, ...]) -> None:
        self.report = report
        self.table = table
        self.source = Source("", "")

    def read(self, path: str) -> dict[str, Any] | None:
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as fault:
            self.report.add(rules.UNREADABLE, None, path=_shown(path), why=(fault.strerror or str(fault)).lower())
            return {}
        if self.table and self.table[-1].encode() not in data:
            return None  # most projects have a `pyproject.toml`, and few of them settings for us
        found = self._parsed(_shown(path), data)
        for name in self.table if not self.report.failed else ():
            if not isinstance(found, dict) or name not in found:
                return None
            found = found[name]
        return self._checked(found, os.path.dirname(path))

    def _parsed(self, path: str, data: bytes) -> Any:
        self.source = self.report.sources[path] = Source(path, data.decode("utf-8", "replace"))
        folder = cache.folder()
        kept = os.path.join(folder, "settings", sha256(data).hexdigest()[:40] + ".json") if folder else ""
        known = cache.load(kept)
        if known is not None:
            return known
        import tomllib  # local: with what it imports 20 ms, and settings are seldom new

        try:
            found = tomllib.loads(data.decode("utf-8"))
            if kept and not _dated(found):
                cache.keep(kept, found)
            return found
        except UnicodeDecodeError as fault:
            start = len(data[: fault.start].decode("utf-8", "replace"))
            place = Span(path, start, start + 1)
            self.report.add(rules.NOT_UTF8, place, help="save the file as UTF-8", byte=data[fault.start])
        except tomllib.TOMLDecodeError as fault:
            why, _, where = str(fault).partition(" (at ")
            self.report.add(rules.NOT_TOML, self._position(where), why=why[:1].lower() + why[1:])
        except RecursionError:
            self.report.add(rules.NOT_TOML, Span(path, 0, 0), why="it is nested too deeply")
        return {}

    def _position(self, where: str) -> Span:
        """The place in `line 3, column 5)`, the end of the text for anything else."""
        numbers = re.findall(r"\d+", where)
        end = len(self.source.text)
        start = min(self.source.starts[int(numbers[0]) - 1] + int(numbers[1]) - 1, end) if len(numbers) == 2 else end
        return Span(self.source.path, start, min(start + 1, end))

    def _checked(self, values: Any, folder: str) -> dict[str, Any]:
        if not isinstance(values, dict):
            self._wrong((), "a table")
            return {}
        found: dict[str, Any] = {}
        for name, value in values.items():
            if name not in _CHECKS:
                self._unknown((name,), "setting", _CHECKS)
                continue
            before = self.report.errors
            checked = _CHECKS[name](self, name, value)
            if self.report.errors == before:
                found[name] = checked
        if "output" in found:
            found["output"] = os.path.relpath(os.path.join(folder, found["output"]))
        return found

    # ---- kinds of values

    def flag(self, name: str, value: Any) -> Any:
        if not isinstance(value, bool):
            self._wrong((name,), "`true` or `false`")
        return value

    def path(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or not value or "\0" in value:
            self._wrong((name,), "the name of a folder")
        return value

    def patterns(self, name: str, value: Any) -> Any:
        if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
            self._wrong((name,), 'patterns of files and folders, such as `["teams/*"]`')
            return ()
        return tuple(value)

    def quotas(self, name: str, value: Any) -> tuple[tuple[str, int], ...]:
        if not isinstance(value, dict):
            self._wrong((name,), "a table of limits by kind of document, such as `{trust = 4096}`")
            return ()
        from iamdsl import catalog  # local: not for `explain` and `--help`

        known = [
            kind
            for kind, quota in catalog.default().quotas().items()
            if quota.unit != "count" or kind.startswith("attached-")
        ]
        for kind, limit in value.items():
            if kind not in known:
                self._unknown((name, kind), "kind of document", known)
            elif not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
                self._wrong((name, kind), "a number of characters")
        return tuple(sorted(value.items()))

    def levels(self, name: str, value: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            self._wrong((name,), 'a table of levels by rule, such as `{IAM317 = "off"}`')
            return {}
        found: dict[str, str] = {}
        from iamdsl.rulebook import NAMED  # local: few projects set the levels of rules

        for key, level in value.items():
            rule = NAMED.get(key)
            if rule is None:
                self._unknown((name, key), "rule", NAMED)
            elif level not in LEVELS:
                self._wrong((name, key), " or ".join(f'`"{one}"`' for one in LEVELS))
            elif rule.severity == "error" and level != "error":
                self.report.add(rules.FIXED_LEVEL, self._place((name, key)), code=rule.code, slug=rule.slug)
            elif rule.code in found:
                self.report.add(rules.DUPLICATE_SETTING, self._place((name, key)), kind=f"the level of {rule.code}")
            else:
                found[rule.code] = level
        return found

    # ---- findings

    def _unknown(self, keys: tuple[str, ...], kind: str, known: Iterable[str]) -> None:
        from difflib import get_close_matches  # local: only where something is wrong

        names = list(known)
        close = get_close_matches(keys[-1], names, 1, 0.6)
        help = f"did you mean `{close[0]}`?" if close else "known: " + ", ".join(names) if len(names) < 40 else ""
        self.report.add(rules.UNKNOWN_SETTING, self._place(keys), help=help, kind=kind, name=keys[-1])

    def _wrong(self, keys: tuple[str, ...], what: str) -> None:
        self.report.add(rules.BAD_SETTING, self._place(keys), name=".".join(keys or self.table), what=what)

    def _place(self, keys: tuple[str, ...]) -> tuple[Label, ...]:
        """Where the setting `keys` is written. The reader of TOML keeps no places, so the text is searched for them."""
        wanted = (*self.table, *keys)
        header: tuple[str, ...] = ()
        best, depth = Span(self.source.path, 0, 0), 0
        for match in re.finditer(r"^[ \t]*(?:\[+([^\]\n]+)\]+|([\w.\-\"': ]+?)[ \t]*=(.*))", self.source.text, re.M):
            group = 1 if match[1] is not None else 2
            parts = tuple(part.strip().strip("\"'") for part in match[group].split("."))
            path = parts if group == 1 else (*header, *parts)
            header = path if group == 1 else header
            if path == wanted[: len(path)] and len(path) > depth:
                best, depth = Span(self.source.path, *match.span(group)), len(path)
                inner = match[3].find(wanted[-1]) if group == 2 and len(path) < len(wanted) else -1
                if inner >= 0:
                    start = match.start(3) + inner
                    best, depth = Span(self.source.path, start, start + len(wanted[-1])), len(wanted)
        return (Label(best),)


def _choice(values: tuple[str, ...]) -> Callable[[_Settings, str, Any], Any]:
    def check(settings: _Settings, name: str, value: Any) -> Any:
        if value not in values:
            settings._wrong((name,), " or ".join(f'`"{one}"`' for one in values))
        return value

    return check


def _shown(path: str) -> str:
    """A path as short as it can be said from here."""
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        near = path
    return min(near, path, key=len).replace(os.sep, "/")


_CHECKS: dict[str, Callable[[_Settings, str, Any], Any]] = {
    "strict": _Settings.flag,
    "sids": _Settings.flag,
    "output-format": _choice(shared.FORMATS),
    "target": _choice(shared.TARGETS),
    "minimize": _choice(shared.MODES),
    "output": _Settings.path,
    "programs": _Settings.patterns,
    "quotas": _Settings.quotas,
    "rules": _Settings.levels,
}
