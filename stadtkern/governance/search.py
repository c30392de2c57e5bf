"""The register in the search."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from stadtkern.governance.licences import licence
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation
from stadtkern.search.subjects import Document, Subject


def documents(keys: Collection[str] | None) -> Iterator[Document]:
    """Return published profiles."""
    profiles = DataProfile.objects.published().select_related("owner")
    if keys is not None:
        profiles = profiles.filter(pk__in=list(keys))
    for profile in profiles.order_by("pk"):
        yield Document(
            key=str(profile.pk),
            title=profile.title or {"": profile.slug},
            text=profile.purpose,
            hidden=_together(profile.legal_basis, profile.quality, profile.owner.name, {"": profile.slug}),
            route=("profile", profile.slug),
            facets={"licence": (profile.licence,)},
        )


def _together(*texts: Mapping[str, str]) -> dict[str, str]:
    """Return several texts as one in each language."""
    languages = dict.fromkeys(language for one in texts for language in one)
    return {language: " ".join(one[language] for one in texts if one.get(language)) for language in languages}


def visible(keys: Collection[str]) -> Collection[str]:
    """Return the profiles that are published."""
    found = DataProfile.objects.published().filter(pk__in=list(keys))
    return {str(pk) for pk in found.values_list("pk", flat=True)}


def _of_owner(owner: Organisation) -> Iterable[str]:
    return map(str, DataProfile.objects.filter(owner=owner.pk).values_list("pk", flat=True))


def licence_titles(codes: Collection[str]) -> Mapping[str, str]:
    """Return how licences are called."""
    return {code: licence(code).title for code in codes}


SUBJECT = Subject(
    slug="register",
    title=_("Register of sensors and data"),
    documents=documents,
    visible=visible,
    watches={DataProfile: lambda profile: [str(profile.pk)], Organisation: _of_owner},
    weight=0.8,
)
