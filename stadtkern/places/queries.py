"""Read addresses page by page."""

from dataclasses import dataclass

from stadtkern.base.errors import BadInput
from stadtkern.places.models import Address

PAGE = 20
LAST_PAGE = 500


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """An address as the machine interface shows it; longitude and latitude are degrees on WGS 84."""

    label: str
    street: str
    house_number: str
    postcode: str
    place: str
    area: str | None
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class AddressPage:
    """One page of a search; `next_page` is None on the last."""

    items: list[FoundAddress]
    page: int
    next_page: int | None


def search_addresses(text: str, *, page: str | int = 1) -> AddressPage:
    """Return one page of the addresses that match `text`.

    Raises
    ------
    BadInput
        if `page` is not the number of a page.
    """
    text_of_page = str(page)[:9]  # Python refuses to read numbers of thousands of digits
    if not text_of_page.isascii() or not text_of_page.isdigit() or not 1 <= int(text_of_page) <= LAST_PAGE:
        raise BadInput(f"page must be a number from 1 to {LAST_PAGE}")
    first = (int(page) - 1) * PAGE
    rows = list(
        Address.objects.search(text).select_related("area").defer("area__geometry")[first : first + PAGE + 1]
    )
    more = len(rows) > PAGE and int(page) < LAST_PAGE
    return AddressPage(
        [_found(address) for address in rows[:PAGE]], int(page), int(page) + 1 if more else None
    )


def _found(address: Address) -> FoundAddress:
    return FoundAddress(
        label=str(address),
        street=address.street,
        house_number=address.house_number,
        postcode=address.postcode,
        place=address.place,
        area=address.area.slug if address.area else None,
        lon=address.point.x,
        lat=address.point.y,
    )
