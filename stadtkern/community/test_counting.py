"""Uses are counted without knowing by whom; a missed rhythm is noticed and told to who answers for it."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from django.utils.timezone import localdate
from time_machine import travel

from stadtkern.base import clock
from stadtkern.catalogue import uses
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.community.fixtures import make_dataset
from stadtkern.community.models import DailyUse, Reminder
from stadtkern.community.services import counting, events, reminding, retention

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _nothing_gathered() -> None:
    counting.gathered.take()


@pytest.fixture(name="dataset")
def _dataset() -> Dataset:
    return make_dataset()


def use(dataset: Dataset, kind: uses.Kind = "view", agent: str = BROWSER) -> None:
    """Use a dataset once."""
    uses.note(RequestFactory().get("/", HTTP_USER_AGENT=agent), dataset, kind)


def test_uses_are_counted_by_day_and_kind(dataset: Dataset) -> None:
    for _number in range(3):
        use(dataset)
    use(dataset, "download")
    assert not DailyUse.objects.exists()
    counting.write()
    use(dataset)
    counting.write()
    assert counting.totals(dataset, since=localdate()) == {"view": 4, "download": 1}


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "AhrefsBot", "UptimeRobot/2.0", "some Spider"])
def test_robots_that_name_themselves_do_not_count(dataset: Dataset, agent: str) -> None:
    use(dataset, agent=agent)
    counting.write()
    assert not DailyUse.objects.exists()


def test_what_is_stored_says_nothing_about_who() -> None:
    names = {field.name for field in DailyUse._meta.get_fields()}  # noqa: SLF001  # Django has no public name
    assert names == {"id", "dataset", "day", "kind", "count"}


def test_a_dataset_that_went_meanwhile_is_no_mistake(dataset: Dataset) -> None:
    use(dataset)
    dataset.delete()
    counting.write()
    assert not DailyUse.objects.exists()


def test_counts_are_shown_with_their_method(client: Client, dataset: Dataset) -> None:
    use(dataset)
    counting.write()
    assert "1 visit of this page" in client.get(dataset.get_absolute_url()).content.decode()
    page = client.get("/en/data/usage/").content.decode()
    assert "no cookie" in page
    assert "Cyclists on the bridge" in page


def test_counts_end_after_three_years(dataset: Dataset) -> None:
    DailyUse.objects.create(dataset=dataset, day=date(2020, 1, 1), kind="view", count=1)
    assert retention.uses(clock.now()) == 1


def test_a_missed_rhythm_is_told_once_a_week(dataset: Dataset) -> None:
    Dataset.objects.update(frequency="MONTHLY", modified=clock.now())
    assert reminding.remind() == 0
    with travel(clock.now() + timedelta(days=40), tick=False):
        assert reminding.remind() == 1
        assert reminding.remind() == 0
    assert mail.outbox[0].to == ["town@example.org"]
    assert "Cyclists on the bridge" in mail.outbox[0].subject
    with travel(clock.now() + timedelta(days=48), tick=False):
        assert reminding.remind() == 1
    assert Reminder.objects.get().count == 2
    assert Reminder.objects.get().dataset == dataset


def test_a_new_edition_ends_the_reminder(dataset: Dataset) -> None:
    now = clock.now()
    Dataset.objects.update(frequency="WEEKLY", modified=now - timedelta(days=30))
    reminding.remind()
    assert Reminder.objects.exists()
    table = Distribution.objects.create(dataset=dataset, slug="counts")
    events.new_version(Version.objects.create(distribution=table, number=1, state="ready"))
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("frequency", ["", "IRREG", "NEVER", "UNKNOWN"])
def test_who_promised_nothing_is_not_reminded(dataset: Dataset, frequency: str) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(
        frequency=frequency, modified=clock.now() - timedelta(days=9999)
    )
    assert reminding.remind() == 0
    assert not Reminder.objects.exists()


def test_nobody_is_written_to_for_ever(dataset: Dataset) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(frequency="DAILY", modified=clock.now() - timedelta(days=99))
    for week in range(12):
        with travel(clock.now() + timedelta(days=8 * week), tick=False):
            reminding.remind()
    assert len(mail.outbox) == reminding.MOST_REMINDERS
