"""The licences a data profile can name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as DCAT-AP.de and people know it."""

    code: str
    title: str
    url: str
    """Where its text stands; empty: see the attribution of the profile."""
    uri: str = ""
    """Its name in the vocabulary of DCAT-AP.de."""
    needs_attribution: bool = True


_DCAT = "http://dcat-ap.de/def/licenses/"
OTHER = "other"
LICENCES = {
    licence.code: licence
    for licence in (
        Licence(
            "dl-de/by-2-0",
            "Datenlizenz Deutschland - Namensnennung 2.0",
            "https://www.govdata.de/dl-de/by-2-0",
            _DCAT + "dl-by-de/2.0",
        ),
        Licence(
            "dl-de/zero-2-0",
            "Datenlizenz Deutschland - Zero 2.0",
            "https://www.govdata.de/dl-de/zero-2-0",
            _DCAT + "dl-zero-de/2.0",
            needs_attribution=False,
        ),
        Licence(
            "CC-BY-4.0",
            "Creative Commons Attribution 4.0",
            "https://creativecommons.org/licenses/by/4.0/",
            _DCAT + "cc-by/4.0",
        ),
        Licence(
            "CC0-1.0",
            "Creative Commons Zero 1.0",
            "https://creativecommons.org/publicdomain/zero/1.0/",
            _DCAT + "cc-zero",
            needs_attribution=False,
        ),
        Licence(
            "ODbL-1.0",
            "Open Database License 1.0",
            "https://opendatacommons.org/licenses/odbl/1-0/",
            _DCAT + "odbl",
        ),
        Licence(
            "GeoNutzV",
            "GeoNutzV",
            "https://www.gesetze-im-internet.de/geonutzv/",
            _DCAT + "geonutz/20130319",
        ),
        Licence(OTHER, "Other", "", _DCAT + "other-closed"),
    )
}


def licence(code: str) -> Licence:
    """Return the licence called `code`; one we do not know is shown by its own name."""
    return LICENCES.get(code) or Licence(code, code, "")
