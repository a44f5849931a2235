"""Where each document goes, and the manifest that says what came from which sentence."""

from __future__ import annotations

from iamdsl.compiler import Compilation, Output
from iamdsl.policy import codec
from iamdsl.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MANIFEST = "manifest.json"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@+=,")


def segment(name: str) -> str:
    """`name` as one path segment on any file system: everything unusual percent-encoded."""
    if name.strip(".") == "":
        return "".join(f"%{byte:02X}" for byte in name.encode())
    return "".join(c if c in _PLAIN else "".join(f"%{byte:02X}" for byte in c.encode()) for c in name)


def documents(compilation: Compilation) -> dict[str, Any]:
    """Path → JSON value of every document, A to Z."""
    found = {path: codec.dump(one.lowered.document) for path, one in _placed(compilation).items()}
    return dict(sorted(found.items()))


def _placed(compilation: Compilation) -> dict[str, Output]:
    """Path → output; names that differ only in case stay apart on file systems that ignore it."""
    found: dict[str, Output] = {}
    folded: set[str] = set()
    for one in compilation.outputs:
        name = segment(one.owner.name)
        path = _path(one, name)
        if path.lower() in folded:
            marked = "".join(f"%{ord(c):02X}" if c.isupper() else c for c in name)
            path = _path(one, marked)
        folded.add(path.lower())
        found[path] = one
    return found


def _path(one: Output, name: str) -> str:
    if one.owner.kind == "policy":
        return f"policies/{name}.json"
    return f"{one.owner.kind}s/{name}/{'trust' if one.kind == 'trust' else 'policy'}.json"


def manifest(compilation: Compilation, sources: Mapping[str, Source], version: str) -> dict[str, Any]:
    """The manifest: for each document what it attaches to, its size, and the sentences behind each statement."""
    placed = dict(sorted(_placed(compilation).items()))
    found: dict[str, Any] = {
        "program": sorted(path for path in sources if path in _named(compilation, sources)),
        "compiler": version,
        "catalog": compilation.catalog,
        "documents": {path: _entry(one, sources) for path, one in placed.items()},
    }
    if compilation.groups:
        found["groups"] = {name: list(members) for name, members in compilation.groups}
    return found


def _named(compilation: Compilation, sources: Mapping[str, Source]) -> set[str]:
    return {origin.path for one in compilation.outputs for origins in one.lowered.origins for origin in origins}


def _entry(one: Output, sources: Mapping[str, Source]) -> dict[str, Any]:
    statements = []
    for origins in one.lowered.origins:
        entry: dict[str, Any] = {"sentences": [_where(origin.path, origin.start, sources) for origin in origins]}
        because = sorted({origin.because for origin in origins if origin.because})
        until = sorted({origin.until for origin in origins if origin.until})
        if because:
            entry["because"] = because
        if until:
            entry["until"] = until
        statements.append(entry)
    kind = "trust" if one.kind == "trust" else "managed"
    attach = {} if one.owner.kind == "policy" else {one.owner.kind: one.owner.name}
    return {
        "kind": kind,
        "attach": attach,
        "size": one.size,
        "quota": one.quota,
        "counted": one.unit,
        "statements": statements,
    }


def _where(path: str, offset: int, sources: Mapping[str, Source]) -> str:
    return f"{path}:{sources[path].position(offset)[0]}"
