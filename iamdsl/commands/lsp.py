"""`iamdsl lsp`: the language server, which editors start."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdio", action="store_true", help="talk over standard input and output (the only way there is)"
    )


def run(options: argparse.Namespace) -> int:
    try:
        from iamdsl.lsp.serve import serve  # local: an extra, which the other commands do without
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.split(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        print(f"error: the language server needs `{missing.name}`: pip install 'iamdsl[lsp]'", file=sys.stderr)
        return 2
    if sys.stdin is not None and sys.stdin.isatty():
        print("the language server waits for an editor; docs/editor.md says how yours starts it", file=sys.stderr)
    return serve()
