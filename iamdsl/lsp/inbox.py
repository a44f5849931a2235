"""Messages of the client, read on a thread of their own, so that the server sees while it works that one has come."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)", re.IGNORECASE | re.MULTILINE)
CANCEL = "$/cancelRequest"


class Inbox:
    """What has come and was not taken yet. `arrived` is called on the reading thread, after each message and at the end."""

    def __init__(self, descriptor: int, arrived: Callable[[], None]) -> None:
        self.ended = False
        self.cancelled: deque[Any] = deque()  # the ids of requests that were cancelled before they were taken
        self._descriptor = descriptor
        self._arrived = arrived
        self._come: deque[bytes] = deque()  # filled by the thread
        self._ready: deque[dict[str, Any]] = deque()

    def start(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def __bool__(self) -> bool:
        return bool(self._come or self._ready)

    def take(self) -> dict[str, Any] | None:
        """The next message, None if there is none; raises ValueError for one that is no JSON object."""
        while self._come:
            message = json.loads(self._come.popleft())
            if not isinstance(message, dict):
                raise ValueError("a message is a JSON object")
            if message.get("method") != CANCEL or not self._cancel(message):
                self._ready.append(message)
        return self._ready.popleft() if self._ready else None

    def _cancel(self, message: dict[str, Any]) -> bool:
        """Drop the request that is cancelled; whether it has not been taken yet."""
        id = message["params"]["id"]
        for one in self._ready:
            if one.get("id") == id and "method" in one:
                self._ready.remove(one)
                self.cancelled.append(id)
                return True
        return False

    def _read(self) -> None:
        held = b""
        while data := os.read(self._descriptor, 1 << 16):
            held += data
            while (end := held.find(b"\r\n\r\n")) >= 0:
                length = _LENGTH.search(held, 0, end)
                size = int(length[1]) if length else 0
                if len(held) < end + 4 + size:
                    break
                self._come.append(held[end + 4 : end + 4 + size])
                held = held[end + 4 + size :]
                self._arrived()
        self.ended = True
        self._arrived()
