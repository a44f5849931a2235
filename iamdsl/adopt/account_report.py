"""What was done with an account, to read: what was said once, what is kept as it is, and what somebody should look at."""

from __future__ import annotations

from iamdsl.adopt.adopt import Adopted
from iamdsl.adopt.model import Account
from iamdsl.adopt.pieces import Key
from iamdsl.adopt.review import Suspicion
from iamdsl.diagnostics import Report
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILE = "REPORT.md"
MOST = 10  # of each list: a report that nobody reads to its end hides what it says


def summary(account: Account, adopted: Adopted, suspicions: Sequence[Suspicion]) -> str:
    """One paragraph: how much of what, and what became of it."""
    counts = [
        _count(len([one for one in account.principals if one.kind == kind]), kind) for kind in ("user", "group", "role")
    ]
    counts += [_count(len(account.policies), "managed policy", "managed policies")]
    counts += [_count(sum(len(one.inline) for one in account.principals), "inline policy", "inline policies")]
    counts += [_count(len(account.held), "policy of a resource", "policies of resources")] if account.held else []
    counts += [_count(len(account.guardrails), "guardrail")] if account.guardrails else []
    kept = [one for one in adopted.pieces if not one.body]
    files = sum(path.endswith(".iam") for path, _ in adopted.texts)
    lines = [f"{', '.join(counts)}: {_count(sentences(adopted), 'sentence')} in {_count(files, 'file')}, proved equal."]
    if adopted.made.merged:
        lines.append(f"{_count(adopted.made.merged, 'document')} said by the sentences of another that is the same.")
    if kept:
        lines.append(f"{_count(len(kept), 'document')} kept as JSON, since no sentences say just that.")
    if suspicions:
        worst = sum(one.found.level == "error" for one in suspicions)
        lines.append(f"{_count(len(suspicions), 'thing')} to look at, {worst} of them grave.")
    return " ".join(lines)


def sentences(adopted: Adopted) -> int:
    """How many sentences the program has, those inside others counted."""

    def inside(lines: Iterable[ast.Line]) -> int:
        return sum(1 + inside(getattr(line.sentence, "body", ())) for line in lines)

    return sum(inside(lines) for lines in adopted.made.files.values())


def account_report(account: Account, adopted: Adopted, suspicions: Sequence[Suspicion], findings: Report) -> str:
    """The text of the report, in Markdown."""
    parts = ["# What was read, and what it says", "", summary(account, adopted, suspicions), ""]
    parts += _merged(adopted)
    kept = [one for one in adopted.pieces if not one.body]
    parts += _list("Kept as JSON", [f"{_whose(one.key)}: {one.reason}" for one in kept])
    others = [one for one in findings if one.rule.slug in ("unresolved-reference", "left-out")]
    parts += _list("Not known here, or left out", [one.message for one in others])
    parts += _suspicious(suspicions)
    return "\n".join(parts)


def _merged(adopted: Adopted) -> list[str]:
    groups = [keys for lines in adopted.made.keys.values() for keys in lines if len(keys) > 1]
    texts = [f"{_whose(keys[0])} and {len(keys) - 1} more: {_names(keys[1:])}" for keys in groups]
    return _list("Said once", sorted(texts))


def _suspicious(suspicions: Sequence[Suspicion]) -> list[str]:
    rules: dict[tuple[str, str, str], list[Suspicion]] = {}
    for one in suspicions:
        rules.setdefault((one.found.level, one.found.rule.code, one.found.rule.slug), []).append(one)
    found = []
    for (level, code, slug), several in rules.items():
        found += [f"### {level} {code} {slug}", ""]
        for one in several[:MOST]:
            found += [
                f"- {one.found.message}: {_whose(one.keys[0])}"
                + (f" and {len(one.keys) - 1} more" if one.keys[1:] else "")
            ]
        found += [f"- and {len(several) - MOST} more of this kind"] if len(several) > MOST else []
        found += [""]
    head = ["## To look at", "", "`iamdsl explain CODE` has the page of each kind.", ""]
    return [*head, *found] if found else []


def _list(title: str, texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    more = [f"- and {len(texts) - 5 * MOST} more"] if len(texts) > 5 * MOST else []
    return [f"## {title} ({len(texts)})", "", *[f"- {text}" for text in texts[: 5 * MOST]], *more, ""]


def _whose(key: Key) -> str:
    return str(key)


def _names(keys: Sequence[Key]) -> str:
    names = [f"`{key.name}`" for key in keys[:MOST]]
    return ", ".join(names) + (", ..." if len(keys) > MOST else "")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
