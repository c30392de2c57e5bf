"""A town with layers to ask for."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.test import Client

from stadtkern.features import access, services
from stadtkern.features.services import Described, NewFeature
from stadtkern.places.models import Address, Area

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
GUBEN = (14.72, 51.95)
Ask = Callable[..., Any]


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    """Fill a layer of points with times, one of areas, and the town's own places."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setitem(access._sources, "test", lambda _request: [1, 2])  # noqa: SLF001  # for the test alone
    kinds, names = ("Linde", "Eiche", "Ulme"), ("Käthe", "Łukasz", "Bob's 100% tree", "x_y")
    trees = [
        NewFeature(
            shapely.Point(14.7 + number / 1000, 51.95),
            {
                "name": f"{names[number % 4]} {number}",
                "kind": kinds[number % 3],
                "height": number / 2,
                "felled": number % 2 == 0,
                "planted": f"19{number:02d}-03-01",
                "note": None if number % 5 else "old",
            },
            start=NOON + timedelta(hours=number),
        )
        for number in range(50)
    ]
    about = Described(
        source="test", reference=1, title={"de": "Bäume", "en": "Trees"}, revision="1",
        licence="dl-de/by-2-0",
        attribution="Stadt Guben", kinds={"planted": "date"},
    )  # fmt: skip
    services.replace("trees", trees, about=about)
    parks = [
        NewFeature(
            shapely.box(14.70 + n / 100, 51.94, 14.705 + n / 100, 51.945),
            {"name": f"Park {n}"},
            key=f"park/{n}",
        )
        for n in range(3)
    ]
    services.replace(
        "parks", parks, about=Described(source="test", reference=2, title={"de": "Parks"}, revision="2")
    )
    outline = MultiPolygon(Polygon.from_bbox((14.6, 51.9, 14.8, 52.0)), srid=4326)
    area = Area.objects.create(
        slug="guben", kind="town", name={"de": "Guben", "pl": "Gubin"}, geometry=outline
    )
    Address.objects.create(
        street="Frankfurter Straße", house_number="1", point=Point(*GUBEN, srid=4326), area=area
    )


@pytest.fixture
def ask(client: Client) -> Ask:
    """Return a function that asks below `/ogc/` and gives the JSON of the answer."""

    def get(path: str, status: int = 200, **parameters: Any) -> Any:
        query = urlencode({name.replace("_", "-"): value for name, value in parameters.items()})
        answer = client.get(f"/ogc/{path}?{query}" if query else f"/ogc/{path}")
        assert answer.status_code == status, answer.content[:500]
        return json.loads(answer.content) if answer.content else None

    return get
