"""What the title of a column says: a name for addresses, a unit, what the values are about."""

import re
import unicodedata
from collections.abc import Sequence

from stadtkern.tables.model import Meaning

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""Names of columns: in addresses two underscores part them from operators."""

RESERVED = frozenset({"geometry"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "đ": "d", "ø": "o", "æ": "ae"})
_LONGEST = 50
_UNIT = re.compile(
    r"(?:\[([^\[\]]{1,20})\]|\(([^()]{1,20})\)|\bin ([^\s()\[\]]{1,12})|/ ?([^\s/()\[\]]{1,10}))\s*$"
)
UNITS = frozenset(
    [
        "%",
        "‰",
        "€",
        "eur",
        "euro",
        "zł",
        "pln",
        "zl",
        "$",
        "usd",
        "t€",
        "teur",
        "mio.",
        "€",
        "m",
        "km",
        "cm",
        "mm",
        "dm",
        "m²",
        "m2",
        "qm",
        "km²",
        "km2",
        "ha",
        "ar",
        "m³",
        "m3",
        "l",
        "ml",
        "hl",
        "kg",
        "g",
        "mg",
        "t",
        "µg",
        "kw",
        "kwh",
        "mw",
        "mwh",
        "gw",
        "gwh",
        "wh",
        "w",
        "kwp",
        "v",
        "a",
        "kv",
        "kva",
        "°c",
        "c",
        "k",
        "hpa",
        "pa",
        "mbar",
        "bar",
        "s",
        "min",
        "h",
        "d",
        "std.",
        "std",
        "tage",
        "jahre",
        "km/h",
        "m/s",
        "l/s",
        "m³/s",
        "m3/s",
        "µg/m³",
        "ug/m3",
        "mg/m³",
        "mg/l",
        "µs/cm",
        "db",
        "db(a)",
        "lux",
        "lx",
        "ppm",
        "ppb",
        "°",
        "",
        "dg",
        "einwohner/km²",
        "ew/km²",
        "stück",
        "szt.",
        "osób",
        "lat",
        "mio",
        "tsd.",
        "ew.",
        "mm/h",
        "cm/s",
        "l/m²",
        "w/m²",
        "kwh/a",
        "€/mwh",
        "eur/mwh",
        "kn",
        "nm",
    ]
)
"""Units that a title may end in, in small letters."""

CURRENCIES = {"€": "EUR", "eur": "EUR", "euro": "EUR", "zł": "PLN", "zl": "PLN", "pln": "PLN", "$": "USD", "usd": "USD", "chf": "CHF", "czk": "CZK", "kč": "CZK"}  # fmt: skip  # noqa: E501

_MEANINGS: tuple[tuple[Meaning, str], ...] = (
    ("ars", r"(^|_)(ars|rs|regionalschluessel)($|_)"),
    ("ags", r"(^|_)(ags|gemeindeschluessel|gemeindekennziffer|gkz|amtlicher_gemeindeschluessel|kreisschluessel)($|_)"),  # noqa: E501
    ("teryt", r"(^|_)(teryt|kod_teryt|jpt_kod_je|simc)($|_)"),
    ("postcode", r"(^|_)(plz|postleitzahl|postcode|zip|kod_pocztowy|zipcode|postal_code)($|_)"),
    ("phone", r"(^|_)(tel|telefon|telefonnummer|fax|telefax|mobil|handy|phone|rufnummer|nr_telefonu)($|_)"),
    ("email", r"(^|_)(e_?mail|mail)($|_)"),
    ("url", r"(^|_)(url|link|homepage|website|www|internet|webseite)($|_)"),
    ("year", r"(^|_)(jahr|baujahr|year|rok|berichtsjahr|haushaltsjahr)($|_)"),
    ("address", r"(^|_)(adresse|anschrift|strasse|str|strasse_hausnummer|address|adres|ulica|street)($|_)"),
    ("code", r"(^|_)(hausnummer|hausnr|hnr|nr_domu|numer_domu|aktenzeichen|flurstueck|flurstuecksnummer)($|_)"),  # noqa: E501
    ("longitude", r"(^|_)(lon|long|lng|longitude|laengengrad|laenge|dlugosc|dlugosc_geogr|geo_?laenge|x_wgs84|laengengrad_dg|wgs84_lon)($|_)"),  # noqa: E501
    ("latitude", r"(^|_)(lat|latitude|breitengrad|breite|szerokosc|szerokosc_geogr|geo_?breite|y_wgs84|wgs84_lat)($|_)"),  # noqa: E501
    ("easting", r"(^|_)(easting|ostwert|rechtswert|rw|ost|utm_ost|utm_e|e|x|xcoord|x_koordinate|koordinate_x|coord_x|x_coord|utm_x|lage_x)($|_\d*)"),  # noqa: E501
    ("northing", r"(^|_)(northing|nordwert|hochwert|hw|nord|utm_nord|utm_n|n|y|ycoord|y_koordinate|koordinate_y|coord_y|y_coord|utm_y|lage_y)($|_\d*)"),  # noqa: E501
    ("coordinates", r"(^|_)(koordinaten?|coordinates?|geokoordinaten?|wspolrzedne|geo_point(_2d)?|latlon|lat_lon|position|geolocation|location)($|_)"),  # noqa: E501
)  # fmt: skip
_COMPILED = tuple((meaning, re.compile(pattern)) for meaning, pattern in _MEANINGS)


def slug(title: str) -> str:
    """Return a name for addresses and queries; empty if nothing of the title can be used.

    >>> slug("Fläche (ha)"), slug("Łódź / Straße"), slug("2024")
    ('flaeche_ha', 'lodz_strasse', 'c_2024')
    """
    plain = (
        unicodedata.normalize("NFKD", title.casefold().translate(_GERMAN))
        .replace("€", " eur ")
        .replace("%", " prozent ")
    )
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].rstrip("_")
    if words and words[0].isdigit():
        return f"c_{words}"
    return words


def unique_names(titles: Sequence[str]) -> list[str]:
    """Return a name for each title, all different.

    >>> unique_names(["Wert", "Wert", "", "geometry"])
    ['wert', 'wert_2', 'column_3', 'geometry_2']
    """
    used: set[str] = set(RESERVED)
    names: list[str] = []
    for place, title in enumerate(titles, 1):
        base = slug(title) or f"column_{place}"
        name, number = base, 2
        while name in used:
            name, number = f"{base}_{number}", number + 1
        used.add(name)
        names.append(name)
    return names


def unit_of(title: str) -> str:
    """Return the unit in which a title says its values are; empty if it names none that is known.

    >>> unit_of("Fläche [ha]"), unit_of("Anteil in %"), unit_of("Name (kurz)"), unit_of("P_Netz/MW")
    ('ha', '%', '', 'MW')
    """
    match = _UNIT.search(title.strip())
    if not match:
        return ""
    unit = next(part for part in match.groups() if part).strip()
    return CURRENCIES.get(unit.lower(), unit) if unit.lower() in UNITS else ""


def meaning_of(name: str) -> Meaning:
    """Return what the values of a column of this name (of `slug`) are about, as far as names say that."""
    for meaning, pattern in _COMPILED:
        if pattern.search(name):
            return meaning
    return ""
