"""XML with namespaces, written as nested calls."""

from xml.etree import ElementTree as ET

NAMESPACES = {
    "csw": "http://www.opengis.net/cat/csw/2.0.2",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dct": "http://purl.org/dc/terms/",
    "gco": "http://www.isotc211.org/2005/gco",
    "gmd": "http://www.isotc211.org/2005/gmd",
    "gml": "http://www.opengis.net/gml",
    "ogc": "http://www.opengis.net/ogc",
    "ows": "http://www.opengis.net/ows",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
for _prefix, _space in NAMESPACES.items():
    ET.register_namespace(_prefix, _space)


def name(short: str) -> str:
    """Return the full name of `gmd:title`."""
    prefix, colon, local = short.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else short


def element(short: str, *children: "ET.Element | str | None", **attributes: str) -> ET.Element:
    """Return an element; `__` in names of attributes stands for the colon, what is None is left out."""
    made = ET.Element(name(short), {name(key.replace("__", ":")): value for key, value in attributes.items()})
    for child in children:
        if isinstance(child, str):
            made.text = "".join(character for character in child if character in "\t\n\r" or character >= " ")
        elif child is not None:
            made.append(child)
    return made


def write(root: ET.Element) -> bytes:
    """Return the document."""
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
