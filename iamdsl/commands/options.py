"""The arguments that several commands take."""

from __future__ import annotations

import argparse

from iamdsl.render import FORMATS


def inputs(parser: argparse.ArgumentParser) -> None:
    """Programs to read, and how to show what is found in them."""
    parser.add_argument("files", nargs="*", metavar="FILE|DIR|-", help="programs; `-` is standard input (default: .)")
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    findings(parser)


def findings(parser: argparse.ArgumentParser) -> None:
    """How to show findings."""
    parser.add_argument("--output-format", choices=FORMATS, default="text", help="of findings")


def meaning(parser: argparse.ArgumentParser) -> None:
    """What decides, beside the programs, what they mean and whether they pass."""
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="give a `param` its value")
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
