"""What is kept for the user on this machine from one run to the next: a value a file, as it was written or not at all."""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def folder() -> str | None:
    """The user's cache folder for iamdsl: `$IAMDSL_CACHE`, else the platform's usual place; None for a user without one.

    A relative `$XDG_CACHE_HOME` does not count (XDG base directory specification).
    """
    named = os.environ.get("IAMDSL_CACHE")
    if named:
        return named
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or ""
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return os.path.join(base, "iamdsl") if os.path.isabs(base) else None


def load(path: str) -> Any | None:
    """The JSON value that the file holds; None without one that is as it was written: a value with a fault misleads."""
    try:
        with open(path, "rb") as file:
            digest, _, data = file.read().partition(b"\n")
    except OSError:
        return None
    if sha256(data).hexdigest().encode() != digest:
        return None
    return json.loads(data)


def keep(path: str, value: Any) -> bool:
    """Write the file whole or not at all, and say which: a folder that cannot be written costs time, never the run."""
    data = json.dumps(value, separators=(",", ":")).encode()
    part = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(part, "wb") as file:
            file.write(sha256(data).hexdigest().encode() + b"\n" + data)
        os.replace(part, path)
    except OSError:
        return False
    return True
