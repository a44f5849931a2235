"""Where a name is declared and used, and what changes when it gets another."""

from __future__ import annotations

import os
import re

from iamdsl import read
from iamdsl.compiler.bindings import PRINCIPAL_KINDS
from iamdsl.compiler.verbs import ByLevel
from iamdsl.diagnostics import Edit
from iamdsl.editor.mentions import NOUN, PARAM, RESOURCE, VERB, Mention, mentions
from iamdsl.editor.names import Symbol, at, everywhere, name_span, symbol
from iamdsl.editor.offers import written_name
from iamdsl.editor.pieces import Piece
from iamdsl.editor.program import Program
from iamdsl.record import record
from iamdsl.source import Span

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_FILLED = re.compile(r"[A-Za-z_][\w\-]*", re.ASCII)


class CannotRename(Exception):
    """Why a name cannot be changed, or not to what was asked for."""


@record
class Found:
    """What the word at a place names, and where in the word the name stands, in its file."""

    symbol: Symbol
    span: Span
    mention: Mention
    piece: Piece


def named(program: Program, path: str, offset: int) -> Found | None:
    """What the word at `offset` names."""
    file = program.file(path)
    if file is None:
        return None
    piece = file.at(offset)
    mention = at(mentions(piece, program.library), offset - piece.base)
    found = symbol(mention, program.library) if mention else None
    if mention is None or found is None:
        return None
    return Found(found, program.place(name_span(mention, found)), mention, piece)


def _pieces(program: Program, found: Found) -> list[Piece]:
    """Where `found` can be named: a loop's or a policy's parameter in its own sentence only."""
    if found.symbol[0] == PARAM and found.symbol[2] not in program.bindings.params:
        return [found.piece]
    return [piece for file in program.files.values() for piece in file.pieces]


def definitions(program: Program, path: str, offset: int) -> list[Span]:
    """Where the thing at `offset` is declared: in the program, in the verb library, or the file that is imported."""
    found = named(program, path, offset)
    if found is not None:
        places = everywhere(_pieces(program, found), program.library, found.symbol)
        declared = [program.place(span) for one, span in places if one.declares]
        if declared or found.symbol[0] != VERB:
            return declared
    file = program.file(path)
    piece = file.at(offset) if file else None
    mention = at(mentions(piece, program.library), offset - piece.base) if piece else None
    if mention is None or piece is None:
        return []
    if mention.kind == "file":
        target = read.joined(os.path.dirname(path), mention.text)
        return [Span(target, 0, 0)] if os.path.isfile(target) else []
    return _shipped(program, mention, piece) if mention.kind == VERB else []


def _shipped(program: Program, mention: Mention, piece: Piece) -> list[Span]:
    """Where the library defines a verb, on what stands behind it."""
    behind = [one for one in mentions(piece, program.library) if one.type and one.span.start > mention.span.start]
    type = program.catalog.type(behind[0].type) if behind and behind[0].kind in (NOUN, RESOURCE) else None
    meaning = program.library.find(mention.text, type) if type else None
    return [] if meaning is None or isinstance(meaning, ByLevel) else [meaning.name.span]


def references(program: Program, path: str, offset: int, declared: bool = True) -> list[Span]:
    """Every place that names the thing at `offset`; with its declarations, if they are wanted."""
    found = named(program, path, offset)
    if found is None:
        return []
    places = everywhere(_pieces(program, found), program.library, found.symbol)
    spans = [program.place(span) for one, span in places if declared or not one.declares]
    return list(dict.fromkeys(spans))


def highlights(program: Program, path: str, offset: int) -> list[tuple[Span, bool]]:
    """The places in the file at `path` that name the thing at `offset`, each with whether it is declared there."""
    found, file = named(program, path, offset), program.file(path)
    if found is None or file is None:
        return []
    here = [piece for piece in _pieces(program, found) if program.piece(piece.path)]
    places = everywhere(here, program.library, found.symbol)
    return [(place, one.declares) for one, span in places if (place := program.place(span)).path == path]


def rename(program: Program, path: str, offset: int, name: str) -> list[Edit]:
    """The edits that give the thing at `offset` another name, in all files. Raises CannotRename."""
    found = renamable(program, path, offset)
    kind, type, old = found.symbol
    name = name.strip().strip('"')
    if name == old:
        return []
    bindings = program.bindings
    if not name or "\n" in name or '"' in name or "\\" in name:
        raise CannotRename("a name is one line of text without quotes")
    if kind == PARAM and not _FILLED.fullmatch(name):
        raise CannotRename("what is filled in has letters, digits, `_` and `-`, and begins with a letter or `_`")
    if kind != "resource" and not _NAME.fullmatch(name):
        raise CannotRename(f"`{name}` cannot be a name: it has letters, digits and `+=,.@_-`")
    taken = (
        (kind in PRINCIPAL_KINDS and any((of, name) in bindings.principals for of in PRINCIPAL_KINDS))
        or (kind == "resource" and (type, name) in bindings.resources)
        or (kind == "account" and name in bindings.accounts)
        or (kind == PARAM and name in bindings.params)
        or (kind == VERB and program.library.knows(name))
    )
    if taken:
        raise CannotRename(f"there is a `{name}` already")
    edits: dict[Span, Edit] = {}
    for mention, span in everywhere(_pieces(program, found), program.library, found.symbol):
        whole, place = program.place(mention.span), program.place(span)
        if mention.kind == PARAM or mention.quoted or written_name(name) == name:
            edits[place] = Edit((place.path, place.start, place.end), name)
        else:  # a name that has to be quoted now, with the path behind it
            text = f'"{name}{mention.text[len(old):]}"'
            edits[place] = Edit((whole.path, whole.start, whole.end), text)
    return list(edits.values())


def renamable(program: Program, path: str, offset: int) -> Found:
    """What is at `offset`, if it can get another name. Raises CannotRename."""
    found = named(program, path, offset)
    if found is None:
        raise CannotRename("only what the program names can be renamed")
    if "{" in found.symbol[2]:
        raise CannotRename("a name that parameters are filled into is made of several: rename those")
    kind, type, name = found.symbol
    known = program.bindings.resources
    if kind == "resource" and (type, name) not in known:
        raise CannotRename(f"`{name}` is the name in AWS: declare the resource to give it one of the program's own")
    return found
