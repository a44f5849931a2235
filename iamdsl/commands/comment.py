"""What a change of access is to people who review it: Markdown for a comment on a pull or merge request."""

from __future__ import annotations

import re

from iamdsl.diagnostics import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FEW = 5  # actions or resources of one line
_LINES = 40  # of changes, before the rest is only counted
_SENTENCE = re.compile(r"""\s*[^#"']*?\b(?:can|cannot)\s+([^#]*)""")
_VERBS = (
    ("gained", "lets {who} {what}"),
    ("lost", "no longer lets {who} {what}"),
    ("denied", "denies {who} {what}"),
    ("no_longer_denied", "no longer denies {who} {what}"),
)


def comment(found: dict[str, Any], report: Report) -> str:
    """Markdown of what `diff --output-format json` has. Nothing in it is markup that a program or policy has brought."""
    lines = [line for verb, text in _VERBS for one in found["changes"] for line in _changed(one, verb, text, report)]
    text = [f"### {_title(found)}", ""]
    if lines:
        text += ["This change", "", *lines[:_LINES]]
        text += [f"- ... and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
    else:
        text += ["This change lets nobody do anything new, and takes nothing away."]
    if why := found.get("why"):
        text += ["", f"Not all could be decided, so there may be more: {_plain(why)}"]
    for key, label in (("new", "A request that is newly allowed"), ("lost", "A request that no longer is")):
        if found["witness"][key]:
            text += ["", *_request(found["witness"][key], label)]
    return "\n".join(text) + "\n"


def _title(found: dict[str, Any]) -> str:
    if found["new_access"]:
        return "New access"
    if found.get("why"):
        return "Access could not be compared"
    return "Less access" if found["lost_access"] else "The same access"


def _changed(one: dict[str, Any], verb: str, text: str, report: Report) -> list[str]:
    who = f"**{_plain(one['subject'] or 'the policy')}**"
    found: dict[str, list[str]] = {}
    for scope in one[verb]:
        because = _new(scope["because"], report)
        said = list(dict.fromkeys([_sentence(place, report) for place in because])) or [""]
        actions, resources = _listed(scope["actions"]), _listed(scope["resources"] or ["all resources"])
        what = _plain(" and ".join(said)) if all(said) and len(said) < _FEW else f"{actions} on {resources}"
        places = ", ".join(map(_code, because[:_FEW]))
        if scope["condition"]:
            actions += f" (if {_plain(scope['condition'])})"
        detail = f"{actions} on {resources}" + (f", by {places}" if places else "")
        found.setdefault(f"- {text.format(who=who, what=what)}", []).append(f"  - {detail}")
    return ["\n".join([head, *dict.fromkeys(details)]) for head, details in found.items()]


def _new(places: list[str], report: Report) -> list[str]:
    """Those of the sentences behind a statement that stand on one side only, if there are such: the change."""
    found = []
    for place in places:
        path, _, number = place.rpartition(":")
        line = _line(path, number, report)
        others = [source for source in report.sources.values() if source.path != path]
        if line and not any([line in map(str.strip, source.text.splitlines()) for source in others]):
            found.append(place)
    return found or places


def _line(path: str, number: str, report: Report) -> str:
    source = report.sources.get(path)
    return source.line(int(number)).strip() if source and number.isdecimal() else ""


def _sentence(place: str, report: Report) -> str:
    """What follows `can` in the sentence at `file:line`; "" where that is not known, or stands for several."""
    path, _, number = place.rpartition(":")
    matched = _SENTENCE.fullmatch(_line(path, number, report).partition(" # ")[0])
    return "" if matched is None or "{" in matched[1] else " ".join(matched[1].split())


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join([_code(one) for one in names[:_FEW]]) + more


def _request(request: dict[str, Any], label: str) -> list[str]:
    lines = [f"{request['principal']} {request['action']} {request['resource']}"]
    lines += [f"    {key} = {value}" for key, value in request["context"].items()]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", "".join(lines))), default=0))
    return [f"<details><summary>{label}</summary>", "", f"{fence}text", *lines, fence, "", "</details>"]


def _code(text: str) -> str:
    """`text` as a code span, whatever is in it (CommonMark 6.1)."""
    text = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _plain(text: str) -> str:
    """`text` with no markup, link or mention in it."""
    text = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]()#+!|<>&~$:])", r"\\\1", text).replace("@", "@\u200b")
