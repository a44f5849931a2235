"""What the editor's functions return, as the protocol has it."""

from __future__ import annotations

import os

from lsprotocol import types

from iamdsl.commands.explain import PAGES
from iamdsl.diagnostics import Diagnostic, Edit
from iamdsl.editor.completion import Completion
from iamdsl.editor.offers import Item
from iamdsl.lsp.positions import Lines, uri_of
from iamdsl.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    LinesOf = Callable[[str], Lines]

LEVELS = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "suggestion": types.DiagnosticSeverity.Hint,
    "note": types.DiagnosticSeverity.Information,
}
UNNECESSARY = ("covered", "cancelled", "unused-policy", "unused-parameter", "unused-suppression")
ITEMS = {
    "keyword": types.CompletionItemKind.Keyword,
    "snippet": types.CompletionItemKind.Keyword,
    "operator": types.CompletionItemKind.Operator,
    "verb": types.CompletionItemKind.Method,
    "action": types.CompletionItemKind.Function,
    "noun": types.CompletionItemKind.Class,
    "resource": types.CompletionItemKind.Variable,
    "key": types.CompletionItemKind.Property,
    "param": types.CompletionItemKind.TypeParameter,
    "policy": types.CompletionItemKind.Interface,
    "service": types.CompletionItemKind.Module,
    "region": types.CompletionItemKind.Value,
    "value": types.CompletionItemKind.Value,
    "file": types.CompletionItemKind.File,
}


def location(span: Span, lines_of: LinesOf) -> types.Location:
    return types.Location(uri_of(span.path), lines_of(span.path).range(span.start, span.end))


def diagnostic(found: Diagnostic, lines_of: LinesOf, lines: Lines) -> types.Diagnostic:
    """A finding; its cure stands below its message, its other places beside it."""
    first, *others = found.labels or (None,)
    place = lines.range(first.span.start, first.span.end) if first else lines.range(0, 0)
    related = [
        types.DiagnosticRelatedInformation(location(one.span, lines_of), one.text or "see here")
        for one in others
        if one is not None
    ]
    message = "\n".join([found.message, *([f"help: {found.help}"] if found.help else [])])
    return types.Diagnostic(
        range=place,
        severity=LEVELS[found.level],
        code=found.rule.code,
        code_description=types.CodeDescription(uri_of(os.path.join(PAGES, f"{found.rule.code}.md"))),
        source="iamdsl",
        message=message,
        tags=[types.DiagnosticTag.Unnecessary] if found.rule.slug in UNNECESSARY else None,
        related_information=related or None,
        data={"slug": found.rule.slug},
    )


def workspace_edit(edits: Iterable[Edit], lines_of: LinesOf) -> types.WorkspaceEdit:
    found: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        path, start, end = edit.place
        found.setdefault(uri_of(path), []).append(types.TextEdit(lines_of(path).range(start, end), edit.text))
    return types.WorkspaceEdit(changes=found)


def completion(found: Completion, lines: Lines, path: str, snippets: bool) -> types.CompletionList:
    place = lines.range(found.span.start, found.span.end)
    items = [_item(one, n, place, path, snippets) for n, one in enumerate(found.items)]
    return types.CompletionList(is_incomplete=not found.whole, items=items)


def _item(one: Item, number: int, place: types.Range, path: str, snippets: bool) -> types.CompletionItem:
    as_snippet = bool(one.insert) and snippets
    return types.CompletionItem(
        label=one.label,
        kind=ITEMS.get(one.kind, types.CompletionItemKind.Variable),
        detail=one.detail or None,
        sort_text=f"{number:04}",
        filter_text=one.label,
        insert_text_format=types.InsertTextFormat.Snippet if as_snippet else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(place, one.insert if as_snippet else one.label),
        data={"path": path, "about": one.about} if one.about else None,
    )
