"""Is this installation safe: what `stadtkern check` says about accounts."""


def register_checks() -> None:
    """Make Django run our checks."""
