"""What the documents of an account have that somebody should look at: the findings of validation, each kind once."""

from __future__ import annotations

from urllib.parse import unquote

from iamdsl.adopt.model import Paper
from iamdsl.adopt.pieces import Key
from iamdsl.catalog import Catalog
from iamdsl.diagnostics import Diagnostic, Report
from iamdsl.policy.located import locate
from iamdsl.record import record
from iamdsl.source import Source
from iamdsl.validation import Target, examine, facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KINDS = {"policy": "identity", "inline": "identity"}


@record
class Suspicion:
    """A finding of validation and the documents that it is about."""

    found: Diagnostic
    keys: tuple[Key, ...]


def review(
    documents: Mapping[Key, Paper],
    sources: Mapping[str, Source],
    catalog: Catalog,
    progress: Callable[[str, int, int], None],
) -> tuple[Suspicion, ...]:
    """The errors and warnings of validation, by rule and message, the gravest and most frequent first."""
    known = facts(catalog)
    same: dict[tuple[str, object], list[Key]] = {}
    for key, paper in documents.items():
        same.setdefault((_KINDS.get(key.kind, key.kind), paper.document), []).append(key)
    alike: dict[tuple[str, str], tuple[Diagnostic, list[Key]]] = {}
    for number, ((kind, _), keys) in enumerate(same.items()):
        progress("looking for what is suspicious", number, len(same))
        paper = documents[keys[0]]
        root, source = paper.node, sources[paper.place.path]
        if root.kind == "string":  # a text is read anew, and its places are those in it
            text = unquote(root.text) if root.text.lstrip().startswith("%7B") else root.text
            root, source = locate(text), Source(source.path, text)
        type = catalog.type(keys[0].of) if kind == "resource" else None
        report = Report()
        report.sources[source.path] = source
        examine(root, source, Target(kind, type), known, report)
        for one in report:
            if one.level in ("error", "warning"):
                _, listed = alike.setdefault((one.rule.code, one.message), (one, []))
                listed += [key for key in keys if key not in listed[-len(keys) :]]
    found = [Suspicion(one, tuple(dict.fromkeys(keys))) for one, keys in alike.values()]
    return tuple(
        sorted(found, key=lambda one: (one.found.level, -len(one.keys), one.found.rule.code, one.found.message))
    )
