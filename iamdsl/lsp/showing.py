"""What is shown in and beside the text: colours, hints, lenses, what can be done, the compiled documents."""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from iamdsl.editor import actions, hints, lenses, pasting, preview, tokens
from iamdsl.lsp import shapes
from iamdsl.lsp.positions import Lines, path_of, uri_of
from iamdsl.lsp.requests import command, on, opened
from iamdsl.lsp.server import Server
from iamdsl.source import Span

LEGEND = types.SemanticTokensLegend(list(tokens.TYPES), list(tokens.MODIFIERS))
REVEAL, DOCUMENTS, SENTENCES = "iamdsl.reveal", "iamdsl.documents", "iamdsl.sentences"


# ---- colours


@on(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, LEGEND)
def on_tokens(server: Server, params: types.SemanticTokensParams) -> types.SemanticTokens | None:
    here = opened(server, params)
    return _encoded(tokens.tokens(*here), server.lines(here[1])) if here else None


@on(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, LEGEND)
def on_tokens_range(server: Server, params: types.SemanticTokensRangeParams) -> types.SemanticTokens | None:
    here = opened(server, params)
    if here is None:
        return None
    lines = server.lines(here[1])
    return _encoded(tokens.tokens(*here, lines.offset(params.range.start), lines.offset(params.range.end)), lines)


def _encoded(found: list[tokens.Token], lines: Lines) -> types.SemanticTokens:
    """Each token as its distance from the one before."""
    data: list[int] = []
    line = character = 0
    for start, end, kind, bits in found:
        begun, ended = lines.position(start), lines.position(end)
        if ended.line != begun.line:
            continue
        fresh = begun.line != line
        data += [begun.line - line, begun.character - (0 if fresh else character), ended.character - begun.character]
        data += [kind, bits]
        line, character = begun.line, begun.character
    return types.SemanticTokens(data)


# ---- hints and lenses


@on(types.TEXT_DOCUMENT_INLAY_HINT)
def on_hints(server: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
    here = opened(server, params)
    if here is None:
        return None
    lines = server.lines(here[1])
    found = hints.hints(*here, lines.offset(params.range.start), lines.offset(params.range.end))
    return [
        types.InlayHint(
            lines.position(one.offset),
            one.label,
            padding_left=True,
            tooltip=types.MarkupContent(types.MarkupKind.Markdown, one.about),
        )
        for one in found
    ]


@on(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=True))
def on_lenses(server: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    here = opened(server, params)
    if here is None:
        return None
    lines = server.lines(here[1])
    return [
        types.CodeLens(
            lines.range(one.span.start, one.span.end),
            data=[here[1], one.span.start, one.span.end, one.kind, one.name, one.type],
        )
        for one in lenses.lenses(*here)
    ]


@on(types.CODE_LENS_RESOLVE)
def on_lens_resolve(server: Server, lens: types.CodeLens) -> types.CodeLens:
    text, places = "", list[Span]()
    if isinstance(lens.data, list) and len(lens.data) == 6:
        path, start, end, kind, name, type = lens.data
        program = server.program(str(path))
        if program is not None:
            one = lenses.Lens(Span(str(path), int(start), int(end)), str(kind), str(name), str(type))
            text, places = lenses.title(program, one)
    shown: list[Any] = [
        {"uri": uri_of(one.path), "range": _plain(server.lines(one.path).range(one.start, one.end))} for one in places
    ]
    lens.command = types.Command(text or "no document", REVEAL if shown else "", arguments=shown[:1] or None)
    return lens


def _plain(range: types.Range) -> dict[str, Any]:
    return {
        "start": {"line": range.start.line, "character": range.start.character},
        "end": {"line": range.end.line, "character": range.end.character},
    }


# ---- what can be done


@on(
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.CodeActionOptions(
        code_action_kinds=[
            types.CodeActionKind.QuickFix,
            types.CodeActionKind.RefactorExtract,
            types.CodeActionKind.SourceFixAll,
        ]
    ),
)
def on_action(server: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    here = opened(server, params)
    if here is None:
        return None
    lines = server.lines(here[1])
    wanted = params.context.only or [""]
    return [
        types.CodeAction(
            one.title,
            kind=one.kind,
            diagnostics=[shapes.diagnostic(one.finding, server.lines, lines)] if one.finding else None,
            is_preferred=one.preferred or None,
            edit=shapes.workspace_edit(one.edits, server.lines),
        )
        for one in actions.actions(*here, lines.offset(params.range.start), lines.offset(params.range.end))
        if any(str(kind) == "" or one.kind == kind or one.kind.startswith(f"{kind}.") for kind in wanted)
    ]


# ---- commands


@command(DOCUMENTS)
def documents(server: Server, uri: str) -> dict[str, Any] | None:
    """The compiled documents of the file at `uri` as one text, and which lines came from which sentence."""
    path = path_of(uri)
    program = server.program(path)
    if program is None:
        return None
    program.settled()
    if program.failed:
        return None
    found = preview.preview(program, path)
    lines = found.text.splitlines()
    return {
        "text": found.text,
        "links": [
            {
                "uri": uri_of(one.source.path),
                "source": _plain(server.lines(one.source.path).range(one.source.start, one.source.end)),
                "compiled": {
                    "start": {"line": one.first, "character": 0},
                    "end": {"line": one.last, "character": len(lines[one.last])},
                },
            }
            for one in found.links
        ],
    }


@command(SENTENCES)
def sentences(server: Server, text: str, uri: str = "") -> str:
    """The policy JSON `text` as sentences, for the program of the file at `uri`."""
    program = server.program(path_of(uri)) if uri else None
    try:
        return pasting.sentences(text, program.bindings if program else None)
    except pasting.CannotSay as fault:
        raise JsonRpcInvalidParams(message=str(fault)) from None


@command(REVEAL)
def reveal(server: Server, place: Any) -> None:
    """Show a place in the client."""
    start, end = place["range"]["start"], place["range"]["end"]
    range = types.Range(types.Position(**start), types.Position(**end))
    server.window_show_document(types.ShowDocumentParams(place["uri"], take_focus=True, selection=range))
