"""Rules between the keys of one table."""

from stadtkern.hazards.flood.errors import BadKey


def given(table: object, *names: str) -> list[str]:
    """Return which of the keys `names` have a value."""
    return [name for name in names if getattr(table, name) not in (None, ())]


def exactly_one(table: object, *names: str) -> None:
    """Raise `BadKey` unless one of the keys `names` is given."""
    found = given(table, *names)
    if len(found) != 1:
        has = f"both {' and '.join(found)} are given" if found else "none of them is given"
        raise BadKey(f"{found[-1] if found else names[0]}: {has}; allowed: exactly one of {', '.join(names)}")


def at_most_one(table: object, *names: str) -> None:
    """Raise `BadKey` if several of the keys `names` are given."""
    found = given(table, *names)
    if len(found) > 1:
        raise BadKey(
            f"{found[-1]}: {' and '.join(found)} are given; allowed: at most one of {', '.join(names)}"
        )


def needs(table: object, name: str, *others: str) -> None:
    """Raise `BadKey` if the key `name` is given without one of `others`."""
    if given(table, name) and not given(table, *others):
        raise BadKey(f"{name}: belongs to {' or '.join(others)}, which is not given; allowed: with it")


def together(table: object, *names: str) -> None:
    """Raise `BadKey` if some but not all of the keys `names` are given."""
    found = given(table, *names)
    if found and len(found) != len(names):
        missing = [name for name in names if name not in found]
        raise BadKey(f"{missing[0]}: is missing; allowed: {', '.join(names)} together or none of them")
