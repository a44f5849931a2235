"""The files under edit and the programs that they belong to. Text that is open in an editor goes before what is on disk."""

from __future__ import annotations

import os
import re

from iamdsl import read
from iamdsl.diagnostics import Report
from iamdsl.editor.pieces import File
from iamdsl.editor.program import Program, Settings
from iamdsl.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARKS = ("iamdsl.toml", "pyproject.toml")  # a folder with settings is one program
MAX_SEARCHED = 2000  # files in which importers are looked for
MAX_ENTRIES = 20_000  # of folders that are looked through for them
_PASSED = ("node_modules", "__pycache__", "venv", "target", "build", "dist")
_IMPORT = re.compile(r'^[ \t]*import[ \t]+"((?:[^"\\\n]|\\.)*)"', re.MULTILINE)


class Workspace:
    """Files by path. `settings` gives those of the project in a folder, None where it has none of its own."""

    def __init__(self, settings: Callable[[str], Settings | None] | None = None) -> None:
        self.folders: list[str] = []
        self.default = Settings()  # where no project says anything
        self.settings = settings or (lambda folder: None)
        self.typed: dict[str, File] = {}  # what is open, by path
        self._read: dict[str, tuple[tuple[int, int], File]] = {}  # what is not, with its time and size
        self._identities: dict[str, str] = {}  # of what is open
        self.programs: dict[tuple[str, ...], Program] = {}
        self._roots: dict[str, list[tuple[str, ...]]] = {}  # what programs begin with, by a file of theirs

    # ---- files

    def put(self, path: str, text: str) -> None:
        """`text` is what the file at `path` reads now, in the editor."""
        before = self.typed.get(path)
        if before is not None and before.text == text:
            return
        if before is None or _imports(before.text) != _imports(text):
            self._roots.clear()
        self.typed[path] = File(path, text, before)
        self._identities[read.identity(path)] = path

    def drop(self, path: str) -> None:
        """The file at `path` is as it is on disk."""
        self.typed.pop(path, None)
        self._identities.pop(read.identity(path), None)
        self._roots.clear()

    def changed(self) -> None:
        """Files on disk have changed."""
        self._roots.clear()

    def open(self, path: str, report: Report, place: Span | None) -> File | None:
        """The file at `path` as it is now; a finding and None where it cannot be read."""
        known = self._identities.get(read.identity(path))
        if known is not None:
            return self.typed[known]
        try:
            state = os.stat(path)
            stamp = (state.st_mtime_ns, state.st_size)
        except (OSError, ValueError):
            stamp = (0, 0)
        kept = self._read.get(path)
        if kept is not None and kept[0] == stamp and stamp != (0, 0):
            return kept[1]
        source = read.file(path, report, place)
        if source is None:
            self._read.pop(path, None)
            return None
        file = File(path, source.text, kept[1] if kept else None)
        self._read[path] = (stamp, file)
        return file

    # ---- programs

    def program(self, path: str) -> Program:
        """The program that the file at `path` belongs to; the first, if several import it."""
        return self.programs_of(path)[0]

    def programs_of(self, path: str) -> list[Program]:
        """Every program that the file at `path` is part of: where it imports nothing and nobody imports it, its own."""
        found: list[Program] = []
        for roots in self.roots(path):
            if roots not in self.programs:
                folder = os.path.dirname(roots[0])
                self.programs[roots] = Program(roots, self.open, self.project(folder)[1])
            found.append(self.programs[roots])
        return found

    def reconfigure(self) -> None:
        """Settings may be others now."""
        for roots, program in self.programs.items():
            program.settings = self.project(os.path.dirname(roots[0]))[1]

    def forget(self) -> list[Program]:
        """The programs of which no file is open any more, which are given up."""
        wanted = {roots for path in self.typed for roots in self.roots(path)}
        gone = [roots for roots in self.programs if roots not in wanted]
        return [self.programs.pop(roots) for roots in gone]

    def roots(self, path: str) -> list[tuple[str, ...]]:
        """The files that the programs with `path` begin with, for each program."""
        if path not in self._roots:
            self._roots[path] = self._begins(path)
        return self._roots[path]

    def _begins(self, path: str) -> list[tuple[str, ...]]:
        if not os.path.isabs(path):
            return [(path,)]  # it has never been saved
        folder, _ = self.project(os.path.dirname(path))
        if folder:
            inside = [one.replace(os.sep, "/") for one in read.inside(folder, Report())]
            opened = [one for one in self.typed if one not in inside and one.startswith(folder + "/")]
            return [tuple(dict.fromkeys((*inside, *opened, path)))]
        importing = self._importing(path)
        return [(one,) for one in importing] or [(path,)]

    def project(self, folder: str) -> tuple[str, Settings]:
        """The nearest folder upwards with settings, and these; "" where there is none."""
        while True:
            found = self.settings(folder) if any(os.path.isfile(os.path.join(folder, one)) for one in MARKS) else None
            if found is not None:
                return folder, found
            above = os.path.dirname(folder)
            if above == folder:
                return "", self.default
            folder = above

    def _importing(self, path: str) -> list[str]:
        """The files that nobody imports and that reach `path` by their imports."""
        imported: dict[str, set[str]] = {}
        for one, text in self._texts(path):
            for name in _imports(text):
                target = read.joined(os.path.dirname(one), name)
                for each in read.inside(target, Report()) if os.path.isdir(target) else (target,):
                    imported.setdefault(read.identity(each), set()).add(one)
        found: list[str] = []
        asked, seen = [path], {read.identity(path)}
        while asked:
            one = asked.pop()
            importers = imported.get(read.identity(one), set())
            if not importers and one != path:
                found.append(one)
            for other in sorted(importers):
                if read.identity(other) not in seen:
                    seen.add(read.identity(other))
                    asked.append(other)
        return found

    def _texts(self, path: str) -> Iterator[tuple[str, str]]:
        """The files that may import the one at `path`, with their texts: those beside it, and those of its workspace."""
        folder = next((one for one in self.folders if path.startswith(one.rstrip("/") + "/")), "")
        for one in dict.fromkeys([*_programs_in(os.path.dirname(path), 1), *(_programs_in(folder) if folder else ())]):
            known = self._identities.get(read.identity(one))
            source = read.file(one, Report()) if known is None else None
            if known is not None:
                yield known, self.typed[known].text
            elif source is not None:
                yield one, source.text


def _programs_in(folder: str, depth: int = 12) -> list[str]:
    """The program files in `folder` and below, as far as a bounded search finds them; no links are followed."""
    found: list[str] = []
    level, seen = [folder], 0
    for _ in range(depth):
        below: list[str] = []
        for each in level:
            try:
                entries = sorted(os.scandir(each), key=lambda entry: entry.name)
            except OSError:
                continue
            seen += len(entries)
            for entry in entries:
                if entry.name.endswith(read.SUFFIX) and entry.is_file():
                    found.append(entry.path.replace(os.sep, "/"))
                elif (
                    entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".") and entry.name not in _PASSED
                ):
                    below.append(entry.path)
            if len(found) >= MAX_SEARCHED or seen >= MAX_ENTRIES:
                return found[:MAX_SEARCHED]
        level = below
    return found


def _imports(text: str) -> list[str]:
    return _IMPORT.findall(text) if "import" in text else []
