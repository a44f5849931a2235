"""Names for statements, out of the sentences behind them."""

from __future__ import annotations

from collections.abc import Mapping

from iamdsl.access.model import Origin
from iamdsl.compiler.lower import Lowered
from iamdsl.diagnostics import Report
from iamdsl.record import replace
from iamdsl.source import Source
from iamdsl.syntax import lex

LONGEST = 64  # characters; AWS documents no limit, but they count against the quota of the document
_MARKS = {"=": "is", "!=": "is not", "<": "below", "<=": "at most", ">": "above", ">=": "at least"}


def label(lowered: Lowered, sources: Mapping[str, Source], about_owner: bool) -> Lowered:
    """Give each statement a Sid that reads as its sentence does: `ReadBucketDatasetsWithMfa`.

    ASCII letters and digits alone, which every kind of policy takes (IAM user guide, "IAM JSON policy elements: Sid"), and
    unique in the document. It depends on the sentence, not on its place in the program: other sentences coming or going
    change it only where they say the same words. `about_owner`: the document belongs to the subject of its sentences,
    which goes without saying.
    """
    taken: set[str] = set()
    named = []
    for statement, origins in zip(lowered.document.statements, lowered.origins, strict=True):
        first, *others = dict.fromkeys(_words(origin, sources, about_owner) for origin in origins)
        if statement.effect == "Deny" and about_owner and first[:1] != ("cannot",):
            first = ("cannot", *first)
        more = f"And{len(others)}More" if others else ""
        named.append(replace(statement, sid=_unique(_joined(first, LONGEST - len(more)) + more, taken)))
    return replace(lowered, document=replace(lowered.document, statements=tuple(named)))


def _words(origin: Origin, sources: Mapping[str, Source], about_owner: bool) -> tuple[str, ...]:
    """The words of a sentence without its reason; if `about_owner`, from its verb on, or from `cannot`."""
    source = sources[origin.path]
    tokens, _ = lex.scan(Source(origin.path, source.text[origin.start : origin.end]), Report())
    values = [pair for one in origin.instances for pair in one.values]
    words: list[str] = []
    for before, token in zip([None, *tokens], tokens):
        reason = token.text == "because" or before is not None and before.text == "because"
        if token.kind in (lex.WORD, lex.STRING) and not reason:
            words.append(_filled(token.text, values))
        elif token.text in _MARKS:
            words.append(_MARKS[token.text])
    if about_owner and "cannot" in words:
        words = words[words.index("cannot") :]
    elif about_owner and "can" in words:
        words = words[words.index("can") + 1 :]
    elif about_owner and words[:1] == ["for"]:  # the trust that a role's declaration puts in the owner
        words = ["assume role", *words]
    return tuple(words)


def _filled(text: str, values: list[tuple[str, str]]) -> str:
    """A word as it is said this time."""
    for name, value in values if "{" in text else ():
        text = text.replace(f"{{{name}}}", value)
    return text


def _joined(words: tuple[str, ...], longest: int) -> str:
    """The letters and digits of `words`, each run of them capitalised, as many runs as fit."""
    found = ""
    for run in _runs(" ".join(words)):
        if len(found) + len(run) > longest:
            break
        found += run[0].upper() + run[1:]
    return found or "Statement"


def _runs(text: str) -> list[str]:
    return "".join(c if c.isascii() and c.isalnum() else " " for c in text).split()


def _unique(name: str, taken: set[str]) -> str:
    """`name`, numbered from 2 where it is taken; adds it to `taken`."""
    found, number = name, 1
    stem = f"{name}N" if name[-1].isdigit() else name
    while found in taken:
        number += 1
        found = f"{stem}{number}"
    taken.add(found)
    return found
