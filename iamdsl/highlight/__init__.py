"""Colours for the language without parsing it: what Pygments, TextMate, Vim and Emacs need to know of its words."""
