"""The house: who may import whom, and how large a room may get."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for path in (ROOT / "iamdsl").rglob("*.py") if "__pycache__" not in path.parts)
BASE = ("record", "source", "diagnostics", "rules")

# room → rooms it may import, besides itself
ALLOWED = {
    "record": (),
    "source": ("record",),
    "diagnostics": ("record", "source"),
    "rules": ("diagnostics",),
    "syntax": BASE,
    "catalog": BASE,
    "policy": BASE,
    "access": BASE,
    "render": (*BASE, ""),
    "read": BASE,
    "compiler": (*BASE, "syntax", "catalog", "policy", "access"),
    "emit": (*BASE, "policy", "access", "compiler"),
    "commands": (*BASE, "syntax", "catalog", "policy", "compiler", "emit", "render", "read", ""),
    "cli": ("commands", ""),
    "__main__": ("cli",),
    "": (),
}
LONG = {"access/condition.py": 700}  # one normal form, which reads worse when torn apart


def room(path: Path) -> str:
    parts = path.relative_to(ROOT / "iamdsl").with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imported(path: Path) -> list[tuple[str, int]]:
    """The rooms that a file imports, with the line."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "iamdsl":
            parts = (node.module or "").split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("iamdsl.")]
        found += [("" if name.startswith("__version") else name, node.lineno) for name in names]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    here = room(path)
    for name, line in imported(path):
        assert name == here or name in ALLOWED[here], f"{path.name}:{line}: {here} may not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    limit = LONG.get(path.relative_to(ROOT / "iamdsl").as_posix(), 400)
    assert text.count("\n") <= limit
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 65, f"{path.name}:{node.lineno} {node.name} is long"


def test_local_imports_say_why() -> None:
    for path in FILES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("    ") and line.strip().startswith(("from ", "import ")) and " import " in f" {line} ":
                inside = path.read_text(encoding="utf-8").splitlines()[:number]
                typing = any(text.startswith("if TYPE_CHECKING") for text in inside)
                assert "# local" in line or typing or "try:" in inside[-2], f"{path.name}:{number}: say why it is local"
