"""The register in the search."""

from django.urls import reverse

from stadtkern.governance.models import DataProfile
from stadtkern.governance.register import published, text_of
from stadtkern.web.search import Entry, Found, Hit, among


def find_profiles(text: str, first: int, most: int) -> Found:
    """Find published profiles by all their texts."""
    profiles = {profile.pk: profile for profile in published()}
    entries = (Entry(str(profile), text_of(profile), key) for key, profile in profiles.items())
    total, keys = among(entries, text, first, most)
    return Found(total, [_hit(profiles[key]) for key in keys if isinstance(key, int)])


def _hit(profile: DataProfile) -> Hit:
    return Hit(str(profile), reverse("profile", args=[profile.slug]), profile.get_purpose())
