"""Requests about names: where they are declared and used, other names for them, outlines and links."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from iamdsl.editor import folding, links, references, symbols
from iamdsl.editor.program import NotYet
from iamdsl.editor.symbols import Entry
from iamdsl.lsp import shapes
from iamdsl.lsp.positions import Lines, path_of, uri_of
from iamdsl.lsp.requests import at, on, opened
from iamdsl.lsp.server import Server
from iamdsl.source import Span

KINDS = {
    "account": types.SymbolKind.Namespace,
    "organization": types.SymbolKind.Namespace,
    "ou": types.SymbolKind.Namespace,
    "param": types.SymbolKind.Constant,
    "user": types.SymbolKind.Class,
    "group": types.SymbolKind.Class,
    "role": types.SymbolKind.Class,
    "permission-set": types.SymbolKind.Class,
    "resource": types.SymbolKind.Variable,
    "verb": types.SymbolKind.Method,
    "policy": types.SymbolKind.Interface,
    "document": types.SymbolKind.Package,
    "loop": types.SymbolKind.Array,
    "assertion": types.SymbolKind.Boolean,
    "setting": types.SymbolKind.Property,
    "grant": types.SymbolKind.Event,
}


def locations(server: Server, spans: Iterable[Span]) -> list[types.Location]:
    return [shapes.location(span, server.lines) for span in spans]


@on(types.TEXT_DOCUMENT_DEFINITION)
def on_definition(server: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    here = at(server, params)
    return locations(server, references.definitions(*here)) if here else None


@on(types.TEXT_DOCUMENT_REFERENCES)
def on_references(server: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    here = at(server, params)
    return locations(server, references.references(*here, params.context.include_declaration)) if here else None


@on(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
def on_highlight(server: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
    here = at(server, params)
    if here is None:
        return None
    lines = server.lines(here[1])
    kinds = {True: types.DocumentHighlightKind.Write, False: types.DocumentHighlightKind.Read}
    return [
        types.DocumentHighlight(lines.range(span.start, span.end), kinds[declared])
        for span, declared in references.highlights(*here)
    ]


@on(types.TEXT_DOCUMENT_PREPARE_RENAME)
def on_prepare_rename(server: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    here = at(server, params)
    if here is None:
        return None
    try:
        found = references.renamable(*here)
    except references.CannotRename as fault:
        raise JsonRpcInvalidParams(message=str(fault)) from None
    place = server.lines(here[1]).range(found.span.start, found.span.end)
    return types.PrepareRenamePlaceholder(place, found.symbol[2])


@on(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
def on_rename(server: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    here = at(server, params)
    if here is None:
        return None
    try:
        here[0].settled()  # files that are not open are read anew for each compile
        return shapes.workspace_edit(references.rename(*here, params.new_name), server.lines)
    except references.CannotRename as fault:
        raise JsonRpcInvalidParams(message=str(fault)) from None


# ---- outlines


@on(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
def on_document_symbol(server: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
    here = opened(server, params)
    return [_symbol(one, server.lines(here[1])) for one in symbols.outline(*here)] if here else None


def _symbol(one: Entry, lines: Lines) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        one.name,
        KINDS[one.kind],
        lines.range(one.span.start, one.span.end),
        lines.range(one.name_span.start, one.name_span.end),
        detail=one.detail or None,
        children=[_symbol(inner, lines) for inner in one.inner] or None,
    )


@on(types.WORKSPACE_SYMBOL)
def on_workspace_symbol(server: Server, params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
    if not all([one.known for one in server.docs.programs.values()]):
        raise NotYet
    found = symbols.find(server.docs.programs.values(), params.query)
    return [
        types.SymbolInformation(
            shapes.location(one.name_span, server.lines), one.name, KINDS[one.kind], container_name=one.detail or None
        )
        for one in found
    ]


@on(types.TEXT_DOCUMENT_DOCUMENT_LINK)
def on_link(server: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
    here = opened(server, params)
    if here is None:
        return None
    lines = server.lines(here[1])
    return [
        types.DocumentLink(lines.range(one.span.start, one.span.end), uri_of(one.target), one.about)
        for one in links.links(*here)
    ]


# ---- the shape of a file


@on(types.TEXT_DOCUMENT_FOLDING_RANGE)
def on_folding(server: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    path = path_of(params.text_document.uri)
    file = server.file(path)
    if file is None:
        return None
    lines = server.lines(path)
    found = []
    for one in folding.folds(file):
        first, last = lines.position(one.start).line, lines.position(one.end).line
        if last > first:
            kind = types.FoldingRangeKind.Comment if one.kind == "comment" else None
            found.append(types.FoldingRange(first, last, kind=kind))
    return found


@on(types.TEXT_DOCUMENT_SELECTION_RANGE)
def on_selection(server: Server, params: types.SelectionRangeParams) -> list[types.SelectionRange] | None:
    here = opened(server, params)
    if here is None:
        return None
    lines = server.lines(here[1])
    found = []
    for position in params.positions:
        chosen: types.SelectionRange | None = None
        for span in reversed(folding.selection(*here, lines.offset(position))):
            chosen = types.SelectionRange(lines.range(span.start, span.end), chosen)
        found.append(chosen or types.SelectionRange(types.Range(position, position)))
    return found
