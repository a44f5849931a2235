"""The compiled documents as one text, and which lines of it came from which sentence."""

from __future__ import annotations

import json

from iamdsl.editor.program import Program
from iamdsl.emit import tree
from iamdsl.policy import codec
from iamdsl.record import record
from iamdsl.source import Span


@record
class Link:
    """The sentence at `source`, and the lines (from 0, the last one included) of the preview that it became."""

    source: Span
    first: int
    last: int


@record
class Preview:
    text: str
    links: tuple[Link, ...]


def preview(program: Program, path: str) -> Preview:
    """The documents that the sentences of a file are in, as `{path: document}`."""
    file = program.file(path)
    here = {piece.path for piece in file.pieces} if file else set()
    texts: list[str] = []
    links: list[Link] = []
    line = 1
    for name, output in tree.placed(program.compiled).items():
        if not any(origin.path in here for origins in output.lowered.origins for origin in origins):
            continue
        body = codec.text(codec.dump(output.lowered.document)).rstrip("\n").splitlines()
        for (first, last), origins in zip(_statements(body), output.lowered.origins):
            spans = dict.fromkeys(program.place(origin.span) for origin in origins)
            links += [Link(span, line + first, line + last) for span in spans]
        texts.append("\n".join([f"  {json.dumps(name)}: {body[0]}", *[f"  {one}" for one in body[1:]]]))
        line += len(body)
    return Preview("{\n" + ",\n".join(texts) + "\n}\n", tuple(links))


def _statements(body: list[str]) -> list[tuple[int, int]]:
    """The first and last line of each statement in a document as this project writes it."""
    begins = [n for n, one in enumerate(body) if one == "    {"]
    ends = [n for n, one in enumerate(body) if one in ("    }", "    },")]
    return list(zip(begins, ends))
