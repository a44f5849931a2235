"""One file a command: from its options to output and status."""
