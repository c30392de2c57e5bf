"""The register for machines."""

from django.conf import settings
from django.core.paginator import Page
from django.urls import reverse
from django.utils.translation import override

from stadtkern.governance import register
from stadtkern.governance.durations import iso
from stadtkern.governance.models import DataProfile


def as_json(page: "Page[DataProfile]") -> dict[str, object]:
    """Return a page of the register with all languages of every text."""
    address = settings.PUBLIC_URL + reverse("register-json")
    following = f"{address}?page={page.next_page_number()}" if page.has_next() else None
    return {
        "count": page.paginator.count,
        "page": page.number,
        "pages": page.paginator.num_pages,
        "next": following,
        "profiles": [entry_as_json(entry) for entry in register.counted(page.object_list)],
    }


def entry_as_json(entry: register.Entry) -> dict[str, object]:
    """Return one profile; spans of time as ISO 8601."""
    profile, licence = entry.profile, entry.profile.licence_facts
    with override(settings.LANGUAGE_CODE):
        page = settings.PUBLIC_URL + reverse("profile", args=[profile.slug])
    return {
        "id": profile.slug,
        "page": page,
        "title": profile.title,
        "purpose": profile.purpose,
        "legal_basis": profile.legal_basis,
        "has_personal_data": profile.has_personal_data,
        "access": profile.access,
        "owner": {
            "id": profile.owner.slug,
            "name": profile.owner.name,
            "homepage": profile.owner.homepage or None,
            "email": profile.owner.email or None,
        },
        "licence": {
            "id": licence.code,
            "title": licence.title,
            "url": licence.url or None,
            "uri": licence.uri or None,
        },
        "attribution": profile.attribution or None,
        "retention": iso(profile.retention),
        "update_rhythm": iso(profile.update_rhythm),
        "quality": profile.quality,
        "sensors": entry.counts.sensors,
        "streams": entry.counts.streams,
        "datasets": entry.counts.datasets,
    }
