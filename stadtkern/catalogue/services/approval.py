"""Nothing becomes public before somebody has approved it.

A dataset is written as a draft, submitted, and approved or sent back with a comment (Wagtail's workflow).
With the approval go: its description, its keywords, what was changed in its distributions, and the versions
proposed.
"""

from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from wagtail.models import GroupApprovalTask, Workflow, WorkflowContentType, WorkflowState, WorkflowTask

from stadtkern.base import clock
from stadtkern.base.errors import BadInput
from stadtkern.catalogue.models import Dataset, Distribution, Keyword, Pull, Version
from stadtkern.catalogue.services.names import free_slug, slug_of
from stadtkern.catalogue.services.versions import demand, make_current
from stadtkern.people.models import User
from stadtkern.people.roles import ADMIN, MODERATOR

FIELDS = ("title", "description", "access_url", "download_url", "format", "licence", "attribution")
"""What an editor may change in a distribution."""


def create_workflow(**_facts: Any) -> None:  # noqa: ANN401  # a receiver of `post_migrate`, too
    """Make the workflow of datasets once; what a town made of it stays."""
    content_type = ContentType.objects.get_for_model(Dataset)
    if WorkflowContentType.objects.filter(content_type=content_type).exists():
        return
    groups = Group.objects.filter(name__in=(MODERATOR, ADMIN))
    if not groups:
        return
    with override("de"):
        names = str(_("Approval of open data")), str(_("Approve a dataset"))
    workflow = Workflow.objects.create(name=names[0])
    task = GroupApprovalTask.objects.create(name=names[1])
    task.groups.set(groups)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowContentType.objects.create(content_type=content_type, workflow=workflow)


def latest(dataset: Dataset) -> Dataset:
    """Return the dataset as it was last written, approved or not."""
    found: Dataset = dataset.get_latest_revision_as_object()
    return found


@transaction.atomic
def save_draft(dataset: Dataset, *, by: User) -> None:
    """Keep what was written; the public sees it only after the approval."""
    demand(by, "change_dataset", dataset)
    check_unlocked(dataset, by)
    if not dataset.live:
        dataset.save()
        if dataset.draft_keywords is not None:
            set_keywords(dataset, dataset.draft_keywords)
    dataset.save_revision(user=by, log_action=True, clean=False)


def check_unlocked(dataset: Dataset, by: User) -> None:
    """Refuse changes while the dataset lies with those who approve it."""
    lock = dataset.get_lock()
    if lock is not None and lock.for_user(by):
        raise BadInput(_("The dataset is being approved or locked; it cannot be changed now."))


@transaction.atomic
def submit(dataset: Dataset, *, by: User) -> WorkflowState:
    """Ask for approval; after it was sent back, once more.

    Raises
    ------
    BadInput
        if it is submitted already, or something needed is missing.
    """
    demand(by, "change_dataset", dataset)
    if dataset.workflow_in_progress:
        raise BadInput(_("The dataset was submitted already."))
    if missing := missing_for_approval(dataset):
        raise BadInput(" ".join(missing))
    state = dataset.current_workflow_state
    if state is not None and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        _written(dataset, by)
        state.resume(by)
        return state
    create_workflow()
    workflow = dataset.get_workflow()
    if workflow is None:
        raise BadInput(_("Nobody approves datasets here; an administrator has to set a workflow up."))
    _written(dataset, by)
    started: WorkflowState = workflow.start(dataset, by)
    return started


def _written(dataset: Dataset, by: User) -> None:
    """Make sure that there is a revision that can be approved."""
    if dataset.latest_revision is None or not dataset.has_unpublished_changes:
        latest(dataset).save_revision(user=by, log_action=True, clean=False)
        dataset.refresh_from_db()


def missing_for_approval(dataset: Dataset) -> list[str]:
    """Return what a dataset needs before anybody should look at it."""
    written = latest(dataset)
    missing = []
    if not any(written.title.values()) or not any(written.description.values()):
        missing.append(_("Title and description are missing."))
    there = Distribution.objects.filter(dataset=dataset)
    has_table = Version.objects.filter(distribution__in=there, state=Version.State.READY).exists()
    if not has_table and not there.exclude(access_url="", download_url="").exists():
        missing.append(_("There is no table yet and no address where the data can be had."))
    if not written.profile.is_published:
        missing.append(_("Its data profile is not published, so nobody would see it."))
    return missing


@transaction.atomic
def publish(dataset: Dataset, *, by: User | None) -> None:
    """Make a dataset as it was last written public at once; for who approves, and for the program."""
    demand(by, "publish_dataset", dataset)
    dataset.save_revision(user=by, clean=False) if dataset.latest_revision is None else None
    revision = dataset.get_latest_revision()
    revision.publish(user=by, skip_permission_checks=True)
    dataset.refresh_from_db()


@transaction.atomic
def after_publishing(instance: Dataset, **_facts: Any) -> None:  # noqa: ANN401  # a receiver of `published`
    """Let go public what was waiting beside the description."""
    if instance.draft_keywords is not None:
        set_keywords(instance, instance.draft_keywords)
    for distribution in Distribution.objects.select_for_update().filter(dataset=instance.pk):
        _apply_draft(distribution)
    Pull.objects.filter(distribution__dataset=instance.pk).update(is_approved=True)
    proposed = Version.objects.filter(distribution__dataset=instance.pk, is_proposed=True)
    for version in proposed.select_related("distribution__dataset__profile"):
        make_current(version, by=None)
    first = Dataset.objects.filter(pk=instance.pk, issued=None)
    first.update(issued=clock.now())
    Dataset.objects.filter(pk=instance.pk, modified=None).update(modified=clock.now())


def _apply_draft(distribution: Distribution) -> None:
    if distribution.draft.get("deleted"):
        distribution.delete()
        return
    if distribution.draft or not distribution.is_live:
        for name, value in distribution.draft.items():
            setattr(distribution, name, value)
        distribution.draft, distribution.is_live = {}, True
        distribution.save()


def as_written(distribution: Distribution) -> Distribution:
    """Put the changes that wait for approval over a distribution and return it; do not save it."""
    for name, value in distribution.draft.items():
        if name in FIELDS:
            setattr(distribution, name, value)
    return distribution


@transaction.atomic
def change_distribution(distribution: Distribution, changes: dict[str, Any], *, by: User) -> None:
    """Write changes of a distribution; while its dataset is public they wait for approval."""
    demand(by, "change_distribution", distribution)
    check_unlocked(distribution.dataset, by)
    stored = Distribution.objects.select_for_update().get(pk=distribution.pk)
    if stored.is_live and distribution.dataset.live:
        different = {k: v for k, v in changes.items() if k in FIELDS and getattr(stored, k) != v}
        stored.draft = different
        stored.save(update_fields=["draft"])
    else:
        for name in FIELDS:
            setattr(stored, name, changes.get(name, getattr(stored, name)))
        stored.save()


@transaction.atomic
def add_distribution(dataset: Dataset, *, by: User | None, slug: str = "", **facts: Any) -> Distribution:  # noqa: ANN401
    """Add a way to have the data; it is seen after the approval of the dataset."""
    demand(by, "change_dataset", dataset)
    if by is not None:
        check_unlocked(dataset, by)
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    taken = set(dataset.distributions.values_list("slug", flat=True))
    return Distribution.objects.create(
        dataset=dataset,
        slug=free_slug(slug or _first_text(facts.get("title")) or "table", taken),
        position=len(taken),
        is_live=False,
        **facts,
    )


@transaction.atomic
def remove_distribution(distribution: Distribution, *, by: User) -> None:
    """Take a distribution away; one that the public sees goes with the next approval."""
    demand(by, "change_distribution", distribution)
    check_unlocked(distribution.dataset, by)
    if distribution.is_live and distribution.dataset.live:
        Distribution.objects.filter(pk=distribution.pk).update(draft={"deleted": True})
    else:
        distribution.delete()


def _first_text(texts: Any) -> str:  # noqa: ANN401  # texts by language, or nothing
    return next((text for text in (texts or {}).values() if text), "")


def set_keywords(dataset: Dataset, words: list[str]) -> None:
    """Give a dataset these keywords and no others."""
    language = (get_language() or "de").partition("-")[0]
    wanted = {word.strip()[:100]: None for word in words if word.strip()}
    known = {one.word: one for one in Keyword.objects.filter(word__in=wanted).order_by("-language")}
    for word in wanted:
        if word not in known:
            known[word] = Keyword.objects.get_or_create(
                word=word, language=language, defaults={"slug": slug_of(word)[:100] or "keyword"}
            )[0]
    dataset.keywords.set(known.values())
