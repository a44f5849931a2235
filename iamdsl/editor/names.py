"""What a name stands for, and all the places that name the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamdsl.compiler.bindings import PRINCIPAL_KINDS
from iamdsl.compiler.verbs import Library
from iamdsl.editor.mentions import PARAM, RESOURCE, SUBJECT, VERB, Mention, mentions
from iamdsl.editor.pieces import Piece
from iamdsl.source import Span


def at(found: tuple[Mention, ...], offset: int) -> Mention | None:
    """The innermost mention that holds `offset` of its piece, or ends there."""
    holding = [one for one in found if one.span.start <= offset <= one.span.end]
    return min(holding, key=lambda one: (one.span.end - one.span.start, one.span.start != offset), default=None)


Symbol = tuple[str, str, str]  # kind, type and name


def symbol(mention: Mention, library: Library) -> Symbol | None:
    """What a mention names, the same for all that name one thing; None for what has no name of the program's."""
    bindings = library.bindings
    kind, text = mention.kind, mention.text
    if kind == SUBJECT or kind == "policy":
        kinds = [of for of in PRINCIPAL_KINDS if (of, text) in bindings.principals]
        return (kinds[0] if kinds and kind == SUBJECT else "policy", "", text)
    if kind == RESOURCE:
        if (mention.type, text) not in bindings.resources:
            text = text.partition("/")[0] or text
        return (
            ("resource", mention.type, text)
            if (mention.type, text) in bindings.resources or text == mention.text
            else None
        )
    if kind == VERB and text in bindings.verbs:
        return (VERB, "", text)
    if kind in (*PRINCIPAL_KINDS, "account", "organization", "ou", PARAM, "boundary", "guardrail", "session policy"):
        return (kind, "", text)
    return (kind, "", text) if kind == "endpoint policy" else None


def name_span(mention: Mention, found: Symbol) -> Span:
    """Where in a mention the name itself stands: without the path below a bucket, inside quotes."""
    start = mention.span.start + mention.quoted
    return Span(mention.span.path, start, start + len(found[2]))


def everywhere(pieces: Iterable[Piece], library: Library, wanted: Symbol) -> Iterator[tuple[Mention, Span]]:
    """The mentions of one thing, each with the place of its name."""
    for piece in pieces:
        if wanted[2] not in piece.text:
            continue
        for one in mentions(piece, library):
            if wanted[2] in one.text and symbol(one, library) == wanted:
                yield one, name_span(one, wanted)
