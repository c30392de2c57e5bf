"""Licences as foreign catalogues name them, in terms of the German list (dcat-ap.de/def/licenses)."""

import re
from collections.abc import Iterable, Mapping

from stadtkern.governance.licences import LICENCES

LIST = "http://dcat-ap.de/def/licenses/"
ENTRIES = (
    *("apache", "bsd", "cc-by", "cc-by/4.0", "cc-by-de/3.0", "cc-by-nc", "cc-by-nc-de/3.0", "cc-by-nc/4.0"),
    *("cc-by-nd", "cc-by-nd/3.0", "cc-by-nd/4.0", "cc-by-sa", "cc-by-sa/4.0", "cc-by-sa-de/3.0", "cc-zero"),
    *("ccpdm/1.0", "dl-by-de/1.0", "dl-by-de/2.0", "dl-by-nc-de/1.0", "dl-zero-de/2.0"),
    *("geonutz/20130319", "geoNutz/20131001", "gfdl", "gpl/3.0", "mozilla", "odbl", "odby", "odcpddl"),
    *("officialWork", "other-closed", "other-commercial", "other-freeware", "other-open", "other-opensource"),
)
"""The entries of the list that are in force."""
_ELDER = {
    "cc-by-sa/4_0": "cc-by-sa/4.0",
    "cc-by/4_0": "cc-by/4.0",
    "cc-by-de/3_0": "cc-by-de/3.0",
    "cc-by-nd/3_0": "cc-by-nd/3.0",
    "cc-by-nd/4_0": "cc-by-nd/4.0",
    "cc-by-nc-de/4_0": "cc-by-nc/4.0",
    "cc-nc": "cc-by-nc",
    "cc-nc/3_0": "cc-by-nc-de/3.0",
    "dl-zero-de/2_0": "dl-zero-de/2.0",
    "dl-by-de/1_0": "dl-by-de/1.0",
    "dl-by-de/2_0": "dl-by-de/2.0",
    "dl-by-nc-de/1_0": "dl-by-nc-de/1.0",
    "gpl/30": "gpl/3.0",
    "od-bc": "odby",
    "od-bl": "odbl",
    "odc-pddl": "odcpddl",
    "cc-pdm/1_0": "ccpdm/1.0",
    "official-work": "officialWork",
}
"""Entries that the list has replaced."""
_ADDRESSES = {
    "govdata.de/dl-de/by-2-0": "dl-by-de/2.0",
    "govdata.de/dl-de/by-1-0": "dl-by-de/1.0",
    "govdata.de/dl-de/by-nc-1-0": "dl-by-nc-de/1.0",
    "govdata.de/dl-de/zero-2-0": "dl-zero-de/2.0",
    "creativecommons.org/licenses/by/4.0": "cc-by/4.0",
    "creativecommons.org/licenses/by/3.0/de": "cc-by-de/3.0",
    "creativecommons.org/licenses/by": "cc-by",
    "creativecommons.org/licenses/by-sa/4.0": "cc-by-sa/4.0",
    "creativecommons.org/licenses/by-sa/3.0/de": "cc-by-sa-de/3.0",
    "creativecommons.org/licenses/by-nd/4.0": "cc-by-nd/4.0",
    "creativecommons.org/licenses/by-nd/3.0": "cc-by-nd/3.0",
    "creativecommons.org/licenses/by-nc/4.0": "cc-by-nc/4.0",
    "creativecommons.org/licenses/by-nc/3.0/de": "cc-by-nc-de/3.0",
    "creativecommons.org/publicdomain/zero/1.0": "cc-zero",
    "creativecommons.org/publicdomain/mark/1.0": "ccpdm/1.0",
    "opendatacommons.org/licenses/odbl/1-0": "odbl",
    "opendatacommons.org/licenses/odbl/1.0": "odbl",
    "opendatacommons.org/licenses/odbl": "odbl",
    "opendatacommons.org/licenses/by/1-0": "odby",
    "opendatacommons.org/licenses/by": "odby",
    "opendatacommons.org/licenses/pddl/1-0": "odcpddl",
    "opendatacommons.org/licenses/pddl": "odcpddl",
    "opendefinition.org/licenses/cc-by": "cc-by",
    "opendefinition.org/licenses/cc-by-sa": "cc-by-sa",
    "opendefinition.org/licenses/cc-zero": "cc-zero",
    "opendefinition.org/licenses/odc-by": "odby",
    "opendefinition.org/licenses/odc-odbl": "odbl",
    "opendefinition.org/licenses/odc-pddl": "odcpddl",
    "gesetze-im-internet.de/geonutzv": "geonutz/20130319",
    "sg.geodatenzentrum.de/web_public/gdz/lizenz/geonutzv.pdf": "geonutz/20130319",
    "stadtentwicklung.berlin.de/geoinformation/download/nutziii.pdf": "geoNutz/20131001",
    "gesetze-im-internet.de/urhg/__5.html": "officialWork",
    "apache.org/licenses": "apache",
}
_AUTHORITY = {
    "CC_BY_4_0": "cc-by/4.0",
    "CC_BY": "cc-by",
    "CC_BYSA_4_0": "cc-by-sa/4.0",
    "CC_BYSA": "cc-by-sa",
    "CC_BYNC_4_0": "cc-by-nc/4.0",
    "CC_BYND_4_0": "cc-by-nd/4.0",
    "CC0": "cc-zero",
    "ODC_BL": "odbl",
    "ODC_BY": "odby",
    "ODC_PDDL": "odcpddl",
}
"""The EU's table of licences (publications.europa.eu/resource/authority/licence)."""
_WORDS = {
    "dldeby20": "dl-by-de/2.0",
    "dlbyde20": "dl-by-de/2.0",
    "dldeby10": "dl-by-de/1.0",
    "dlbyde10": "dl-by-de/1.0",
    "dldebync10": "dl-by-nc-de/1.0",
    "dlbyncde10": "dl-by-nc-de/1.0",
    "dldezero20": "dl-zero-de/2.0",
    "dlzerode20": "dl-zero-de/2.0",
    "datenlizenzdeutschlandnamensnennung20": "dl-by-de/2.0",
    "datenlizenzdeutschlandversion20": "dl-by-de/2.0",
    "datenlizenzdeutschlandnamensnennungversion20": "dl-by-de/2.0",
    "datenlizenzdeutschlandnamensnennung10": "dl-by-de/1.0",
    "datenlizenzdeutschlandnamensnennungversion10": "dl-by-de/1.0",
    "datenlizenzdeutschlandzero20": "dl-zero-de/2.0",
    "datenlizenzdeutschlandzeroversion20": "dl-zero-de/2.0",
    "ccby": "cc-by",
    "creativecommonsattribution": "cc-by",
    "creativecommonsnamensnennung": "cc-by",
    "ccby40": "cc-by/4.0",
    "creativecommonsattribution40": "cc-by/4.0",
    "creativecommonsattribution40international": "cc-by/4.0",
    "creativecommonsnamensnennung40": "cc-by/4.0",
    "creativecommonsnamensnennung40international": "cc-by/4.0",
    "ccby30de": "cc-by-de/3.0",
    "ccbysa": "cc-by-sa",
    "creativecommonsattributionsharealike": "cc-by-sa",
    "ccbysa40": "cc-by-sa/4.0",
    "ccbync": "cc-by-nc",
    "ccbync40": "cc-by-nc/4.0",
    "ccbynd": "cc-by-nd",
    "ccbynd40": "cc-by-nd/4.0",
    "cczero": "cc-zero",
    "cc0": "cc-zero",
    "cc010": "cc-zero",
    "creativecommonscczero": "cc-zero",
    "creativecommonszero": "cc-zero",
    "odbl": "odbl",
    "odcodbl": "odbl",
    "odbl10": "odbl",
    "opendatabaselicense": "odbl",
    "odcby": "odby",
    "odcpddl": "odcpddl",
    "pddl": "odcpddl",
    "geonutzv": "geonutz/20130319",
    "gfdl": "gfdl",
    "otheropen": "other-open",
    "otherclosed": "other-closed",
    "officialwork": "officialWork",
    "geonutz": "geonutz/20130319",
}
_BY_URI = {one.uri: code for code, one in LICENCES.items()}
_NOISE = re.compile(r"[^a-z0-9]+")
_LANGUAGE = re.compile(r"/(?:deed|legalcode)(?:\.[a-z]{2})?$")


def known(entry: str) -> str:
    """Return how we write an entry of the list: by our own code, else by its URI."""
    uri = LIST + entry
    return _BY_URI.get(uri, uri)


def _of_address(value: str) -> str:
    """Return the entry that an address means; empty if unknown."""
    bare = value.partition("://")[2].removeprefix("www.")
    if bare.startswith("dcat-ap.de/def/licenses/"):
        name = bare.removeprefix("dcat-ap.de/def/licenses/").strip("/")
        name = _ELDER.get(name, name)
        return next((entry for entry in ENTRIES if entry.casefold() == name.casefold()), "")
    if "/authority/licence/" in bare:
        return _AUTHORITY.get(bare.rpartition("/")[2].upper(), "")
    cleaned = _LANGUAGE.sub("", bare.casefold().rstrip("/")).partition("?")[0].rstrip("/")
    return _ADDRESSES.get(cleaned, "")


def _of_words(value: str) -> str:
    """Return the entry that an identifier or a title means; empty if unknown."""
    word = _NOISE.sub("", value.casefold().replace("ß", "ss"))
    return _WORDS.get(word, "")


def licence_of(values: Iterable[str], own: Mapping[str, str]) -> tuple[str, bool]:
    """Return a licence and whether it is known.

    Parameters
    ----------
    values
        What the catalogue says: addresses, identifiers and titles, the surest first.
    own
        What an editor said that words of this source mean.

    Returns
    -------
    A code of `governance.licences`, a URI of the German list, or the first value as it came (not known);
    empty if nothing was said.
    """
    given = [value.strip() for value in values if value and value.strip()]
    for value in given:
        if value in own:
            return own[value], True
    for value in given:
        if value in LICENCES:
            return value, True
        entry = _of_address(value) if "://" in value else _of_words(value)
        if entry:
            return known(entry), True
    return (given[0][:300], False) if given else ("", True)
