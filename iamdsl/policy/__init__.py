"""AWS documents in AWS's words."""
