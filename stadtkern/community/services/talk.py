"""Questions, answers, wishes and reuses: sent in by anybody, shown once somebody has read them."""

from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.base.errors import NotPermitted
from stadtkern.catalogue.models import Dataset
from stadtkern.community.models import Answer, DataRequest, Question, RequestVote, Reuse
from stadtkern.community.models.talk import Moderated
from stadtkern.community.services import events
from stadtkern.community.services.mailing import send_quietly
from stadtkern.community.services.subscribing import full_address
from stadtkern.people.models import User
from stadtkern.web.fields import in_language


def ask(  # noqa: PLR0913  # all of them belong to a question
    dataset: Dataset, *, text: str, name: str, email: str, author: User | None, language: str
) -> Question:
    """Keep a question until a moderator has read it."""
    return Question.objects.create(
        dataset=dataset,
        text=text.strip(),
        name=name.strip(),
        email=email,
        author=author,
        language=language,
        asked_at=clock.now(),
    )


@transaction.atomic
def answer(question: Question, *, text: str, by: User) -> Answer:
    """Answer a question as who answers for the data; the question is shown with it, who asked gets a mail.

    Raises
    ------
    NotPermitted
        if the person does not answer for these data.
    """
    if not by.has_perm("community.answer_question", question):
        raise NotPermitted(_("Only who answers for the data can answer."))
    speaks_for = in_language(question.dataset.publisher.name, "de")[0]
    made = Answer.objects.create(
        question=question, text=text.strip(), author=by, speaks_for=speaks_for, answered_at=clock.now()
    )
    Question.objects.filter(pk=question.pk).update(state=Moderated.SHOWN)
    events.answered(made)
    if question.email:
        transaction.on_commit(lambda: _mail_answer(question, made))
    return made


def _mail_answer(question: Question, made: Answer) -> None:
    with translation.override(question.language):
        link = full_address("dataset", question.dataset.slug) + f"#question-{question.pk}"
        body = _("You asked:\n%(question)s\n\n%(who)s answers:\n%(answer)s\n\n%(link)s") % {
            "question": question.text,
            "who": made.speaks_for,
            "answer": made.text,
            "link": link,
        }
        mail = EmailMessage(_("Your question was answered"), body, to=[question.email])
    send_quietly(mail, f"answer {made.pk}")


def wish(*, title: str, text: str, name: str, author: User | None, language: str) -> DataRequest:
    """Keep a wish for data until a moderator has read it."""
    made_at = clock.now()
    return DataRequest.objects.create(
        title=title.strip(),
        text=text.strip(),
        name=name.strip(),
        author=author,
        language=language,
        made_at=made_at,
    )


def vote(request: DataRequest, *, by: User) -> bool:
    """Add the voice of a person to a wish; return whether it was new."""
    try:
        with transaction.atomic():
            RequestVote.objects.create(request=request, user=by, at=clock.now())
            DataRequest.objects.filter(pk=request.pk).update(votes_count=F("votes_count") + 1)
    except IntegrityError:
        return False
    return True


@transaction.atomic
def take_vote_back(request: DataRequest, *, by: User) -> bool:
    """Take the voice of a person back; return whether there was one."""
    gone, _kinds = RequestVote.objects.filter(request=request, user=by).delete()
    if gone:
        DataRequest.objects.filter(pk=request.pk).update(votes_count=F("votes_count") - 1)
    return bool(gone)


@transaction.atomic
def send_reuse(datasets: list[Dataset], *, author: User | None, language: str, **facts: str) -> Reuse:
    """Keep a reuse until a moderator has read it."""
    made = Reuse.objects.create(author=author, language=language, made_at=clock.now(), **facts)
    made.datasets.set(datasets)
    return made
