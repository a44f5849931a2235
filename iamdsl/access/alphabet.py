"""The letters of patterns and of words: texts as items of one character each.

A word is text over an infinite alphabet: `FRESH` is one letter that no pattern writes, and a policy variable is a letter of
its own, which stands for a string that is not known. `${*}`, `${?}` and `${$}` are characters.
"""

from __future__ import annotations

# Wildcards of our own, in texts and as items: halves of surrogate pairs, which no text of a user has, since they are no characters.
PLAIN = "\ud801"  # any non-empty string without `/` and `:`
SEGMENT = "\ud802"  # any string without `:`
ANY, ONE, STOP = "\x03", "\x04", "\x05"  # `*`, `?`, and a `?` that is no colon
FRESH = "\x06"  # a letter that no pattern writes
WILD = frozenset((ANY, ONE, STOP, PLAIN, SEGMENT))
FIRST_VARIABLE, LAST_VARIABLE = 0x100000, 0x10FFFD  # the letters of policy variables
ARN_PARTS = 6
_ESCAPES = {"${*}": "*", "${?}": "?", "${$}": "$"}
_FIRST_STAND_IN, _LAST_STAND_IN = 0xF0000, 0xFFFFD
_CONTROLS = frozenset((ANY, ONE, STOP, FRESH))


class Undecided(Exception):
    """The budget is spent, or the question is one that cannot be decided here: `why`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_variable(character: str) -> bool:
    return character >= "\U00100000"


_variables: dict[str, str] = {}  # with their letters
_written: list[str] = []  # the variables, by their letters
_stand_ins: dict[str, str] = {}


def letter(variable: str) -> str:
    """The letter of a policy variable, `${aws:username}` as it is written. Raises Undecided past 65,534 of them."""
    found = _variables.get(variable)
    if found is None:
        if FIRST_VARIABLE + len(_variables) > LAST_VARIABLE:
            raise Undecided("too many policy variables")
        found = _variables[variable] = chr(FIRST_VARIABLE + len(_variables))
        _written.append(variable)
    return found


def plain(text: str) -> str:
    """`text` with another character for each that patterns use for themselves. For matching: it is not shown to anybody."""
    if text.isprintable() or not _reserved(text, _FIRST_STAND_IN):
        return text
    return "".join([_stand_in(one) if _reserved(one, _FIRST_STAND_IN) else one for one in text])


def _reserved(text: str, first: int) -> bool:
    """Whether a character of `text` is one of our controls, or not below `first`."""
    return not _CONTROLS.isdisjoint(text) or ord(max(text)) >= first


def _stand_in(character: str) -> str:
    if character not in _stand_ins:
        if _FIRST_STAND_IN + len(_stand_ins) > _LAST_STAND_IN:
            raise Undecided("too many private characters")
        _stand_ins[character] = chr(_FIRST_STAND_IN + len(_stand_ins))
    return _stand_ins[character]


def variables(word: str) -> list[str]:
    """The variables, as written, whose letters are in `word`, A to Z."""
    if word.isascii():
        return []
    return sorted({_written[ord(one) - FIRST_VARIABLE] for one in word if is_variable(one)})


def split(text: str) -> list[str]:
    """The characters of `text`, each variable or escape (`${...}`) whole."""
    if "${" not in text:
        return list(text)
    found: list[str] = []
    at = 0
    while at < len(text):
        end = text.find("}", at) if text.startswith("${", at) else -1
        found.append(text[at : end + 1] if end >= 0 else text[at])
        at += len(found[-1])
    return found


def written(text: str) -> frozenset[str]:
    """The policy variables of a text, as written: `${aws:username}`."""
    return frozenset([part for part in split(text) if names_variable(part)])


def names_variable(part: str) -> bool:
    """Whether a part of a text, as `split` gives it, is a policy variable: more than a character, and no escape."""
    return len(part) > 1 and part not in _ESCAPES


def encode(text: str, wild: bool) -> str:
    """`text` as items: one character each. `wild`: whether `*` and `?` are wildcards.

    Raises Undecided where it has a character that patterns use for themselves.
    """
    if not text.isprintable() and _reserved(text, FIRST_VARIABLE):
        raise Undecided("a value holds a control or private character")
    if "${" in text:
        items = "".join([_encoded(part, wild) for part in split(text)])
    else:
        items = text.replace("*", ANY).replace("?", ONE) if wild else text
    while ANY + ANY in items:
        items = items.replace(ANY + ANY, ANY)
    return items


def _encoded(part: str, wild: bool) -> str:
    if len(part) > 1:
        return _ESCAPES.get(part) or letter(part)
    return {"*": ANY, "?": ONE}.get(part, part) if wild else part


def encode_arn(text: str) -> str:
    """An ARN pattern as Arn operators read it: six parts, each on its own; a shorter one goes on with `:*`."""
    parts = encode(text, True).split(":", ARN_PARTS - 1)
    parts += [ANY] * (ARN_PARTS - len(parts))
    heads = [part.replace(ANY, SEGMENT).replace(ONE, STOP) for part in parts[:-1]]
    return ":".join([*heads, parts[-1]])
