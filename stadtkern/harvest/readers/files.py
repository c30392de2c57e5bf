"""Plain lists of files: a folder as a page of links, or a table (CSV, JSON) with an address in each row.

Files that differ only in their ending are one dataset in several formats, unless the table says otherwise by
a column `dataset`.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from stadtkern.harvest import values, vocabulary
from stadtkern.harvest.found import Found, FoundDistribution, Notes
from stadtkern.harvest.readers.base import Ask, Asked, Page, Position, Raw, ReadError, Terms, agent

MOST_FILES = 50_000
_URL = ("url", "href", "link", "address", "adresse", "download", "file", "datei", "path")
_COLUMNS = {
    "title": ("title", "titel", "name", "tytuł"),
    "description": ("description", "beschreibung", "opis"),
    "dataset": ("dataset", "datensatz", "group"),
    "licence": ("licence", "license", "lizenz", "licencja"),
    "format": ("format", "type", "typ"),
    "modified": ("modified", "changed", "geändert", "stand", "date", "datum"),
    "size": ("size", "bytes", "größe"),
    "publisher": ("publisher", "herausgeber", "wydawca"),
    "keywords": ("keywords", "schlagwörter", "tags"),
    "theme": ("theme", "thema", "kategorie"),
}
_ARCHIVES = re.compile(r"\.(?:zip|gz|7z)$", re.IGNORECASE)
Row = dict[str, str]


class _Links(HTMLParser):
    """Collects the addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Row] = []
        self.base = ""
        self._open: Row | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        told = dict(attrs)
        if tag == "base" and told.get("href"):
            self.base = str(told["href"])
        if tag == "a" and told.get("href") and len(self.found) < MOST_FILES:
            self._open = {"url": str(told["href"]), "text": ""}
            self.found.append(self._open)

    def handle_data(self, data: str) -> None:
        """Note the words of a link."""
        if self._open is not None:
            self._open["text"] += data

    def handle_endtag(self, tag: str) -> None:
        """End a link."""
        if tag == "a":
            self._open = None


def read(ask: Ask, terms: Terms, _position: Position) -> Page:
    """Return the datasets of a list; it has one page."""
    answer = ask(terms.url, accept="text/csv, application/json;q=0.9, text/html;q=0.8, */*;q=0.1")
    rows = _rows(answer, terms)
    if not rows:
        raise ReadError("format", "no file is named; a column “url” or links to files are needed")
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.get("dataset") or _stem(row["url"]), []).append(row)
    return Page([_record(name, found, terms) for name, found in groups.items()], None)


def _rows(answer: Asked, terms: Terms) -> list[Row]:
    """Return the files of a list with what is said of each, addresses made whole."""
    start = answer.body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    text = _decoded(answer.body)
    if start[:1] in {b"[", b"{"}:
        rows = list(_of_json(text))
    elif re.match(rb"(?i)<!doctype html|<html|<!--|<head|<body|<pre|<table|<h1", start):
        rows = _of_page(text, answer, terms)
    else:
        rows = list(_of_table(text))
    found = []
    for row in rows[:MOST_FILES]:
        url = urljoin(answer.url, row.get("url", ""))
        if row.get("url") and url.startswith(("http://", "https://", "ftp://")):
            found.append({**row, "url": url})
    return found


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _of_json(text: str) -> Iterator[Row]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError("format", f"JSON: {error}") from error
    if isinstance(found, dict):
        lists = [one for one in found.values() if isinstance(one, list)]
        found = lists[0] if lists else []
    for row in found:
        if isinstance(row, str):
            yield {"url": row}
        elif isinstance(row, dict):
            yield _named(row)


def _of_table(text: str) -> Iterator[Row]:
    """Yield the rows of a CSV, or the lines of a list of addresses."""
    first = text.partition("\n")[0]
    if first.strip().startswith(("http://", "https://")):
        yield from ({"url": one.strip()} for one in text.splitlines() if one.strip())
        return
    delimiter = max(";,\t|", key=first.count)
    try:
        yield from (_named(row) for row in csv.DictReader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise ReadError("format", f"CSV: {error}") from error


def _named(row: Mapping[Any, Any]) -> Row:
    """Return a row under our names of columns."""
    given = {str(name).strip().casefold(): values.text(value, 5000) for name, value in row.items() if name}
    found = {"url": next((given[name] for name in _URL if given.get(name)), "")}
    for ours, theirs in _COLUMNS.items():
        found[ours] = next((given[name] for name in theirs if given.get(name)), "")
    return found


def _of_page(text: str, answer: Asked, terms: Terms) -> list[Row]:
    """Return the files that a page links to: those with an ending of a known format."""
    page = _Links()
    page.feed(text)
    base = urljoin(answer.url, page.base)
    wanted = terms.filter.casefold()
    found = []
    for row in page.found:
        url = urljoin(base, row["url"]).partition("#")[0]
        name = urlsplit(url).path.rpartition("/")[2]
        known = vocabulary.file_format(name) if "." in name else None
        if known is None or known.code == "HTML" or (wanted and wanted not in url.casefold()):
            continue
        title = " ".join(row["text"].split())
        found.append({"url": url, "title": "" if title == unquote(name) or title.endswith("..>") else title})
    return list({row["url"]: row for row in found}.values())


def _stem(url: str) -> str:
    """Return the name of a file without its endings: what its formats have in common."""
    bare = _ARCHIVES.sub("", url.partition("?")[0])
    folder, _, name = bare.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return f"{folder}/{stem}"


def _record(name: str, rows: list[Row], terms: Terms) -> Raw:
    notes = Notes()
    first = rows[0]
    identifier = values.line(name if "://" in name else f"{terms.url}#{name}", 500)

    def said(column: str) -> str:
        return next((row[column] for row in rows if row.get(column)), "")

    title = said("title") if len(rows) == 1 or first.get("dataset") else ""
    plain = unquote(name.rpartition("/")[2]).replace("_", " ").replace("-", " ").strip()
    given = said("theme")
    themes = vocabulary.themes(given)
    if given and not themes:
        notes.add("unknown-theme", given)
    found = Found(
        identifier=identifier,
        title=values.texts(title or plain, terms.language),
        description=values.texts(said("description"), terms.language),
        publisher=agent(said("publisher"), terms.language),
        keywords=[
            (word.strip()[:100], terms.language)
            for word in re.split(r"[;,|]", said("keywords"))
            if word.strip()
        ],
        themes=themes,
        language=terms.language,
        modified=values.moment(said("modified"), notes),
        distributions=[_distribution(row, terms, notes) for row in rows],
    )
    return Raw(identifier, found, notes)


def _distribution(row: Row, terms: Terms, notes: Notes) -> FoundDistribution:
    url = values.address(row["url"], notes)
    name = urlsplit(url).path.rpartition("/")[2]
    known = vocabulary.file_format(row.get("format", ""), name if "." in name else "")
    given = row.get("licence", "")
    return FoundDistribution(
        identifier=values.line(url, 500),
        title=values.texts(row.get("title") or unquote(name), terms.language),
        access_url=url,
        download_url=url,
        format=known.code if known else "",
        media_type=known.media_type if known else "",
        licence=terms.licence([given], notes) if given else "",
        byte_size=values.size(row.get("size")),
        modified=values.moment(row.get("modified"), notes),
    )
