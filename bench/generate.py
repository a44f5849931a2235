"""Programs of any size, like those that a platform team writes: many roles, a few sentences each, every common form."""

from __future__ import annotations

import random

_FORMS = (
    "{role} can read bucket {team}-raw-{n}/landing/* with mfa from ip 203.0.113.0/24",
    "{role} can read bucket {team}-data-{n} and write bucket {team}-results-{n}/models/*",
    "{role} can read table {team}_features_{n} if resource tag team = principal tag team",
    "{role} can receive queue {team}-jobs-{n}",
    "{role} can publish topic {team}-events-{n}",
    '{role} can read secret "{team}/api-{n}"',
    "{role} can invoke function {team}-score-{n} in region eu-west-1",
    "{role} can pull repository {team}/train-{n}",
    "{role} can s3:GetObjectVersion, s3:GetObjectTagging bucket {team}-archive-{n}",
    "{role} cannot delete bucket {team}-data-{n} unless mfa",
)
_TEAMS = ("vision", "speech", "search", "ads", "risk", "pricing", "maps", "fraud")
SENTENCES_A_ROLE = 8


def program(sentences: int, seed: int = 1) -> str:
    """The text of a program of about `sentences` sentences; the same for the same arguments."""
    random_ = random.Random(seed)
    lines = ["account prod = 111122223333", "region eu-west-1", "user alice, bob", ""]
    roles = max(1, sentences // SENTENCES_A_ROLE)
    services = ("sagemaker", "glue", "ec2", "lambda")
    lines += [f"role worker-{n} for service {services[n % len(services)]}" for n in range(roles)]
    for n in range(sentences - roles):
        role = f"worker-{n % roles}"
        form = random_.choice(_FORMS).replace(" with mfa", "").replace(" unless mfa", " unless via any service")
        lines.append(form.format(role=role, team=random_.choice(_TEAMS), n=n))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(program(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
