"""One writer to a folder at a time."""

from __future__ import annotations

import os


class Lock:
    """While it is entered, no other holder of a lock on `folder` is; it ends with the process, however that ends.

    The folder itself is locked, so nothing is left in it. Where the system or the file system cannot lock a folder, this
    does nothing. Entering raises OSError if there is no such folder.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder or "."
        self._held: int | None = None

    def __enter__(self) -> None:
        try:
            from fcntl import LOCK_EX, flock  # local: there is none on Windows
        except ImportError:
            return
        while True:
            self._held = os.open(self.folder, os.O_RDONLY)
            try:
                flock(self._held, LOCK_EX)
            except OSError:
                return  # a network file system without locks
            if os.path.samestat(os.fstat(self._held), os.stat(self.folder)):
                return
            os.close(self._held)  # another run took the folder away and a third made it anew

    def __exit__(self, *_: object) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None
