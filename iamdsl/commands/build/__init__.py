"""What `compile` and `check` do beyond one compile: which programs there are, what is done already, the rest at once."""
