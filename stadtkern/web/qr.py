"""The QR code that leads from a printed page back to it."""

import io
from functools import lru_cache

import segno
from django.conf import settings


@lru_cache(maxsize=512)
def qr_image(path: str) -> str:
    """Return the QR code of the page at `path` as the source of a picture (`data:`)."""
    code = segno.make_qr(f"{settings.PUBLIC_URL}{path}", error="m")
    uri: str = code.svg_data_uri(border=2, omitsize=True, nl=False, svgclass=None, lineclass=None)
    return uri


def qr_svg(path: str) -> bytes:
    """Return the QR code of the page at `path` as an SVG file."""
    target = io.BytesIO()
    code = segno.make_qr(f"{settings.PUBLIC_URL}{path}", error="m")
    code.save(target, kind="svg", border=2, omitsize=True, nl=False, svgclass=None, lineclass=None)
    return target.getvalue()
