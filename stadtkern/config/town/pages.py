"""The pages a town has from its first day, in all its languages, from `pages.toml`.

The cockpit is translated through wagtail-localize, so that a tile added later shows up as a text to
translate. All other pages are copies that each language may write in its own way (easy language is its own
text).
"""

import json
import uuid
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from django.db import transaction
from wagtail import blocks
from wagtail.models import Locale, Page, Site
from wagtail_localize.models import StringSegment, StringTranslation, Translation, TranslationSource

from stadtkern.base.errors import BadInput
from stadtkern.config.town.load import Entry, read_toml
from stadtkern.config.town.page_types import PAGE_TYPES
from stadtkern.dashboards.models import CockpitPage
from stadtkern.web.fields import in_language

MAIN = "de"
LANGUAGES = {code for code, _name in settings.LANGUAGES}
# the translation tool reads the addresses of links as HTML, and says so each time
warnings.filterwarnings("ignore", message="The input passed in on this line looks more like a URL")
TEXT_BLOCKS = (blocks.CharBlock, blocks.TextBlock)


@transaction.atomic
def load_pages(folder: Path) -> int:
    """Make the pages of a town unless it has a cockpit already; return how many there are then.

    Raises
    ------
    BadInput
        if `pages.toml` names an unknown kind of page or tile.
    """
    if CockpitPage.objects.exists() or not (folder / "pages.toml").exists():
        return number_of_pages()
    content = read_toml(folder / "pages.toml")
    locales = {code: Locale.objects.get_or_create(language_code=code)[0] for code in sorted(LANGUAGES)}
    home = make_cockpit(content["cockpit"], locales[MAIN])
    for entry in content.get("page", []):
        make_page(entry, home, locales[MAIN])
    translate_cockpit(content["cockpit"], home, locales)
    homes = {code: home if code == MAIN else home.get_translation(locale) for code, locale in locales.items()}
    for entry in content.get("page", []):
        for code, locale in locales.items():
            if code != MAIN:
                make_page(entry, homes[code], locale)
    # the translation tool publishes its cockpits after the commit, from copies that know of no children
    transaction.on_commit(Page.fix_tree)
    return number_of_pages()


def number_of_pages() -> int:
    """Return how many pages there are, without the invisible root."""
    number: int = Page.objects.filter(depth__gt=1).count()
    return number


def make_cockpit(entry: Entry, locale: Locale) -> CockpitPage:
    """Make the cockpit in the main language the first page of the site."""
    root = Page.get_first_root_node()
    page = CockpitPage(
        title=text(entry["title"], MAIN),
        slug=MAIN,
        locale=locale,
        greeting=text(entry.get("greeting", {}), MAIN),
        introduction=text(entry.get("introduction", {}), MAIN),
        tiles=json.dumps([tile_value(tile, MAIN) for tile in entry.get("tile", [])]),
    )
    root.add_child(instance=page)
    page.save_revision().publish()
    Site.objects.all().delete()
    Site.objects.create(
        hostname="localhost", port=80, site_name="Stadtkern", root_page=page, is_default_site=True
    )
    for old in Page.objects.filter(depth=2).exclude(pk=page.pk):
        old.delete()
    return page


def tile_value(tile: Entry, language: str) -> Entry:
    """Return a tile as the StreamField stores it."""
    slug = tile["tile"]
    kinds = CockpitPage._meta.get_field("tiles").stream_block.child_blocks  # noqa: SLF001
    if slug not in kinds:
        raise BadInput(f"pages.toml: there is no tile {slug!r}")
    # the translation tool wants an empty text where there is none
    value = {name: "" for name, child in kinds[slug].child_blocks.items() if isinstance(child, TEXT_BLOCKS)}
    value |= {key: tile[key] for key in ("title", "explanation") if key in tile} | tile.get("config", {})
    if "span" in tile:
        value["span"] = str(tile["span"])
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{slug}:{json.dumps(value, sort_keys=True)}")
    stored = {key: list_items(localised(part, language), identity) for key, part in value.items()}
    return {"type": slug, "id": str(identity), "value": stored}


def list_items(value: object, identity: uuid.UUID) -> object:
    """Return a list as the StreamField stores it: items named the same in every language."""
    if not isinstance(value, list):
        return value
    return [
        {"type": "item", "id": str(uuid.uuid5(identity, str(number))), "value": item}
        for number, item in enumerate(value)
    ]


def is_text(value: object) -> bool:
    """Return whether a value is one text in several languages."""
    return isinstance(value, Mapping) and bool(value) and set(value) <= LANGUAGES


def localised(value: object, language: str) -> object:
    """Return a value with every text in one language."""
    if is_text(value):
        return text(value, language)
    if isinstance(value, list):
        return [localised(item, language) for item in value]
    if isinstance(value, Mapping):
        return {key: localised(item, language) for key, item in value.items()}
    return value


def text(texts: object, language: str) -> str:
    """Return the text in a language, or the nearest one there is."""
    return in_language(texts if isinstance(texts, Mapping) else {}, language)[0]


def all_texts(value: object) -> Iterator[Mapping[str, str]]:
    """Yield every text in several languages below `value`."""
    if is_text(value):
        yield value  # type: ignore[misc]  # `is_text` has looked
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from all_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from all_texts(item)


def bare(html: str) -> str:
    """Return a text without the paragraph around it, as the translation tool cuts it."""
    return html.strip().removeprefix("<p>").removesuffix("</p>")


def translate_cockpit(entry: Entry, home: CockpitPage, locales: Mapping[str, Locale]) -> None:
    """Translate the cockpit through the translation tool, so that later changes of it can be synchronised."""
    source, _created = TranslationSource.update_or_create_from_instance(home)
    known = {bare(texts[MAIN]): texts for texts in all_texts(entry) if MAIN in texts}
    segments = list(StringSegment.objects.filter(source=source).select_related("string", "context"))
    for code, locale in locales.items():
        if code == MAIN:
            continue
        translation = Translation.objects.create(source=source, target_locale=locale, enabled=True)
        for segment in segments:
            words = known.get(segment.string.data, {}).get(code)
            if words:
                StringTranslation.objects.update_or_create(
                    translation_of=segment.string,
                    locale=locale,
                    context=segment.context,
                    defaults={"data": bare(words)},
                )
        translation.save_target(publish=True)


def make_page(entry: Entry, home: Page, locale: Locale) -> None:
    """Make one page below the cockpit of its language, as a translation of the one in the main language."""
    if entry["type"] not in PAGE_TYPES:
        known = ", ".join(PAGE_TYPES)
        raise BadInput(f"pages.toml: there is no kind of page {entry['type']!r}; choose from {known}")
    model, fields = PAGE_TYPES[entry["type"]]
    code = locale.language_code
    page = model(title=text(entry["title"], code), slug=entry["slug"], locale=locale, **fields(entry, code))
    if code != MAIN:
        original = model.objects.get(slug=entry["slug"], locale__language_code=MAIN)
        page.translation_key = original.translation_key
    home.add_child(instance=page)
    page.save_revision().publish()
