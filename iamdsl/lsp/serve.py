"""A server with all that it answers, on standard input and output."""

from __future__ import annotations

import asyncio
import gc
import os
import sys

from pygls.io_ import StdoutWriter

from iamdsl.lsp import finding, requests, showing, writing
from iamdsl.lsp.server import Server


def serve() -> int:
    """Serve the client on standard input and output until it leaves; the exit status."""
    gc.enable()  # the command line switches it off for its short life
    gc.set_threshold(50_000, 20, 50)  # trees are large and rarely make cycles
    server = Server()
    requests.register(server, (writing, finding, showing))
    server.protocol.set_writer(StdoutWriter(sys.stdout.buffer))
    try:
        asyncio.run(server.serve(sys.stdin.fileno()))
    except (SystemExit, KeyboardInterrupt) as left:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # pygls has closed it
        return int(left.code or 0) if isinstance(left, SystemExit) else 130
    return 0
