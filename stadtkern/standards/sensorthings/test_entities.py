"""The table of entity types holds together."""

import pytest

from stadtkern.standards.sensorthings.entities import BY_NAME, ENTITY_TYPES, EntityType

EACH = pytest.mark.parametrize("entity", ENTITY_TYPES, ids=lambda entity: entity.name)


@EACH
def test_every_link_leads_back(entity: EntityType) -> None:
    for link in entity.links:
        back = BY_NAME[link.target].link_of[link.back]
        assert back.target == entity.name
        assert back.back == link.name


@EACH
def test_names_are_told_once(entity: EntityType) -> None:
    names = [*(one.name for one in entity.properties), *(one.name for one in entity.links)]
    assert len(names) == len(set(names))
