"""How catalog names are compared: wildcards, templates, and the loose spelling of type names. Pure text, no data."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether `text` is spelled like `pattern`, where `*` stands for any characters and `?` for one.

    Compares as given: fold the case of both for names of AWS.
    """
    at = place = 0
    star, mark = -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            at += 1
            place += 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return not pattern[place:].strip("*")


def squash(words: str) -> str:
    """A type's name without the differences that do not count: case, hyphens, underscores and spaces."""
    return words.lower().replace("-", "").replace("_", "").replace(" ", "")


def singulars(word: str) -> tuple[str, ...]:
    """What the squashed `word` may be the plural of, likeliest first; the word itself is not among them."""
    found: list[str] = []
    if word.endswith("ies"):
        found.append(word[:-3] + "y")
    if word.endswith("indices"):
        found.append(word[:-4] + "ex")
    if word.endswith("s"):
        found.append(word[:-1])
    if word.endswith("es"):
        found.append(word[:-2])
    return tuple(found)


def pieces(template: str) -> tuple[str, ...]:
    """The fixed parts around the `${...}` or `<...>` holes of a condition key's name; one part if it has no hole."""
    if "<" in template:
        template = template.replace("<", "${").replace(">", "}")
    if "${" not in template:
        return (template,)
    first, *rest = template.split("${")
    return (first, *(part.partition("}")[2] for part in rest))


def fill(template: str, name: str) -> str | None:
    """The spelling of `name` as an instance of the key `template`, or None if it is not one.

    The fixed parts are compared without case and come back in the template's spelling; what fills a hole is kept as
    written and is never empty. `aws:principaltag/Team` under `aws:PrincipalTag/${TagKey}` is `aws:PrincipalTag/Team`.
    The template is an instance of itself.
    """
    fixed = pieces(template)
    if len(fixed) == 1:
        return template if name.lower() == template.lower() else None
    folded = name.lower()
    first, last = fixed[0], fixed[-1]
    end = len(name) - len(last)
    if not folded.startswith(first.lower()) or not folded.endswith(last.lower()) or end <= len(first):
        return None
    spelled, at = first, len(first)
    for part in fixed[1:-1]:
        found = folded.find(part.lower(), at + 1, end - 1)
        if found < 0:
            return None
        spelled += name[at:found] + part
        at = found + len(part)
    return spelled + name[at:end] + last


def holes(text: str) -> tuple[str, ...]:
    """The names inside the `${...}` of `text`, in order."""
    return tuple(part.partition("}")[0] for part in text.split("${")[1:])


def shape(format: str) -> str:
    """An ARN format with its variables unnamed, so that two services' formats of one resource are equal."""
    first, *rest = format.split("${")
    return "${}".join((first, *(part.partition("}")[2] for part in rest)))
