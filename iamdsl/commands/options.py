"""The arguments that several commands take.

An option that a project may set (config.py) has no default of its own: `DEFAULTS` holds it, for when neither the command
line nor the project says anything.
"""

from __future__ import annotations

import argparse
import sys

from iamdsl.render import FORMATS

__all__ = [
    "DEFAULTS",
    "FORMATS",
    "MODES",
    "TARGETS",
    "WILDCARDS",
    "findings",
    "given",
    "inputs",
    "many",
    "meaning",
    "output",
    "verbose",
]

TARGETS = ("json", "terraform", "cloudformation")
WILDCARDS = {
    "exact": "none but the author's own",
    "stable": "along AWS's naming, such as `Get*`, each for actions of one access level",
    "short": "whatever is shortest and matches just these actions in the catalog",
}
MODES = tuple(WILDCARDS)
DEFAULTS: dict[str, object] = {
    "strict": False,
    "sids": False,
    "output_format": "text",
    "target": "json",
    "minimize": "exact",
    "output": None,
    "quotas": (),
    "rules": {},
    "settings": "",
    "settings_seen": (),
    "programs": (),
}


def inputs(parser: argparse.ArgumentParser) -> None:
    """Programs to read, and how to show what is found in them."""
    parser.add_argument("files", nargs="*", metavar="FILE|DIR|-", help="programs; `-` is standard input (default: .)")
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    findings(parser)


def findings(parser: argparse.ArgumentParser, *more: str) -> None:
    """How to show findings; `more`: forms of what the command itself tells."""
    parser.add_argument("--output-format", choices=(*FORMATS, *more), help="of findings (default: text)")


def verbose(parser: argparse.ArgumentParser) -> None:
    """Suggestions are many, and few programs need any of them."""
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show suggestions, and with `check` how full each document is"
    )


def meaning(parser: argparse.ArgumentParser) -> None:
    """What decides, beside the programs, what they mean and whether they pass."""
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="give a `param` its value")
    flag(parser, "--strict", "warnings are errors")


def output(parser: argparse.ArgumentParser) -> None:
    """What documents are to be like, and where they go."""
    parser.add_argument("-o", dest="output", metavar="DIR", help="write files here (`-`, the default: standard output)")
    parser.add_argument("--target", choices=TARGETS, help="what to write (default: json)")
    parser.add_argument(
        "--minimize", choices=MODES, help="which wildcards may shorten lists of actions (default: exact, none)"
    )
    flag(parser, "--sids", "name each statement after its sentence")


def many(parser: argparse.ArgumentParser) -> None:
    """Which of what is named is a program, and how several are compiled."""
    parser.add_argument(
        "--each",
        action="store_true",
        help="every FILE and DIR is a program of its own, also by a pattern such as 'teams/*'",
    )
    parser.add_argument("--jobs", type=count, metavar="N", help="programs compiled at once (default: one a processor)")
    parser.add_argument("--no-cache", action="store_true", help="compile what has not changed, too")


def count(text: str) -> int:
    """A number from 1. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 1")
    return int(text)


def flag(parser: argparse.ArgumentParser, name: str, help: str) -> None:
    """A flag that a project may set, so that there is also the word that unsets it."""
    parser.add_argument(name, action="store_true", default=None, help=help)
    parser.add_argument(name.replace("--", "--no-", 1), action="store_false", dest=name[2:], help=argparse.SUPPRESS)


def given(settings: list[str]) -> dict[str, str] | None:
    """The values given with `--set`; None, with a message, where one is not understood."""
    found: dict[str, str] = {}
    for one in settings:
        name, equals, value = one.partition("=")
        if not equals or not name:
            print(f"error: `--set {one}`: write `--set NAME=VALUE`", file=sys.stderr)
            return None
        if found.setdefault(name, value) != value:
            print(f"error: `--set {name}` is given twice: `{found[name]}` and `{value}`", file=sys.stderr)
            return None
    return found
