"""How the modules of requests say what they answer."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from iamdsl.editor.program import Program
from iamdsl.lsp.positions import path_of
from iamdsl.lsp.server import Server

Handler = Callable[..., Any]
_HANDLERS: list[tuple[str, Any, Handler]] = []
_COMMANDS: list[tuple[str, Handler]] = []


def on(method: str, options: Any = None) -> Callable[[Handler], Handler]:
    """Note the function as what answers `method`."""

    def noted(function: Handler) -> Handler:
        _HANDLERS.append((method, options, function))
        return function

    return noted


def command(name: str) -> Callable[[Handler], Handler]:
    """Note the function as what does the command `name`."""

    def noted(function: Handler) -> Handler:
        _COMMANDS.append((name, function))
        return function

    return noted


def register(server: Server, modules: tuple[ModuleType, ...]) -> None:
    """Let `server` answer what `modules` note."""
    names = {module.__name__ for module in modules}
    for method, options, function in _HANDLERS:
        if function.__module__ in names:
            server.feature(method, options)(function)
    for name, function in _COMMANDS:
        if function.__module__ in names:
            server.command(name)(function)


def at(server: Server, params: Any) -> tuple[Program, str, int] | None:
    """The program, path and offset that a request is about; None for a file that is not open."""
    here = opened(server, params)
    return (*here, server.lines(here[1]).offset(params.position)) if here else None


def opened(server: Server, params: Any) -> tuple[Program, str] | None:
    """The program and path that a request is about; None for a file that is not open."""
    path = path_of(params.text_document.uri)
    program = server.program(path)
    return (program, path) if program is not None and program.file(path) is not None else None
