"""The house: who may import whom, and how large a room may get."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for path in (ROOT / "iamdsl").rglob("*.py") if "__pycache__" not in path.parts)
BASE = (
    "record",
    "cache",
    "pause",
    "source",
    "diagnostics",
    "rules",
    "analyzer_rules",
    "document_rules",
    "target_rules",
    "rulebook",
)

# room → rooms it may import, besides itself
ALLOWED = {
    "record": (),
    "cache": (),
    "pause": (),
    "source": ("record",),
    "diagnostics": ("record", "source"),
    "rules": ("diagnostics",),
    "analyzer_rules": ("diagnostics",),
    "document_rules": ("diagnostics",),
    "target_rules": ("diagnostics",),
    "rulebook": ("rules", "analyzer_rules", "document_rules", "target_rules"),
    "syntax": BASE,
    "catalog": BASE,
    "policy": BASE,
    "access": BASE,
    "render": (*BASE, ""),
    "read": BASE,
    "validation": (*BASE, "catalog", "policy", "access"),
    "compiler": (*BASE, "syntax", "catalog", "policy", "access", "validation", "read"),
    "emit": (*BASE, "catalog", "policy", "access", "compiler"),
    "decompiler": (*BASE, "syntax", "catalog", "policy", "access", "compiler"),
    "adopt": (
        *BASE,
        "syntax",
        "catalog",
        "policy",
        "access",
        "validation",
        "compiler",
        "decompiler",
        "emit",
        "read",
    ),
    "commands": (
        "adopt",
        *BASE,
        "syntax",
        "catalog",
        "policy",
        "access",
        "validation",
        "compiler",
        "decompiler",
        "emit",
        "render",
        "read",
        "lsp",
        "",
    ),
    "editor": (*BASE, "syntax", "catalog", "policy", "access", "validation", "compiler", "decompiler", "emit", "read"),
    "highlight": ("catalog",),
    "lsp": (*BASE, "editor", "catalog", "read", "commands", ""),
    "hatch": ("",),
    "api": (*BASE, "syntax", "catalog", "policy", "validation", "compiler", "emit", "render", "read", "commands", ""),
    "cli": ("commands", ""),
    "__main__": ("cli",),
    "": ("api",),
}
LONG_FUNCTIONS = {
    "syntax/parse.py run": 62,  # one loop of the automaton, where every call costs
    "syntax/lex.py cut_sentence": 51,
}
PUBLIC = {"compile", "check", "format", "validate", "diff", "can", "who_can", "prove", "minimize", "decompile"}


def test_no_room_hides_a_public_function() -> None:
    """Python sets `iamdsl.NAME` to the module of that name when it is imported."""
    taken = {path.relative_to(ROOT / "iamdsl").parts[0].removesuffix(".py") for path in FILES} & PUBLIC
    assert not taken, f"`iamdsl.{min(taken)}` is to be the function"


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


def name(path: Path) -> str:
    return path.relative_to(ROOT / "iamdsl").as_posix()


def modules(path: Path, known: set[str]) -> set[str]:
    """The modules of the package that a file imports to run, at its top or in its functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & known


def test_no_cycles() -> None:
    names = {path: ".".join(("iamdsl", *path.relative_to(ROOT / "iamdsl").with_suffix("").parts)) for path in FILES}
    names = {path: name.removesuffix(".__init__") for path, name in names.items()}
    left = {names[path]: modules(path, set(names.values())) - {names[path], "iamdsl"} for path in FILES}
    for module, needs in left.items():  # a package is no need of its own modules: `from iamdsl.render import machine`
        needs -= {other for other in needs if module.startswith(f"{other}.")}
    while ready := {module for module, needs in left.items() if not needs & set(left)}:
        left = {module: needs for module, needs in left.items() if module not in ready}
    assert not left, f"in or behind a cycle: {sorted(left)}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_rooms_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            limit = LONG_FUNCTIONS.get(f"{name(path)} {node.name}", 50)
            assert lines <= limit, f"{name(path)}:{node.lineno}: {node.name} has {lines} lines"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_local_imports_say_why(path: Path) -> None:
    """With a comment, which also goes for the imports on the lines below it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for function in ast.walk(ast.parse("\n".join(lines))):
        if not isinstance(function, ast.FunctionDef):
            continue
        said = -1
        for node in ast.walk(function):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                because = "  # " in lines[node.lineno - 1] or said == node.lineno - 1
                assert because, f"{name(path)}:{node.lineno}: say why it is local"
                said = node.lineno
