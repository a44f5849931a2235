"""Writes `verbs.md`, the reference of the verb library, from the library itself: `python docs/make_verbs.py [--check]`.

`--check` writes nothing and fails if the file is not what the library says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from iamdsl.catalog import ResourceType, default
from iamdsl.compiler.entries import Reference

PAGE = Path(__file__).parent / "verbs.md"
HEAD = """\
# The verbs

What each verb of the library means on each resource type. This page is made from the library (`python docs/make_verbs.py`);
`iamdsl catalog show VERB NOUN` says the same at the command line, `iamdsl catalog show NOUN` what one can do with a type.

Actions stand on the type itself unless something else is said; *key* is the key of `encrypted with key`, used through the
service only; *role* is the one in `as role NAME`. `list read write delete tag share administer` exist for every type: those
that are not here go by AWS's access levels, and the compiler says so.
"""


def page() -> str:
    """The text of `verbs.md`."""
    reference = Reference(default())
    sections = [HEAD]
    for service in reference.library.services():
        sections.append(f"## {service}\n\n{introduction(reference.library.text(service))}\n")
        nouns: dict[str, list[tuple[str, str]]] = {}
        for verb, noun, comment in reference.library.shipped(service):
            nouns.setdefault(noun, []).append((verb, comment))
        for noun, verbs in nouns.items():
            found = reference.catalog.noun(noun.split())
            assert found, f"{service}.iam: no type is called {noun}"
            rows = [row(reference, verb, found[0], comment) for verb, comment in verbs]
            sections.append(f"### {noun}\n\n| verb | meaning | actions |\n|---|---|---|\n" + "".join(rows))
    return "\n".join(sections)


def introduction(text: str) -> str:
    """The comment at the head of a library file, as a paragraph."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("# "):
            break
        lines.append(line[2:])
    return " ".join(lines)


def row(reference: Reference, verb: str, type: ResourceType, comment: str) -> str:
    entry = reference.verb(verb, type)
    if verb == "administer":
        lines = [line.strip() for line in entry["source"].splitlines()[1:-1]]
        actions = ", ".join(f"`{line}`" if ":" in line else f"all of {line}" for line in lines)
        return f"| `{verb}` | {comment} | {actions} |\n"
    places: dict[str, list[str]] = {}
    for one in entry["actions"]:
        place = {"its key": "on the *key*", "its role": "on the *role*", type.name: ""}.get(
            one["on"], f"on {one['on']}"
        )
        place += " under a condition" if "limited" in one else ""
        places.setdefault(place, []).append(f"`{one['action'].removeprefix(type.service + ':')}`")
    actions = "; ".join(f"{', '.join(names)} {place}".strip() for place, names in places.items())
    return f"| `{verb}` | {comment} | {actions} |\n"


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else f"{PAGE} is out of date")
    PAGE.write_text(text, encoding="utf-8", newline="\n")
