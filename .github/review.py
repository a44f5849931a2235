"""What the GitHub Action does: check the programs, and say on a pull request what access it gives and takes.

It is told by the environment: that of every step (docs.github.com, "Variables reference"), and `IAMDSL_...` of action.yml.
Status 1: the programs have errors, what is committed is out of date, or there is new access and that is to fail.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import iamdsl

MARK = "<!-- iamdsl: access -->"  # by which an earlier comment is found again
LONGEST = 60_000  # characters of a comment; GitHub takes 65,536


def main() -> int:
    names = [name for name in os.environ.get("IAMDSL_PROGRAM", ".").splitlines() if name.strip()]
    status = checked(names, os.environ.get("IAMDSL_OUTPUT", ""))
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    pull = event.get("pull_request")
    if status or pull is None:
        return status
    with tempfile.TemporaryDirectory() as folder:
        checked_out(pull["base"]["sha"], folder)
        text, new = compared(folder, names)
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"new-access={str(new).lower()}\n")
    with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
        file.write(text)
    if os.environ.get("IAMDSL_COMMENT") == "true":
        say(text, pull["number"])
    if new and os.environ.get("IAMDSL_FAIL") == "true":
        print("::error::this change gives new access")
        return 1
    return 0


def checked(names: list[str], output: str) -> int:
    """Whether all programs compile and what is committed of them is up to date; findings become annotations."""
    command = ["compile", *names, "-o", output, "--check"] if output else ["check", *names]
    return subprocess.run([sys.executable, "-m", "iamdsl", *command, "--output-format", "github"]).returncode


def checked_out(commit: str, folder: str) -> None:
    """The tree of a commit, which a shallow clone has not, to `folder`."""
    if subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], capture_output=True).returncode:
        subprocess.run(["git", "fetch", "--quiet", "--depth=1", "origin", commit], check=True)
    archive = subprocess.run(["git", "archive", commit], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)


def compared(base: str, names: list[str]) -> tuple[str, bool]:
    """What changes from the tree in `base` to the one here, as Markdown, and whether anybody gains access."""
    here = Path.cwd()
    os.chdir(base)
    old = programs(names)
    os.chdir(here)
    new = programs(names)
    parts, gained = [], False
    for place in sorted({*old, *new}):
        before = [Path(base, name) for name in old.get(place, ()) if Path(base, name).exists()]
        after = [Path(name) for name in new.get(place, ())]
        try:
            found = iamdsl.diff(before or None, after or None)
            text, gains = found.markdown, found.new_access or bool(found.undecided)
            changed = bool(found.changes) or gains
        except iamdsl.CompileError as fault:  # of the base: what is here compiles
            text, gains, changed = f"### Access could not be compared\n\n```text\n{fault}\n```\n", True, True
        gained |= gains
        if changed or len({*old, *new}) == 1:
            parts.append(text.replace("### ", f"### `{place}`: ", 1) if place else text)
    return "\n".join(parts).replace(f"{base}/", "") or "### The same access\n\nNo program gives other access.\n", gained


def programs(names: list[str]) -> dict[str, list[str]]:
    """The programs in the working folder: those that its settings name, else the one that `names` are."""
    try:
        several = iamdsl.programs(names[0]) if len(names) == 1 and Path(names[0]).exists() else {}
    except iamdsl.CompileError:
        several = {}
    return {place: [path] for place, path in several.items()} or {"": names}


def say(text: str, number: int) -> None:
    """Comment on the pull request, or change what was said there before."""
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition("\n")[0] + "\n\n... and more: see the summary of the run\n"
    issue = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    body = {"body": f"{MARK}\n{text}"}
    try:
        for page in range(1, 31):
            found = asked("GET", f"{issue}/{number}/comments?per_page=100&page={page}")
            for one in found:
                if one["body"].startswith(MARK):
                    asked("PATCH", f"{issue}/comments/{one['id']}", body)
                    return
            if len(found) < 100:
                break
        asked("POST", f"{issue}/{number}/comments", body)
    except urllib.error.HTTPError as fault:  # a token that may only read, as for pull requests from forks
        print(f"::warning::iamdsl cannot comment ({fault.code}): give the job the permission `pull-requests: write`")


def asked(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """What GitHub's API answers."""
    request = urllib.request.Request(os.environ["GITHUB_API_URL"] + path, method=method)
    request.add_header("Authorization", f"Bearer {os.environ['GITHUB_TOKEN']}")
    request.add_header("Accept", "application/vnd.github+json")
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
