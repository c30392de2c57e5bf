"""The facts of the town: `town.toml` in its folder, read once and checked."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from stadtkern.base.errors import StadtkernError
from stadtkern.web.colours import contrast
from stadtkern.web.fields import in_language

T = TypeVar("T")
SLUG = re.compile("[a-z0-9-]{1,40}")
ON_LIGHT, ON_DARK = "#ffffff", "#14151c"
MINIMUM_CONTRAST = 4.5


class TownError(StadtkernError):
    """`town.toml` cannot be used; the text says which entry and why."""

    status = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Colours and coat of arms."""

    accent_light: str = "#12506b"
    accent_dark: str = "#8ccbe6"
    arms: str = ""
    """File name of an SVG in the town folder; empty: no coat of arms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The town on the other bank."""

    names: Mapping[str, str]
    country: str = ""

    @property
    def name(self) -> str:
        """The name in the active language."""
        return in_language(self.names)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who answers."""

    organisations: Mapping[str, str] = field(default_factory=dict)
    street: str = ""
    city: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""

    @property
    def organisation(self) -> str:
        """The name of the office in the active language."""
        return in_language(self.organisations)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wms:
    """A layer of somebody else's map service (OGC Web Map Service 1.3.0), fetched by way of us."""

    slug: str
    titles: Mapping[str, str]
    url: str
    layers: str
    attribution: str = ""
    licence: str = ""
    homepage: str = ""

    @property
    def title(self) -> str:
        """The title in the active language."""
        return in_language(self.titles)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What every page knows about the town."""

    slug: str
    names: Mapping[str, str]
    title: str
    centre: tuple[float, float]
    """Longitude, latitude; degrees, WGS 84."""
    bbox: tuple[float, float, float, float]
    """West, south, east, north; degrees, WGS 84."""
    folder: Path
    languages: tuple[str, ...] = ("de",)
    country: str = "DE"
    state: str = ""
    map_source: str = "topplus-grey"
    map_services: tuple[Wms, ...] = ()
    look: Look = field(default_factory=Look)
    contact: Contact = field(default_factory=Contact)
    twin: Twin | None = None

    @property
    def name(self) -> str:
        """The name in the active language."""
        return in_language(self.names)[0]


def get(table: Mapping[str, Any], key: str, kind: type[T], *, default: T | None = None) -> T:
    """Return `table[key]` if it is of the wanted kind."""
    value = table.get(key, default)
    if value is None:
        raise TownError(f"town.toml: `{key}` is missing")
    if not isinstance(value, kind):
        raise TownError(f"town.toml: `{key}` must be {kind.__name__}, not {value!r}")
    return value


def texts(table: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return a text in several languages; a plain string counts for all."""
    value = table.get(key, {})
    if isinstance(value, str):
        return {"de": value}
    known = {code for code, _name in settings.LANGUAGES}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise TownError(f'town.toml: `{key}` must be texts by language, such as {{ de = "..." }}')
    if unknown := sorted(set(value) - known):
        raise TownError(f"town.toml: `{key}` has unknown languages: {', '.join(unknown)}")
    return value


def numbers(table: Mapping[str, Any], key: str, count: int) -> tuple[float, ...]:
    """Return `count` numbers."""
    value = get(table, key, list)
    if len(value) != count or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        raise TownError(f"town.toml: `{key}` must be {count} numbers, not {value!r}")
    return tuple(float(v) for v in value)


def read_look(table: Mapping[str, Any], folder: Path) -> Look:
    """Return the look, if its colours can be read by everybody."""
    look = Look(**{k: get(table, k, str) for k in ("accent_light", "accent_dark", "arms") if k in table})
    for name, paper in (("accent_light", ON_LIGHT), ("accent_dark", ON_DARK)):
        try:
            reached = contrast(getattr(look, name), paper)
        except ValueError as error:
            raise TownError(f"town.toml: `look.{name}`: {error}") from error
        if reached < MINIMUM_CONTRAST:
            raise TownError(
                f"town.toml: `look.{name}` reaches a contrast of {reached:.1f} on {paper}; 4.5 are needed"
            )
    if look.arms and (Path(look.arms).name != look.arms or not (folder / look.arms).is_file()):
        raise TownError(f"town.toml: `look.arms`: there is no file {look.arms} in the town folder")
    return look


def read_area(table: Mapping[str, Any]) -> tuple[tuple[float, float], tuple[float, float, float, float]]:
    """Return centre and bounding box, if they fit each other."""
    west, south, east, north = numbers(table, "bbox", 4)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004  # degrees
        raise TownError("town.toml: `bbox` must be west, south, east, north in degrees")
    longitude, latitude = numbers(table, "centre", 2)
    if not (west <= longitude <= east and south <= latitude <= north):
        raise TownError("town.toml: `centre` lies outside `bbox`")
    return (longitude, latitude), (west, south, east, north)


def read_map_services(table: Mapping[str, Any]) -> tuple[Wms, ...]:
    """Return the map services of others: `[[map.wms]]`."""
    found = []
    for number, entry in enumerate(get(get(table, "map", dict, default={}), "wms", list, default=[]), 1):
        if not isinstance(entry, dict):
            raise TownError("town.toml: `map.wms` must be tables")
        slug, url = get(entry, "slug", str, default=str(number)), get(entry, "url", str)
        if not SLUG.fullmatch(slug) or not url.startswith("https://"):
            raise TownError(
                f"town.toml: `map.wms`: {slug!r} needs a plain short name and an address with https://"
            )
        optional = {
            name: get(entry, name, str, default="") for name in ("attribution", "licence", "homepage")
        }
        found.append(
            Wms(slug=slug, titles=texts(entry, "title"), url=url, layers=get(entry, "layers", str),
                **optional)
        )  # fmt: skip
    if len({one.slug for one in found}) < len(found):
        raise TownError("town.toml: two of `map.wms` have the same short name")
    return tuple(found)


def read_languages(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages of the town, most spoken first."""
    wanted = get(table, "languages", list, default=["de"])
    known = {code for code, _name in settings.LANGUAGES}
    if not wanted or not set(wanted) <= known:
        raise TownError(f"town.toml: `languages` must be some of {', '.join(sorted(known))}")
    return tuple(dict.fromkeys(wanted))


def read_contact(table: Mapping[str, Any]) -> Contact:
    """Return who answers."""
    plain = {k: get(table, k, str, default="") for k in ("street", "city", "email", "phone", "website")}
    return Contact(organisations=texts(table, "organisation"), **plain)


def read_town(folder: Path) -> Town:
    """Read and check `town.toml` in `folder`."""
    path = folder / "town.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TownError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TownError(f"{path}: {error}") from error
    centre, bbox = read_area(table)
    names = texts(table, "name")
    slug = get(table, "slug", str)
    twin = get(table, "twin", dict, default={})
    return Town(
        slug=slug,
        names=names,
        title=get(table, "title", str, default=in_language(names)[0] or slug),
        centre=centre,
        bbox=bbox,
        folder=folder,
        languages=read_languages(table),
        country=get(table, "country", str, default="DE"),
        state=get(table, "state", str, default=""),
        map_source=get(get(table, "map", dict, default={}), "source", str, default="topplus-grey"),
        map_services=read_map_services(table),
        look=read_look(get(table, "look", dict, default={}), folder),
        contact=read_contact(get(table, "contact", dict, default={})),
        twin=Twin(names=texts(twin, "name"), country=get(twin, "country", str, default="")) if twin else None,
    )


@cache
def town_at(folder: Path) -> Town:
    """Return the town in `folder`, read once per process."""
    return read_town(folder)


def current_town() -> Town:
    """Return the town of this installation (`STADTKERN_TOWN_DIR`)."""
    return town_at(Path(settings.TOWN_DIR))
