"""Changing a thing by hand."""

from collections.abc import Mapping
from typing import Any

from stadtkern.observations.access import access_for
from stadtkern.observations.models import Thing, ThingPhoto
from stadtkern.observations.services.entities.work import work
from stadtkern.people.models import User


def change_thing(  # noqa: PLR0913  # all of them by name
    pk: int,
    *,
    by: User,
    name: str,
    description: str,
    image: Any = None,  # noqa: ANN401  # a row of Wagtail's image model
    alt: Mapping[str, str] | None = None,
    credit: str = "",
) -> Thing:
    """Write name, description and picture of a thing; no `image` takes the picture away.

    Raises
    ------
    NotFound
        if there is no such thing for `by`.
    NotPermitted
        if somebody else looks after its data.
    """
    with work(access_for(user=by)) as piece:
        thing: Thing = piece.find("Thing", pk)
        if (thing.name, thing.description) != (name, description):
            piece.changing("Thing", thing, "name", "description")
            thing.name, thing.description = name, description
            thing.save(update_fields=["name", "description"])
        if image is None:
            for photo in ThingPhoto.objects.filter(thing=thing):
                photo.delete()
        else:
            facts = {"image": image, "alt": dict(alt or {}), "credit": credit}
            ThingPhoto.objects.update_or_create(thing=thing, defaults=facts)
    return thing
