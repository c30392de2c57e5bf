"""Questions, wishes, reuses: shown once read, answered by who answers for the data, counted once each."""

import threading
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.base import clock
from stadtkern.base.errors import NotPermitted
from stadtkern.catalogue.models import Dataset
from stadtkern.community.fixtures import make_dataset, make_profile
from stadtkern.community.models import Answer, DataRequest, Question, RequestVote, Reuse
from stadtkern.community.models.talk import Moderated
from stadtkern.community.services import talk
from stadtkern.people.models import Membership, Organisation, User
from stadtkern.people.services import add_person, erase_person, export_person

pytestmark = pytest.mark.django_db
ADDRESS = "/en/data/cyclists/questions/"


@pytest.fixture(autouse=True)
def _rested() -> None:
    cache.clear()


@pytest.fixture(name="dataset")
def _dataset() -> Dataset:
    return make_dataset()


def person(name: str, *roles: str) -> User:
    """Return somebody with roles."""
    return add_person(f"{name}@example.org", password="Neisse-Bruecke-1908", roles=roles, language="en")


def ask(dataset: Dataset, text: str = "Why is May missing?", **facts: Any) -> Question:  # noqa: ANN401
    """Ask a question."""
    given = {"text": text, "name": "", "email": "", "author": None, "language": "de"}
    return talk.ask(dataset, **{**given, **facts})


def test_a_question_waits_is_answered_and_shown(
    client: Client,
    dataset: Dataset,
    django_capture_on_commit_callbacks: Any,  # noqa: ANN401
) -> None:
    answer = client.post(ADDRESS, {"text": "Why is May missing?", "name": "Ola", "email": "ola@example.org"})
    assert answer.status_code == 200
    assert "Why is May" not in client.get(ADDRESS).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        talk.answer(Question.objects.get(), text="The loop was broken.", by=person("alice", "editor"))
    page = client.get(dataset.get_absolute_url()).content.decode()
    assert "Why is May missing?" in page
    assert "The loop was broken." in page
    assert "Town of Guben" in page
    assert "ola@example.org" not in page
    assert mail.outbox[0].to == ["ola@example.org"]
    assert "The loop was broken." in mail.outbox[0].body


def test_only_who_answers_for_the_data_answers(dataset: Dataset) -> None:
    question = ask(dataset)
    bob = person("bob", "editor")
    Membership.objects.create(
        user=bob, organisation=Organisation.objects.create(slug="other"), role=Membership.Role.EDITOR
    )
    for nobody in (bob, person("charlie"), person("mia", "moderator")):
        with pytest.raises(NotPermitted):
            talk.answer(question, text="I say so.", by=nobody)
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {"text": ""},
        {"text": "x" * 3001},
        {"text": "Why?", "email": "nobody"},
        {"text": "Why?", "name": "n" * 81},
    ],
)
def test_a_wrong_question_is_said_at_the_field(
    client: Client, dataset: Dataset, sent: dict[str, str]
) -> None:
    assert dataset.is_public
    assert client.post(ADDRESS, sent).status_code == 422
    assert not Question.objects.exists()


def test_a_question_is_text_and_nothing_else(client: Client, dataset: Dataset) -> None:
    ask(dataset, "<script>alert(1)</script> <b>Ął</b>")
    Question.objects.update(state=Moderated.SHOWN)
    page = client.get(ADDRESS).content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;Ął" in page


def test_one_sender_sends_ten_an_hour(client: Client, dataset: Dataset) -> None:
    assert dataset.is_public
    codes = [client.post(ADDRESS, {"text": f"Question {number}"}).status_code for number in range(11)]
    assert codes == [200] * 10 + [429]
    assert Question.objects.count() == 10


def test_a_wish_is_read_voted_for_and_fulfilled(client: Client, dataset: Dataset) -> None:
    client.post("/en/data/wishes/new/", {"title": "Dustbins", "text": "Where are they?"})
    wish = DataRequest.objects.get()
    assert client.get(f"/en/data/wishes/{wish.pk}/").status_code == 404
    client.force_login(person("mia", "moderator"))
    DataRequest.objects.update(state="open")
    where = f"/en/data/wishes/{wish.pk}/"
    for _twice in range(2):
        client.post(where + "vote/")
    wish.refresh_from_db()
    assert wish.votes_count == 1
    client.post(where + "vote/", {"action": "back"})
    client.post(where + "vote/", {"action": "back"})
    wish.refresh_from_db()
    assert wish.votes_count == 0
    DataRequest.objects.update(state="done", dataset=dataset, reply="Here they are.")
    page = client.get(where).content.decode()
    assert "fulfilled" in page
    assert "Here they are." in page
    assert dataset.get_absolute_url().replace("/de/", "/en/") in page


def test_nobody_votes_without_an_account(client: Client) -> None:
    wish = talk.wish(title="Dustbins", text="Where?", name="", author=None, language="de")
    DataRequest.objects.update(state="open")
    assert client.post(f"/en/data/wishes/{wish.pk}/vote/").status_code == 302
    assert not RequestVote.objects.exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads cannot wait for a database in memory")
@pytest.mark.django_db(transaction=True)
def test_votes_at_once_count_each_person_once() -> None:
    wish = talk.wish(title="Dustbins", text="Where?", name="", author=None, language="de")
    people = [person(f"voter{number}") for number in range(4)]

    def vote(user: User) -> None:
        try:
            talk.vote(wish, by=user)
        finally:
            connection.close()

    threads = [threading.Thread(target=vote, args=(user,)) for user in people * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wish.refresh_from_db()
    assert wish.votes_count == RequestVote.objects.count() == 4


def test_a_declined_wish_needs_a_reason(client: Client) -> None:
    wish = talk.wish(title="Dustbins", text="Where?", name="", author=None, language="de")
    client.force_login(person("mia", "moderator"))
    page = client.post(f"/admin/talk/wishes/{wish.pk}/", {"state": "declined", "reply": ""})
    assert page.status_code == 422
    client.post(f"/admin/talk/wishes/{wish.pk}/", {"state": "declined", "reply": "We do not have them."})
    wish.refresh_from_db()
    assert wish.state == "declined"


def test_a_reuse_is_shown_once_a_moderator_saw_it(client: Client, dataset: Dataset) -> None:
    sent = {
        "title": "Ride",
        "kind": "application",
        "url": "https://ride.example",
        "text": "Shows the best way.",
        "maker": "Class 8b",
        "datasets": ["cyclists"],
    }
    assert client.post("/en/data/reuses/new/", sent).status_code == 200
    reuse = Reuse.objects.get()
    assert "Ride" not in client.get("/en/data/reuses/").content.decode()
    client.force_login(person("mia", "moderator"))
    client.post(f"/admin/talk/reuses/{reuse.pk}/", {"action": "shown"})
    assert "Class 8b" in client.get("/en/data/reuses/").content.decode()
    assert "Class 8b" in client.get(dataset.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"url": "javascript:alert(1)"}, {"datasets": ["hidden"]}, {"kind": "virus"}, {"title": ""}],
)
def test_a_wrong_reuse_is_refused(client: Client, dataset: Dataset, wrong: dict[str, object]) -> None:
    make_dataset("hidden", profile=dataset.profile, live=False)
    sent = {"title": "Ride", "kind": "other", "url": "https://r.example", "text": "x", "maker": "y"}
    answer = client.post("/en/data/reuses/new/", {**sent, "datasets": ["cyclists"], **wrong})
    assert answer.status_code == 422
    assert not Reuse.objects.exists()


@pytest.mark.parametrize("page", ["/admin/talk/", "/admin/talk/questions/{}/"])
def test_citizens_do_not_see_the_inbox(client: Client, dataset: Dataset, page: str) -> None:
    question = ask(dataset)
    client.force_login(person("charlie"))
    assert client.get(page.format(question.pk)).status_code in {302, 403}


def test_an_editor_answers_in_the_back_office(client: Client, dataset: Dataset) -> None:
    question = ask(dataset)
    client.force_login(person("alice", "editor"))
    assert "Why is May missing?" in client.get("/admin/talk/").content.decode()
    page = f"/admin/talk/questions/{question.pk}/"
    assert client.post(page, {"text": ""}).status_code == 422
    assert client.post(page, {"text": "It rained."}).status_code == 302
    assert Answer.objects.get().speaks_for == "Town of Guben"
    client.post(page, {"action": "hidden"})
    question.refresh_from_db()
    assert question.state == Moderated.HIDDEN


def test_a_person_gets_everything_out_and_erased(dataset: Dataset) -> None:
    charlie = person("charlie")
    ask(dataset, author=charlie, name="Charlie", email="charlie@example.org")
    wish = talk.wish(title="Dustbins", text="Where?", name="Charlie", author=charlie, language="de")
    talk.vote(wish, by=charlie)
    held: Any = export_person(charlie, by=charlie)["community"]
    assert held["questions"][0]["text"] == "Why is May missing?"
    assert held["votes"][0]["request__title"] == "Dustbins"
    erase_person(charlie, by=charlie)
    question = Question.objects.get()
    assert (question.name, question.email, question.author) == ("", "", None)
    wish.refresh_from_db()
    assert (wish.votes_count, RequestVote.objects.count(), wish.author) == (1, 1, None)


def test_pages_ask_the_same_for_many(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    dataset = make_dataset("trees", profile=make_profile("trees"))
    for number in range(12):
        question = ask(dataset, f"Question {number}")
        Answer.objects.create(
            question=question, text="So.", speaks_for="Town of Guben", answered_at=clock.now()
        )
    Question.objects.update(state=Moderated.SHOWN)
    client.get("/en/data/trees/questions/")
    with django_assert_num_queries(4):
        client.get("/en/data/trees/questions/")
