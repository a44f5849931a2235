"""What the functions are given: programs and policies as text, as values or as files, and options."""

from __future__ import annotations

import argparse
import json
import os

from iamdsl import read
from iamdsl.commands.options import DEFAULTS, MODES, TARGETS
from iamdsl.diagnostics import Report
from iamdsl.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Literal

    Path = os.PathLike[str]
    Program = str | Path | Iterable[Path]  # a text, a file or folder, or several of these that are one program
    Policy = str | Path | Mapping[str, Any]  # JSON as text, in a file, or parsed
    Things = str | Path | Mapping[str, Any] | Iterable[Path | Mapping[str, Any]]
    Target = Literal["json", "terraform", "cloudformation"]
    Mode = Literal["exact", "stable", "short"]
    Level = Literal["off", "note", "suggestion", "warning", "error"]

NAME = "program.iam"  # of a text
POLICY = "policy.json"


def programs(given: Program, name: str, report: Report) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """The sources of a program, and what it is named by. What cannot be read is in the report.

    Raises TypeError for anything else, and ValueError for a text that is the name of a file.
    """
    if isinstance(given, str):
        _no_name(given, read.SUFFIX)
        return (Source(name, given),), (name,)
    names = tuple(paths(given))
    return read.sources(list(names), name, report), names


def paths(given: Path | Iterable[Path]) -> list[str]:
    """The names of files and folders. Raises TypeError for anything else."""
    several = [given] if isinstance(given, os.PathLike) else list(given)
    for one in several:
        if not isinstance(one, os.PathLike):
            raise TypeError(f"a text, a pathlib.Path, or several paths; not {type(one).__name__} {one!r:.60}")
    if not several:
        raise ValueError("no files were given")
    return [os.fspath(one) for one in several]


def policy(given: Policy, report: Report) -> Source | None:
    """A policy as the text of its JSON; None, with a finding, where a file cannot be read."""
    if isinstance(given, str):
        _no_name(given, ".json")
        return Source(POLICY, given)
    if isinstance(given, os.PathLike):
        return read.file(os.fspath(given), report)
    return Source(POLICY, json.dumps(given, indent=2) + "\n")


def things(given: Things, label: str) -> tuple[list[str], tuple[Source, ...]]:
    """The files and folders, and the texts, that a question is about: programs, outputs of `compile`, policies."""
    if isinstance(given, str):
        _no_name(given, read.SUFFIX)
        _no_name(given, ".json")
        return [], (Source(f"{label}.json" if given.lstrip().startswith("{") else f"{label}.iam", given),)
    several = [given] if isinstance(given, os.PathLike) or hasattr(given, "keys") else list(given)
    names = [os.fspath(one) for one in several if isinstance(one, os.PathLike)]
    values = [one for one in several if not isinstance(one, os.PathLike)]
    end = [f"-{number}" for number in range(1, len(values) + 1)] if len(values) > 1 else [""]
    texts = [Source(f"{label}{ending}.json", json.dumps(one, indent=2)) for ending, one in zip(end, values)]
    if not several:
        raise ValueError("no files were given")
    return names, tuple(texts)


def mode(name: str) -> str:
    """A mode of minimizing. Raises ValueError for any other."""
    if name not in MODES:
        raise ValueError(f"{name!r} is no mode: {', '.join(MODES)}")
    return name


def target(name: str) -> str:
    """A target. Raises ValueError for any other."""
    if name not in TARGETS:
        raise ValueError(f"{name!r} is no target: {', '.join(TARGETS)}")
    return name


def _no_name(text: str, suffix: str) -> None:
    if text.endswith(suffix) and "\n" not in text:
        raise ValueError(f"a text is a program or policy itself: for the file, give pathlib.Path({text!r})")


def options(
    parameters: Mapping[str, str] | None = None,
    strict: bool = False,
    quotas: Mapping[str, int] | None = None,
    rules: Mapping[str, Level] | None = None,
    **more: object,
) -> argparse.Namespace:
    """Options as the command line has them. Raises ValueError for one that it would not take."""
    found: dict[str, Any] = {**DEFAULTS, "set": [], "stdin_filename": "-", "files": [], **more}
    found["strict"] = strict
    for name, value in (parameters or {}).items():
        if not isinstance(value, str):
            raise ValueError(f"the value of parameter {name!r} is text, not {type(value).__name__}")
        found["set"].append(f"{name}={value}")
    found["quotas"] = tuple(sorted((quotas or {}).items()))
    found["rules"] = _levels(rules or {})
    return argparse.Namespace(**found)


def _levels(rules: Mapping[str, Level]) -> dict[str, str]:
    from iamdsl.rulebook import NAMED  # local: few change the levels of rules

    found: dict[str, str] = {}
    for name, level in rules.items():
        if name not in NAMED:
            raise ValueError(f"there is no rule {name!r}")
        if level not in ("off", "note", "suggestion", "warning", "error"):
            raise ValueError(f"{level!r} is no level of a rule")
        if NAMED[name].severity == "error" and level != "error":
            raise ValueError(f"{name} is an error always")
        found[NAMED[name].code] = level
    return found
