"""What a project says about its programs, for the server; the command line reads the same."""

from __future__ import annotations

import io
import os

from iamdsl.commands import config
from iamdsl.commands.project import FILES
from iamdsl.editor.program import Settings


class Projects:
    """Settings by folder, read anew when their file changes. `values` are those of parameters, which the editor gives."""

    def __init__(self) -> None:
        self.values: tuple[tuple[str, str], ...] = ()
        self.wrong: dict[str, str] = {}  # what is wrong with the settings, by their path
        self._known: dict[str, tuple[int, Settings | None]] = {}

    def settings(self, folder: str) -> Settings | None:
        """The settings that are kept in `folder`; None where none are."""
        for name, table in FILES:
            path = os.path.join(folder, name)
            try:
                stamp = os.stat(path).st_mtime_ns
            except OSError:
                continue
            if path not in self._known or self._known[path][0] != stamp:
                self._known[path] = (stamp, self._read(path, table))
            if self._known[path][1] is not None:
                return self._known[path][1]
        return None

    def _read(self, path: str, table: tuple[str, ...]) -> Settings | None:
        said = io.StringIO()
        found = config.read(path, table, "concise", said)
        self.wrong.pop(path, None)
        if said.getvalue():
            self.wrong[path] = said.getvalue()
        if found is None:
            return None
        values, _ = found
        levels = tuple(sorted(values.get("rules", {}).items()))
        target = values.get("target", "json")
        return Settings(self.values, levels, values.get("quotas", ()), bool(values.get("strict", False)), target)
