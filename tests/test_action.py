"""The GitHub Action: its script, run as a step would run it, against a server that answers as GitHub's API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "account prod = 111122223333\nrole analyst for service glue\nanalyst can read bucket results\n"


class GitHub(BaseHTTPRequestHandler):
    """Comments of issues: listed, made, changed."""

    comments: list[dict[str, Any]] = []
    refuses = False

    def do_GET(self) -> None:
        page = int(self.path.rpartition("=")[2])
        self.answer(GitHub.comments[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        GitHub.comments.append({"id": len(GitHub.comments), **self.body()})
        self.answer(GitHub.comments[-1])

    def do_PATCH(self) -> None:
        GitHub.comments[int(self.path.rpartition("/")[2])].update(self.body())
        self.answer({})

    def body(self) -> dict[str, Any]:
        assert self.path.startswith("/repos/acme/iam/issues/") and self.headers["Authorization"] == "Bearer secret"
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def answer(self, value: object) -> None:
        self.send_response(403 if GitHub.refuses else 200)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    GitHub.comments, GitHub.refuses = [], False
    server = HTTPServer(("127.0.0.1", 0), GitHub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/iam")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work" / "policies").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("IAMDSL_CACHE", str(tmp_path / "cache"))
    git("init", "-q", "-b", "main")
    Path("policies/team.iam").write_text(PROGRAM)
    return tmp_path


def git(*command: str) -> str:
    given = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *command]
    return subprocess.run(given, check=True, capture_output=True, text=True).stdout.strip()


def commit() -> str:
    git("add", "-A")
    git("commit", "-qm", "x", "--allow-empty")
    return git("rev-parse", "HEAD")


def step(base: str | None, status: int = 0, **options: str) -> str:
    """What the step prints; `base`: the commit of the base of a pull request, None for a push."""
    event = {"pull_request": {"number": 7, "base": {"sha": base}}} if base else {"ref": "refs/heads/main"}
    Path("../event.json").write_text(json.dumps(event))
    files = {f"GITHUB_{name}": str(Path("..", name).resolve()) for name in ("OUTPUT", "STEP_SUMMARY")}
    given = {"IAMDSL_PROGRAM": "policies", "IAMDSL_COMMENT": "true", "GITHUB_EVENT_PATH": "../event.json", **files}
    environment = {**os.environ, **given, **{f"IAMDSL_{name}": value for name, value in options.items()}}
    command = [sys.executable, str(ROOT / ".github" / "review.py")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def output() -> str:
    return Path("../OUTPUT").read_text().splitlines()[-1]


def test_new_access_is_said_on_the_pull_request() -> None:
    base = commit()
    Path("policies/team.iam").write_text(PROGRAM + "analyst can write bucket results\n")
    commit()
    step(base)
    (comment,) = GitHub.comments
    assert "- lets **role analyst** write bucket results\n  - `s3:PutObject`" in comment["body"]
    assert "by `policies/team.iam:4`" in comment["body"]
    assert output() == "new-access=true"
    assert "### New access" in Path("../STEP_SUMMARY").read_text()
    GitHub.comments.insert(0, {"id": 0, "body": "hello"})
    GitHub.comments[1]["id"] = 1
    Path("policies/team.iam").write_text(PROGRAM)
    step(base)
    assert len(GitHub.comments) == 2 and "### The same access" in GitHub.comments[1]["body"]
    assert output() == "new-access=false"


def test_new_access_may_fail() -> None:
    base = commit()
    Path("policies/team.iam").write_text(PROGRAM + "analyst can write bucket results\n")
    assert "::error::this change gives new access" in step(base, 1, FAIL="true")
    assert len(GitHub.comments) == 1
    Path("policies/team.iam").write_text(PROGRAM + "analyst cannot delete bucket results\n")
    step(base, FAIL="true")


def test_errors_are_annotations() -> None:
    base = commit()
    Path("policies/team.iam").write_text(PROGRAM + "analyst can reed bucket results\n")
    said = step(base, 1)
    assert "::error file=policies/team.iam,line=4,col=13" in said and not GitHub.comments


def test_what_is_committed_is_checked() -> None:
    from iamdsl.cli import main

    assert main(["compile", "policies", "-o", "out"]) == 0
    base = commit()
    step(base, OUTPUT="out")
    Path("out/roles/analyst/policy.json").write_text('{"Version": "2012-10-17", "Statement": []}\n')
    step(base, 1, OUTPUT="out")
    step(None, 1, OUTPUT="out")


def test_a_push_is_only_checked() -> None:
    commit()
    step(None)
    assert not GitHub.comments


def test_a_program_that_is_new_or_gone() -> None:
    os.rename("policies", "elsewhere")
    base = commit()
    os.rename("elsewhere", "policies")
    step(base)
    assert "lets **role analyst** read bucket results" in GitHub.comments[0]["body"]


def test_a_repository_of_many_programs() -> None:
    Path("iamdsl.toml").write_text('programs = ["policies/*"]\n')
    for name in ("ads", "maps"):
        Path(f"policies/{name}.iam").write_text(PROGRAM)
    base = commit()
    Path("policies/ads.iam").write_text(PROGRAM + "analyst can write bucket results\n")
    Path("policies/team.iam").unlink()
    Path("policies/new.iam").write_text(PROGRAM)
    step(base, PROGRAM=".")
    body = GitHub.comments[0]["body"]
    assert "### `policies/ads`: New access" in body and "### `policies/new`: New access" in body
    assert "### `policies/team`: Less access" in body and "policies/maps" not in body


def test_a_base_that_does_not_compile_is_no_all_clear() -> None:
    Path("policies/team.iam").write_text("nobody knows\n")
    base = commit()
    Path("policies/team.iam").write_text(PROGRAM)
    step(base)
    assert "Access could not be compared" in GitHub.comments[0]["body"] and output() == "new-access=true"


def test_a_token_that_may_only_read(capsys: pytest.CaptureFixture[str]) -> None:
    base = commit()
    GitHub.refuses = True
    assert "::warning::iamdsl cannot comment (403)" in step(base)


def test_no_markup_comes_from_a_program() -> None:
    base = commit()
    evil = 'analyst can read bucket "a`b" because "<img src=x> @octocat [x](http://y) ```"\n'
    Path("policies/team.iam").write_text(PROGRAM + evil.replace('"a`b"', "other"))
    step(base)
    body = GitHub.comments[0]["body"]
    assert "@octocat" not in body and "<img" not in body.replace("\\<img", "") and "](http" not in body


def test_the_action_says_what_its_script_is_told() -> None:
    import yaml

    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (run,) = action["runs"]["steps"]
    script = (ROOT / ".github" / "review.py").read_text()
    for name, value in run["env"].items():
        assert name in script, name
        assert value.removeprefix("${{ inputs.").removesuffix(" }}") in action["inputs"]
    assert ".github/review.py" in run["run"]
    example = yaml.safe_load((ROOT / "examples/build/.github/workflows/policies.yml").read_text())
    used = example["jobs"]["policies"]["steps"][-1]
    assert set(used["with"]) <= set(action["inputs"]) and used["uses"].startswith("iamdsl/iamdsl@v")
