"""What an editor shows and offers: pure functions of a program and a place in it. Places are offsets in code points."""
