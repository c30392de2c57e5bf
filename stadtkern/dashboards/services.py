"""Cockpits as views and templates need them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Locale, Site

from stadtkern.base import clock
from stadtkern.base.errors import NotFound
from stadtkern.dashboards.models import CockpitPage
from stadtkern.dashboards.registry import SECTION, complete, tiles
from stadtkern.dashboards.rendering import Picture, PlacedTile, draw_all, pictures
from stadtkern.web.maps import Place

ATTENTION = frozenset({"warning", "danger"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tile with its picture."""

    tile: PlacedTile
    picture: Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the tiles below it."""

    heading: str
    tiles: list[Drawn] = field(default_factory=list)


def placed_tiles(page: CockpitPage) -> Iterator[PlacedTile]:
    """Yield the tiles of a page in order."""
    kinds = tiles()
    for block in page.tiles.raw_data:
        if block["type"] in kinds:
            config = complete(kinds[block["type"]], block["value"])
            yield PlacedTile(
                page=page.pk or 0, block_id=str(block.get("id") or ""), slug=block["type"], config=config
            )


def find_tile(page: CockpitPage, block_id: str) -> PlacedTile:
    """Return one tile of a page."""
    for tile in placed_tiles(page):
        if tile.block_id == block_id:
            return tile
    raise NotFound(_("This tile does not exist, or no longer."))


def tile_places(placed: PlacedTile) -> list[Place]:
    """Return the places that a tile shows on its map."""
    return list(tiles()[placed.slug].context(placed.config).get("places") or ())


def public_cockpit(pk: int) -> CockpitPage:
    """Return a cockpit that everybody may see, in the language it was written in."""
    page: CockpitPage | None = CockpitPage.objects.live().public().filter(id=pk).first()
    if page:
        return page
    raise NotFound(_("This cockpit does not exist, or no longer."))


def home_cockpit(request: HttpRequest) -> CockpitPage:
    """Return the cockpit of the town in the language of the request, else in the town's first language."""
    site = Site.find_for_request(request)
    homes = CockpitPage.objects.live().public()
    root: CockpitPage | None = homes.filter(pk=site.root_page_id).first() if site else None
    if root:
        local = homes.filter(translation_key=root.translation_key, locale=Locale.get_active())
        translated: CockpitPage | None = local.first()
        return translated or root
    raise NotFound(_("The town has no cockpit yet."))


def drawn_tiles(page: CockpitPage, *, cached: bool = True) -> list[Drawn]:
    """Return the drawn tiles of a page."""
    placed = list(placed_tiles(page))
    language = get_language() or ""
    drawn = pictures(placed, language=language) if cached else draw_all(placed, seen=0, language=language)
    return [Drawn(tile, picture) for tile, picture in zip(placed, drawn, strict=True)]


def cockpit_sections(page: CockpitPage, *, cached: bool = True) -> list[Section]:
    """Return the drawn tiles of a page below their headings; the first section may have none."""
    drawn = iter(drawn_tiles(page, cached=cached))
    sections = [Section("")]
    for block in page.tiles.raw_data:
        if block["type"] == SECTION:
            sections.append(Section(str(block["value"].get("heading") or "")))
        else:
            sections[-1].tiles.append(next(drawn))
    return [section for section in sections if section.tiles or section.heading]


def cockpit_view(page: CockpitPage, *, is_draft: bool) -> dict[str, object]:
    """Return what the page shows; a draft is drawn anew and not kept."""
    sections = cockpit_sections(page, cached=not is_draft)
    drawn = [tile for section in sections for tile in section.tiles]
    return {
        "sections": sections,
        "is_draft": is_draft,
        "today": timezone.localtime(clock.now()),
        "attention": [one for one in drawn if one.picture.state in ATTENTION],
        "is_calm": any(one.picture.is_judged for one in drawn),
    }
