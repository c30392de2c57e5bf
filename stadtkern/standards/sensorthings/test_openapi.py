"""The description of the interface: it is true, and whatever follows from it ends without an error of ours."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase
from hypothesis import settings as searching
from pytest_django import Settings

from stadtkern.standards.sensorthings.conftest import Ask, Town
from stadtkern.standards.sensorthings.entities import ENTITY_TYPES
from stadtkern.standards.sensorthings.fixtures import LONGER
from stadtkern.standards.sensorthings.openapi import MEDIA_TYPE, PATH, description

pytestmark = pytest.mark.django_db
SCHEMA = schemathesis.openapi.from_dict(description("http://testserver/sta/v1.1"))


def test_it_is_where_programs_look_for_it(client: Client, ask: Ask, town: Town) -> None:
    """RFC 8631: the landing document names it by a link."""
    link = client.get("/sta/v1.1/")["Link"]
    address = link.partition(">")[0].removeprefix("<")
    assert address.endswith(f"/sta/v1.1/{PATH}")
    answer = client.get(address)
    assert answer["Content-Type"] == MEDIA_TYPE
    found = answer.json()
    assert found["servers"] == [{"url": "http://testserver/sta/v1.1"}]
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    numbers = {entity.plural: ask(entity.plural, top=1)["value"][0]["@iot.id"] for entity in ENTITY_TYPES}
    for path, operations in found["paths"].items():
        if "get" in operations:
            plural = path.removeprefix("/").partition("(")[0]
            own = path.removeprefix("/").replace("{id}", str(numbers.get(plural)))
            assert client.get(f"/sta/v1.1/{own}").status_code in {200, 404}, own


def send(client: Client, case: Any) -> Any:  # noqa: ANN401  # a case of schemathesis
    """Send what was generated as it stands; return the answer."""
    told = case.as_transport_kwargs(base_url="http://testserver/sta/v1.1")
    body = told.get("data")
    if "json" in told:
        body = json.dumps(told["json"]).encode()
    headers = {name: str(value) for name, value in dict(told["headers"]).items()}
    kind = headers.pop("Content-Type", case.media_type or "application/json")
    headers.pop("Accept-Encoding", None)
    path = urlsplit(told["url"]).path
    query = urlencode(told.get("params") or {}, doseq=True)
    address = f"{path}?{query}" if query else path
    return client.generic(told["method"], address, body or b"", kind, headers=headers)


@SCHEMA.parametrize()
@searching(
    max_examples=3 * LONGER,
    derandomize=LONGER == 1,
    deadline=None,
    phases=[Phase.generate] if LONGER == 1 else list(Phase),
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_follows_from_it_is_an_error_of_ours(
    case: Any,  # noqa: ANN401  # a case of schemathesis
    client: Client,
    settings: Settings,
) -> None:
    settings.STA_ANONYMOUS_WRITE = True
    answer = send(client, case)
    content = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code < 500, (case.method, case.formatted_path, case.query, case.body, content[:500])
    if answer.status_code >= 400:
        assert json.loads(content)["code"] == answer.status_code
