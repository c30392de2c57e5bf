"""The description is true: whatever follows from it ends as it says, never with an error of ours."""

from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

import jsonschema
import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase
from hypothesis import settings as searching

from stadtkern.standards.ogc import openapi
from stadtkern.standards.ogc.conftest import Ask

Json: TypeAlias = Any
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "town", "version": "1"},
    "servers": [{"url": "http://testserver/ogc"}],
    "paths": openapi.paths(["addresses", "areas", "parks", "trees"]),
    "components": {"parameters": openapi.parameters(), "schemas": openapi.SCHEMAS},
}
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


def send(client: Client, case: Json) -> Json:
    """Send what was generated as it stands; return the answer."""
    told = case.as_transport_kwargs(base_url="http://testserver/ogc")
    given = told.get("params") or {}
    query = given if isinstance(given, str) else urlencode(given, doseq=True)
    path = urlsplit(told["url"]).path
    headers = {name: str(value) for name, value in dict(told["headers"]).items()}
    headers.pop("Accept-Encoding", None)
    return client.generic(told["method"], f"{path}?{query}" if query else path, headers=headers)


@SCHEMA.parametrize()
@searching(
    max_examples=15,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(client: Client, case: Json) -> None:
    answer = send(client, case)
    assert answer.status_code in {200, 204, 304, 400, 404, 405, 406}, answer.content
    kind = answer.headers.get("Content-Type", "").replace("; charset=utf-8", "")
    if answer.status_code >= 400:
        assert kind == "application/problem+json"
    elif answer.status_code == 200:
        described = case.operation.definition.raw["responses"]["200"]["content"]
        assert kind in described
        if kind.endswith("json"):
            check(answer.json(), described[kind]["schema"])


def check(document: Json, schema: dict[str, Any]) -> None:
    """Hold a document to its schema."""
    whole = {**schema, "components": {"schemas": _plain(openapi.SCHEMAS)}}
    jsonschema.validate(document, whole)


def _plain(value: Json) -> Json:
    """Return a schema of OpenAPI 3.0 as JSON Schema: `nullable` becomes a kind of its own."""
    if isinstance(value, dict):
        found = {key: _plain(inner) for key, inner in value.items() if key != "nullable"}
        return {**found, "type": [value["type"], "null"]} if value.get("nullable") else found
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def test_the_description_is_the_one_that_is_served(ask: Ask) -> None:
    served = ask("api")
    assert served["components"]["parameters"] == DOCUMENT["components"]["parameters"]
    assert served["paths"].keys() == DOCUMENT["paths"].keys()
