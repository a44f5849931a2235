"""Where long work pauses: a server does something else meanwhile, or has the work given up; the command line never listens."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_listener: Callable[[], None] | None = None


class Interrupted(BaseException):
    """The work is given up: what it is made of has changed. What was done before is as it was."""


def pause() -> None:
    """Let whoever listens have a turn. Raises what the listener raises, Interrupted if the work is not wanted any more.

    Only what lasts calls this, some milliseconds apart, and only where nothing that others can see is half done.
    """
    if _listener is not None:
        _listener()


def listen(listener: Callable[[], None] | None) -> Callable[[], None] | None:
    """Have `listener` called at each pause, None for nobody; the one before."""
    global _listener
    before, _listener = _listener, listener
    return before
