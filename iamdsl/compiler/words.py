"""Words of the source as the strings that they stand for."""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.diagnostics import Edit, Report
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# IAM user guide, "IAM policy elements: Variables and tags": a condition key, with or without a default, or a special character
_VARIABLE = re.compile(r"\$\{(?:[*?$]|[^\s:,{}]+:[^\s:,{}][^{}]*)\}")
_PIECE = re.compile(r"\\(.)|\$\{[^}]*\}|\{([A-Za-z_][\w\-]*)\}|\$|[^\\${]+|.")


@record
class Filled(ast.Word):
    """A word with the name of a loop or of a policy's parameter in it: `value` is the text that it stands for this time.

    What kind of word it is (a verb, a noun, a name) goes by how it was written, as with parameters.
    """

    value: str


def literal(word: ast.Word, params: Mapping[str, str], report: Report, checked: bool = True) -> str:
    """The text of `word` for AWS: parameters filled in, escapes undone, policy variables left as they are.

    A `$` that is meant as itself becomes `${$}`, AWS's own way to write it. Unless `checked`, what stands in `${...}` may
    be anything.
    """
    if "{" not in word.text and "\\" not in word.text and "$" not in word.text:
        return word.text
    if isinstance(word, Filled):
        return word.value
    parts: list[str] = []
    for match in _PIECE.finditer(word.text):
        escaped, param = match.groups()
        piece = match.group()
        if escaped is not None:
            parts.append("${$}" if escaped == "$" else escaped)
        elif param is not None:
            if param not in params:
                report.add(
                    rules.UNKNOWN_PARAM,
                    word.span,
                    help=suggestion(param, params) or f"declare it: `param {param} = VALUE`",
                    name=param,
                )
            parts.append(params.get(param, piece))
        else:
            if checked and piece[0] == "$" and not _is_variable(piece, word.text[match.end() :]):
                name = piece if piece != "$" else f"${word.text[match.end() :]}"
                help = "a variable is a condition key, `${aws:username}`; a parameter is `{name}`; a `$` alone is `\\$`"
                report.add(rules.BAD_VALUE, word.span, help=help, value=name, what="a policy variable")
            parts.append(piece)
    # a `$` at the end of one part and a `{` at the start of the next were never written as a variable
    return "".join(
        [f"{one[:-1]}${{$}}" if one[-1:] == "$" and after[:1] == "{" else one for one, after in _pairs(parts)]
    )


def _pairs(parts: list[str]) -> Iterable[tuple[str, str]]:
    """Each of `parts` that is not empty, with the one behind it."""
    filled = [one for one in parts if one]
    return zip(filled, [*filled[1:], ""])


def _is_variable(piece: str, rest: str) -> bool:
    """Whether a `$` with what belongs to it is right: a policy variable, or a sign that `rest` makes none of."""
    return not rest.startswith("{") if piece == "$" else _VARIABLE.fullmatch(piece) is not None


def mentions(text: str) -> tuple[str, ...]:
    """The names of the parameters in the text of a word, as written."""
    if "{" not in text:
        return ()
    return tuple(match.group(2) for match in _PIECE.finditer(text) if match.group(2))


# words that people try, and the language's own; only asked where the word means nothing
_OTHERS = {
    **dict.fromkeys(("may", "might", "should", "must", "gets"), "can"),
    **dict.fromkeys(("cant", "can't", "cannt", "mustnt", "mustn't", "shouldnt", "shouldn't", "couldnt"), "cannot"),
    **dict.fromkeys(("when", "where", "while", "provided"), "if"),
    **dict.fromkeys(("access", "view", "get", "see", "download", "open", "fetch"), "read"),
    **dict.fromkeys(("modify", "edit", "update", "change", "upload", "save", "store"), "write"),
    **dict.fromkeys(("remove", "erase", "drop", "destroy"), "delete"),
    **dict.fromkeys(("own", "control", "admin"), "administer"),
    "before": "until",
    "since": "after",
    "using": "with",
    "execute": "run",
    "trigger": "invoke",
}


def closest(word: str, candidates: Iterable[str], cutoff: float = 0.66) -> str | None:
    """The candidate most like `word`, if any is close."""
    folded = {candidate.lower(): candidate for candidate in sorted(candidates, reverse=True)}
    other = _OTHERS.get(word.lower())
    if other in folded:
        return folded[other]
    key = (word.lower(), tuple(folded), cutoff)
    if key not in _near:
        from difflib import get_close_matches  # local: only where something is wrong

        if len(_near) > 200:
            _near.clear()
        _near[key] = next(iter(get_close_matches(word.lower(), folded, 1, cutoff)), None)
    found = _near[key]
    return None if found is None else folded[found]


def rival(word: str, close: str, candidates: Iterable[str]) -> str | None:
    """A candidate that `word` is as like as it is like `close`; None if there is none: which of two is meant is not guessed."""
    if _OTHERS.get(word.lower()) == close:
        return None
    from difflib import SequenceMatcher, get_close_matches  # local: only where something is wrong

    folded = {candidate.lower(): candidate for candidate in sorted(candidates, reverse=True)}
    likest = get_close_matches(word.lower(), folded, 2, 0.66)
    ratios = {SequenceMatcher(None, one, word.lower()).ratio() for one in likest}
    others = [folded[one] for one in likest if folded[one] != close]
    return others[0] if others and len(ratios) == 1 else None


def near(word: str, candidates: Sequence[str], count: int) -> list[str]:
    """`count` of `candidates`, or all there are: those like `word` first, the likest before, then in their order."""
    from difflib import get_close_matches  # local: only where something is wrong

    return [*dict.fromkeys((*get_close_matches(word, candidates, count), *candidates))][:count]


_near: dict[tuple[str, tuple[str, ...], float], str | None] = {}  # what was found: the same is asked again at every key


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """`did you mean ...?`, or "" where nothing is close."""
    found = closest(word, candidates)
    return f"did you mean `{found}`?" if found else ""


def respell(span: Span, text: str) -> tuple[Edit, ...]:
    """The edit that writes `text` at `span`."""
    return (Edit((span.path, span.start, span.end), text),)
