"""What a request asks for: its parameters, all of which have to be known, and the form of the answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from stadtkern.standards.ogc.errors import BadParameter, NotAcceptable

JSON, GEOJSON, HTML, PROBLEM = (
    "application/json", "application/geo+json", "text/html", "application/problem+json",
)  # fmt: skip
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
MVT = "application/vnd.mapbox-vector-tile"
EVERYWHERE = ("f", "lang")
JSON_FORMS = {"json": JSON, "html": HTML}
LONGEST = 20_000
"""Letters of a value; longer ones are cut off by servers before us."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that was understood."""

    request: HttpRequest
    root: str
    """Address of the interface as the client sees it, without a slash at its end."""
    form: str
    """`json`, `html`, ..."""
    media_type: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """All others than `f` and `lang`."""

    @property
    def url(self) -> str:
        """Address of what is asked for, without parameters."""
        return self.request.build_absolute_uri(self.request.get_full_path().partition("?")[0])


def understood(request: HttpRequest, allowed: Collection[str], forms: Mapping[str, str]) -> Ask:
    """Return what a request asks for.

    Parameters
    ----------
    allowed
        parameters beside `f` and `lang`.
    forms
        media type of each value of `f`; the first is the answer to whoever has no wish.

    Raises
    ------
    BadParameter
        if a parameter is unknown or stands there twice (17-069r4 requirements query-param-unknown and
        query-param-invalid).
    """
    known = {*allowed, *EVERYWHERE}
    if unknown := sorted(set(request.GET) - known):
        offered = ", ".join(sorted(known))
        raise BadParameter(f"There is no parameter {unknown[0][:60]!r} here; there are: {offered[:1000]}.")
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise BadParameter(f"{name}: write it once.")
        if len(values[0]) > LONGEST or "\x00" in values[0]:
            raise BadParameter(f"{name}: this value cannot be used.")
    _speak(request.GET.get("lang"))
    form = _form(request, forms)
    others = {name: value for name, value in request.GET.items() if name not in EVERYWHERE}
    root = request.build_absolute_uri("/ogc")
    return Ask(request, root, form, forms[form], others)


def _speak(language: str | None) -> None:
    if language is None:
        return
    if language not in dict(settings.LANGUAGES):
        raise BadParameter(f"lang: choose one of {', '.join(dict(settings.LANGUAGES))}")
    translation.activate(language)


def _form(request: HttpRequest, forms: Mapping[str, str]) -> str:
    if (wanted := request.GET.get("f")) is not None:
        if wanted in forms:
            return wanted
        raise BadParameter(f"f: {wanted[:40]!r} is not offered here; choose one of {', '.join(forms)}")
    accept = request.headers.get("Accept", "").strip()
    if not accept:
        return next(iter(forms))
    weights = [(_weight(accept, media), -number, form) for number, (form, media) in enumerate(forms.items())]
    best, _number, form = max(weights)
    if best <= 0:
        raise NotAcceptable(f"This is offered as {', '.join(forms.values())}.")
    return form


def _weight(accept: str, media: str) -> float:
    """Return how much a client wants a media type (RFC 9110 section 12.5.1): the most exact entry counts."""
    kind = media.partition(";")[0]
    wanted, best = -1, 0.0
    for entry in accept.split(",")[:50]:
        name, *words = (word.strip().lower() for word in entry.split(";"))
        exactness = {kind: 3, kind.partition("/")[0] + "/*": 2, "*/*": 1}.get(name, 0)
        if kind == GEOJSON and name == JSON:
            exactness = 3
        if exactness > max(wanted, 0):
            wanted, best = exactness, _quality(words)
    return best


def _quality(words: list[str]) -> float:
    for word in words:
        if word.startswith("q="):
            try:
                return min(max(float(word[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def whole(ask: Ask, name: str, default: int, least: int, most: int) -> int:
    """Return a parameter that is a whole number; more than `most` counts as `most` (17-069r4, 7.15.2)."""
    text = ask.parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:18]) < least:
        raise BadParameter(f"{name}: write a whole number from {least} to {most}")
    return min(int(text[:18]), most)
