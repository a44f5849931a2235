"""Texts, and what is asked while one writes: hover, completion, the forms of clauses, layout."""

from __future__ import annotations

from lsprotocol import types

from iamdsl.editor import clauses, completion, formatting, hover, offers
from iamdsl.editor.expected import written
from iamdsl.lsp import shapes
from iamdsl.lsp.positions import path_of
from iamdsl.lsp.requests import at, on
from iamdsl.lsp.server import Server

# ---- texts


@on(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    server.put(path_of(document.uri), document.text, document.version)


@on(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    server.edit(path, list(params.content_changes), params.text_document.version)


@on(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    server.docs.drop(path)
    server.versions.pop(path, None)
    server.docs.forget()
    server.changed_on_disk()


@on(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    server.changed_on_disk()


@on(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def did_change_files(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    server.changed_on_disk()


@on(types.INITIALIZE)
def initialize(server: Server, params: types.InitializeParams) -> None:
    server.parameters(params.initialization_options)


@on(types.INITIALIZED)
def initialized(server: Server, params: types.InitializedParams) -> None:
    server.begin()


# ---- at a place


@on(types.TEXT_DOCUMENT_HOVER)
def on_hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    here = at(server, params)
    found = hover.hover(*here) if here else None
    if here is None or found is None:
        return None
    place = server.lines(here[1]).range(found.span.start, found.span.end)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, found.text), place)


@on(
    types.TEXT_DOCUMENT_COMPLETION,
    types.CompletionOptions(trigger_characters=[" ", ":", "{", '"', "/"], resolve_provider=True),
)
def on_completion(server: Server, params: types.CompletionParams) -> types.CompletionList | None:
    here = at(server, params)
    found = completion.complete(*here) if here else None
    return shapes.completion(found, server.lines(here[1]), here[1], server.snippets) if here and found else None


@on(types.COMPLETION_ITEM_RESOLVE)
def on_completion_resolve(server: Server, item: types.CompletionItem) -> types.CompletionItem:
    data = item.data if isinstance(item.data, dict) else {}
    program = server.program(str(data.get("path", "")))
    said = offers.document(str(data.get("about", "")), program) if program else ""
    if said:
        item.documentation = types.MarkupContent(types.MarkupKind.Markdown, said)
    return item


@on(
    types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpOptions(trigger_characters=[" "], retrigger_characters=[","])
)
def on_signature_help(server: Server, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    here = at(server, params)
    file = here[0].file(here[1]) if here else None
    if here is None or file is None:
        return None
    found = clauses.around(written(file, here[2]))
    if found is None:
        return None
    forms, blank = found
    signatures = [
        types.SignatureInformation(
            one.form,
            documentation=one.meaning,
            parameters=[types.ParameterInformation(place) for place in one.parameters],
            active_parameter=min(blank, max(len(one.parameters) - 1, 0)),
        )
        for one in forms
    ]
    return types.SignatureHelp(signatures, active_signature=0, active_parameter=blank)


# ---- formatting


@on(types.TEXT_DOCUMENT_FORMATTING)
def on_formatting(server: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    file = server.file(path_of(params.text_document.uri))
    return server.text_edits(formatting.format_file(file)) if file else None


@on(types.TEXT_DOCUMENT_RANGE_FORMATTING)
def on_range_formatting(server: Server, params: types.DocumentRangeFormattingParams) -> list[types.TextEdit] | None:
    path = path_of(params.text_document.uri)
    file = server.file(path)
    if file is None:
        return None
    lines = server.lines(path)
    return server.text_edits(
        formatting.format_range(file, lines.offset(params.range.start), lines.offset(params.range.end))
    )


@on(
    types.TEXT_DOCUMENT_ON_TYPE_FORMATTING,
    types.DocumentOnTypeFormattingOptions(first_trigger_character="\n", more_trigger_character=["}"]),
)
def on_type_formatting(server: Server, params: types.DocumentOnTypeFormattingParams) -> list[types.TextEdit] | None:
    path = path_of(params.text_document.uri)
    file = server.file(path)
    if file is None:
        return None
    offset = server.lines(path).offset(params.position)
    found = (
        formatting.format_above(file, offset) if params.ch == "\n" else formatting.format_range(file, offset, offset)
    )
    return server.text_edits(found)
