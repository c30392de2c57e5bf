"""Questions and answers, wishes for data, and what was made of data."""

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Dataset
from stadtkern.people.models import User

LONGEST = 3000


class Moderated(models.TextChoices):
    """Whether others see what somebody wrote."""

    WAITING = "waiting", _("waits to be read")
    SHOWN = "shown", _("shown")
    HIDDEN = "hidden", _("not shown")


class Question(models.Model):
    """A question or remark on a dataset, shown once a moderator has read it."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField(_("your question or remark"), validators=[MaxLengthValidator(LONGEST)])
    name = models.CharField(_("your name"), max_length=80, blank=True)
    email = models.EmailField(_("your email address"), blank=True)
    """Only to tell of the answer; deleted with it."""
    author = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="data_questions"
    )
    language = models.CharField(max_length=5, default="de")
    state = models.CharField(_("state"), max_length=10, choices=Moderated, default=Moderated.WAITING)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("asked"), db_index=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("question on a dataset")
        verbose_name_plural = _("questions on datasets")

    def __str__(self) -> str:
        return self.text[:60]


class Answer(models.Model):
    """What who answers for the data says to a question."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers")
    text = models.TextField(_("answer"), validators=[MaxLengthValidator(LONGEST)])
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    speaks_for = models.CharField(_("speaks for"), max_length=200)
    answered_at = models.DateTimeField(_("answered"))

    class Meta:
        ordering = ["answered_at", "pk"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")

    def __str__(self) -> str:
        return self.text[:60]


class DataRequest(models.Model):
    """A wish for data that the town does not publish yet."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waits to be read")
        OPEN = "open", _("open")
        CHECKED = "checked", _("is being examined")
        PLANNED = "planned", _("is planned")
        DONE = "done", _("fulfilled")
        DECLINED = "declined", _("declined")
        HIDDEN = "hidden", _("not shown")

    title = models.CharField(_("which data do you wish for?"), max_length=120)
    text = models.TextField(_("what do you want to do with them?"), validators=[MaxLengthValidator(LONGEST)])
    name = models.CharField(_("your name"), max_length=80, blank=True)
    author = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="data_requests"
    )
    language = models.CharField(max_length=5, default="de")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reply = models.TextField(_("what the town says"), blank=True, validators=[MaxLengthValidator(LONGEST)])
    dataset = models.ForeignKey(
        Dataset,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="wishes",
        verbose_name=_("fulfilled by"),
    )
    votes_count = models.PositiveIntegerField(_("votes"), default=0, editable=False)
    made_at = models.DateTimeField(_("made"), db_index=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-votes_count", "-made_at", "-pk"]
        verbose_name = _("wish for data")
        verbose_name_plural = _("wishes for data")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(reply=""),
                name="community_declined_with_reason",
                violation_error_message=_("Say why the wish is declined."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RequestVote(models.Model):
    """A person who wishes for the same data."""

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="data_request_votes")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("vote for a wish")
        verbose_name_plural = _("votes for wishes")
        constraints = [
            models.UniqueConstraint(fields=["request", "user"], name="community_one_vote_each"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}"


class Reuse(models.Model):
    """What somebody made of data: an application, an article, a map."""

    class Kind(models.TextChoices):
        """What it is."""

        APPLICATION = "application", _("application")
        VISUALISATION = "visualisation", _("map or chart")
        ARTICLE = "article", _("article or study")
        EDUCATION = "education", _("school or university")
        OTHER = "other", _("something else")

    title = models.CharField(_("what is it called?"), max_length=120)
    kind = models.CharField(_("what is it?"), max_length=15, choices=Kind, default=Kind.APPLICATION)
    url = models.URLField(_("where is it?"), max_length=500)
    text = models.TextField(_("what does it do?"), validators=[MaxLengthValidator(LONGEST)])
    maker = models.CharField(_("who made it?"), max_length=120)
    email = models.EmailField(_("email address for questions"), blank=True)
    datasets = models.ManyToManyField(Dataset, related_name="reuses", verbose_name=_("made of"))
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="reuses")
    language = models.CharField(max_length=5, default="de")
    state = models.CharField(_("state"), max_length=10, choices=Moderated, default=Moderated.WAITING)
    made_at = models.DateTimeField(_("sent in"), db_index=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("reuse")
        verbose_name_plural = _("reuses")

    def __str__(self) -> str:
        return self.title
