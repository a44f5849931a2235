"""The command line: arguments in, text and an exit status out.

Status: 0 fine, 1 findings or something to change, 2 usage or unreadable input, 3 a bug in this program.

A command is a line of `COMMANDS` and a module of the same name in `commands/` (`who-can`: who_can.py) with two functions:
`arguments(parser)` declares what it takes, `run(options)` does it and returns the status. Only the one that was asked for
is imported.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib import import_module

from iamdsl import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COMMANDS = {
    "compile": "write the policies that a program says",
    "check": "everything compile does, writes nothing",
    "format": "lay programs out",
    "decompile": "sentences that say what policy JSON does, proved",
    "validate": "what AWS would say of a policy document, and what it would not",
    "prove": "the claims of a program, proved or refuted with a request",
    "diff": "what access NEW adds or takes away, over all requests",
    "can": "decide one request, and say why",
    "who-can": "every principal that may do a thing, and when",
    "minimize": "anybody's policy, smaller, and proved to be the same",
    "explain": "the page of a rule, or the sentences behind a document",
    "catalog": "what AWS and the verb library offer",
    "init": "a starter program, with settings and editor hints",
    "lsp": "the language server, for editors",
}
FINDINGS = ("check", "validate", "prove")  # what is found is what they print
BUG = "this is a bug in iamdsl: please report it with the program that caused it, at https://github.com/iamdsl/iamdsl/issues"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the console script exits with what this returns."""
    _open_streams()
    gc.disable()  # a short life that builds trees without cycles: collecting costs a fifth of a large compile
    try:
        try:
            status = _run(sys.argv[1:] if arguments is None else list(arguments))
        except SystemExit as stop:  # argparse has said what there is to say
            status = stop.code if isinstance(stop.code, int) else 2
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader has gone: nothing more to say
        _silence()
        return 1
    except OSError as fault:
        return _failed(fault)
    except KeyboardInterrupt:
        return 130
    except Exception:
        if os.environ.get("IAMDSL_DEBUG"):
            raise
        import traceback  # local: only where something is broken

        trace = traceback.format_exc().rstrip().splitlines()
        print("\n".join(["internal error", *trace[-3:], BUG]), file=sys.stderr)
        return 3


def _open_streams() -> None:
    """UTF-8, whatever the locale. A closed standard output fails when it is written to, as it would in C."""
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def _failed(fault: OSError) -> int:
    """Say that a stream cannot be written, or that a file of the installation cannot be read."""
    what = fault.filename or "cannot write standard output"
    try:
        print(f"error: {what}: {(fault.strerror or str(fault)).lower()}", file=sys.stderr, flush=True)
    except OSError:
        pass  # it is standard error that cannot be written
    _silence()
    return 2


def _silence() -> None:
    """Leave Python nothing to write, and to fail at, when it exits."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _run(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        _overview(arguments)
    parser = argparse.ArgumentParser(
        prog=f"iamdsl {name}", description=COMMANDS[name], formatter_class=_formatter, allow_abbrev=False
    )
    command = import_module("iamdsl.commands." + name.replace("-", "_"))
    command.arguments(parser)
    # options may stand between files, but argparse loses the `--` of those who put all files behind it
    parse = parser.parse_known_args if "--" in arguments else parser.parse_known_intermixed_args
    options, unknown = parse(arguments[1:])
    if unknown:
        known = [option for action in parser._actions for option in action.option_strings]
        if not unknown[0].startswith("-"):
            parser.error(f"`{unknown[0]}` is one more than `{name}` takes")
        parser.error(f"unknown option `{unknown[0]}`{_close(unknown[0].partition('=')[0], known)}")
    from iamdsl.commands import project  # local: not for help

    if not project.settled(options, sys.stdout if name in FINDINGS else sys.stderr):
        return 2
    status: int = command.run(options)
    return status


def _formatter(prog: str) -> argparse.HelpFormatter:
    """argparse makes one for every argument, and imports `shutil`, 5 ms, only to ask how wide the terminal is."""
    try:
        width = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (OSError, ValueError):
        width = 80
    return argparse.HelpFormatter(prog, width=max(width - 2, 40))


def _overview(arguments: list[str]) -> None:
    """What there is to say without a command: help, the version, or that one is missing; never returns."""
    width = max(map(len, COMMANDS)) + 2
    parser = argparse.ArgumentParser(
        prog="iamdsl",
        usage="iamdsl [-h] [--version] COMMAND ...",
        description="Sentences to AWS IAM policy.",
        epilog="commands:\n" + "\n".join(f"  {name:{width}}{help}" for name, help in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"iamdsl {__version__}")
    if not arguments or arguments[0].startswith("-"):
        parser.parse_known_args(arguments[:1])
        parser.error("name a command first, such as `iamdsl compile`; `iamdsl --help` lists them")
    parser.error(f"unknown command `{arguments[0]}`{_close(arguments[0], COMMANDS)}")


def _close(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # local: only where something is wrong

    close = get_close_matches(name, known, 1, 0.7)
    return f": did you mean `{close[0]}`?" if close else ""


if __name__ == "__main__":
    sys.exit(main())
