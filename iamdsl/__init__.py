"""iamdsl: a compiler from sentences to AWS IAM policy."""

__version__ = "0.1.0"
