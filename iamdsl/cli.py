"""The command line: arguments in, text and an exit status out.

Status: 0 fine, 1 findings or something to change, 2 usage or unreadable input, 3 a bug in this program.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys

from iamdsl import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FORMATS = ("text", "concise", "json", "sarif", "github")
BUG = "this is a bug in iamdsl: please report it with the program that caused it, at https://github.com/iamdsl/iamdsl/issues"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the console script exits with what this returns."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    gc.disable()  # a short life that builds trees without cycles: collecting costs a fifth of a large compile
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        status = run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # the reader has gone: nothing more to say, and nothing for Python to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as fault:
        return _unwritable("standard output", fault)
    except KeyboardInterrupt:
        return 130
    except Exception:
        if os.environ.get("IAMDSL_DEBUG"):
            raise
        import traceback  # local: only where something is broken

        trace = traceback.format_exc().rstrip().splitlines()
        print("\n".join(["internal error", *trace[-3:], BUG]), file=sys.stderr)
        return 3


def _unwritable(what: str, fault: OSError) -> int:
    print(f"error: cannot write {what}: {(fault.strerror or str(fault)).lower()}", file=sys.stderr)
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        pass
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="iamdsl", description="Sentences to AWS IAM policy.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"iamdsl {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _compile_arguments(_command(commands, "compile", "write the policies that a program says", "compile"))
    _program_arguments(_command(commands, "check", "everything compile does, writes nothing", "check"))
    _format_arguments(_command(commands, "format", "lay programs out", "format"))
    explain = _command(commands, "explain", "the page of a rule", "explain")
    explain.add_argument("code", metavar="CODE", help="a code or name, such as IAM301 or unknown-action")
    return parser


def _command(commands: argparse._SubParsersAction, name: str, help: str, run: str) -> argparse.ArgumentParser:  # type: ignore[type-arg]
    made: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    made.set_defaults(run=_RUN[run])
    return made


def _input_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE|DIR|-", help="programs; `-` is standard input (default: .)")
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    parser.add_argument("--output-format", choices=FORMATS, default="text", help="of findings")


def _program_arguments(parser: argparse.ArgumentParser) -> None:
    _input_arguments(parser)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="give a `param` its value")
    parser.add_argument("--strict", action="store_true", help="warnings are errors")


def _compile_arguments(parser: argparse.ArgumentParser) -> None:
    _program_arguments(parser)
    parser.add_argument("-o", dest="output", metavar="DIR", help="write files here (default: standard output)")
    parser.add_argument("--target", choices=("json",), default="json", help="what to write")
    parser.add_argument("--minimize", choices=("exact",), default="exact", help="how to shorten lists of actions")
    parser.add_argument("--sids", action="store_true", help="name each statement after its sentence")
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if DIR is out of date")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change in DIR")


def _format_arguments(parser: argparse.ArgumentParser) -> None:
    _input_arguments(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")


def _compile(options: argparse.Namespace) -> int:
    from iamdsl.commands import compile  # local: each command loads what it runs

    return compile.run(options)


def _check(options: argparse.Namespace) -> int:
    from iamdsl.commands import check  # local: as above

    return check.run(options)


def _format(options: argparse.Namespace) -> int:
    from iamdsl.commands import format  # local: as above

    return format.run(options)


def _explain(options: argparse.Namespace) -> int:
    from iamdsl.commands import explain  # local: as above

    return explain.run(options)


_RUN = {"compile": _compile, "check": _check, "format": _format, "explain": _explain}

if __name__ == "__main__":
    sys.exit(main())
