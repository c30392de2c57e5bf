"""Where the addresses of a table are."""

from collections.abc import Sequence

from stadtkern.places.models import Address


def geocode(texts: Sequence[str]) -> list[tuple[float, float] | None]:
    """Return longitude and latitude of each address; None where none or more than one of ours fits."""
    known: dict[str, tuple[float, float] | None] = {}
    for text in texts:
        if text not in known:
            known[text] = _place(text)
    return [known[text] for text in texts]


def _place(text: str) -> tuple[float, float] | None:
    if not text.strip():
        return None
    found = list(Address.objects.search(text).defer("area__geometry")[:2])
    if len(found) > 1:  # "Markt 1" also begins "Markt 12"; the shortest comes first and has to be meant
        exact = [one for one in found if one.house_number and text.rstrip().endswith(one.house_number)]
        found = exact[:1] if len(exact) == 1 else []
    if not found or not found[0].house_number:
        return None
    point = found[0].point
    return float(point.x), float(point.y)
