"""Stadtkern: the digital core of a town, as one program."""

__version__ = "0.1.0"
