"""A server with all that it answers, on standard input and output."""

from __future__ import annotations

import gc
import os
import sys

from iamdsl.lsp import finding, requests, showing, writing
from iamdsl.lsp.server import Server


def serve() -> int:
    """Serve the client on standard input and output until it leaves; the exit status."""
    gc.enable()  # the command line switches it off for its short life
    gc.set_threshold(50_000, 20, 50)  # trees are large and rarely make cycles
    server = Server()
    requests.register(server, (writing, finding, showing))
    server.start_io()
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # pygls has closed it
    return 0
