"""New datasets."""

from typing import IO

from django.db import IntegrityError, transaction
from django.utils.translation import get_language

from stadtkern.base.errors import BadInput
from stadtkern.catalogue.models import Agent, Dataset, Version
from stadtkern.catalogue.services import approval, versions
from stadtkern.catalogue.services.names import free_slug
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation, User


def new_dataset(title: str, profile: DataProfile, *, by: User) -> Dataset:
    """Make a dataset that nobody sees yet, published by the owner of its profile.

    Raises
    ------
    NotPermitted
        if the person may not put data under this profile.
    """
    language = (get_language() or "de").partition("-")[0]
    for _attempt in range(3):
        dataset = Dataset(
            slug=free_slug(title, _taken(title)),
            title={language: title},
            profile=profile,
            publisher=agent_of(profile.owner),
            language=language,
            live=False,
        )
        versions.demand(by, "change_dataset", dataset)
        try:
            with transaction.atomic():
                dataset.save()
        except IntegrityError:  # somebody took the same name in this moment
            continue
        return dataset
    raise BadInput("this title is being taken by others; try again")


def _taken(title: str) -> set[str]:
    beginning = free_slug(title, ())
    return set(Dataset.objects.filter(slug__startswith=beginning).values_list("slug", flat=True))


def agent_of(organisation: Organisation) -> Agent:
    """Return the publisher that stands for an organisation of ours."""
    found = Agent.objects.filter(organisation=organisation).first()
    if found is not None:
        return found
    taken = set(Agent.objects.filter(slug__startswith=organisation.slug).values_list("slug", flat=True))
    agent, _is_new = Agent.objects.get_or_create(
        organisation=organisation,
        defaults={
            "slug": free_slug(organisation.slug, taken),
            "name": organisation.name,
            "homepage": organisation.homepage,
            "email": organisation.email,
        },
    )
    return agent


def new_table(  # noqa: PLR0913  # what the first page asks for
    title: str,
    profile: DataProfile,
    *,
    by: User,
    file: IO[bytes] | None = None,
    name: str = "",
    url: str = "",
) -> Version:
    """Make a dataset with one table out of a file or of what lies at an address; all of it or nothing."""
    with transaction.atomic():
        dataset = new_dataset(title, profile, by=by)
        distribution = approval.add_distribution(dataset, by=by, slug=dataset.slug, title=dataset.title)
        if file is None:
            return versions.fetch(distribution, url, by=by)
    try:
        return versions.upload(distribution, file, name, by=by)
    except BaseException:
        dataset.delete()  # the file was refused: leave no dataset without anything behind
        raise
