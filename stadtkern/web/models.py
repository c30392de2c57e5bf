"""Editorial pages, and reports of barriers."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, Panel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index

from stadtkern.base import clock
from stadtkern.web.blocks import RICH, BarriersBlock, BodyBlock


class TextPage(Page):
    """What all editorial pages have in common: a lead and a body."""

    introduction = models.TextField(
        _("introduction"), blank=True, help_text=_("One or two sentences: what is this page about?")
    )
    body = StreamField(BodyBlock(), verbose_name=_("content"), blank=True)

    content_panels: ClassVar[list[Panel]] = [
        *Page.content_panels,
        FieldPanel("introduction"),
        FieldPanel("body"),
    ]
    search_fields: ClassVar[list[index.BaseField]] = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    class Meta:
        abstract = True


class ContentPage(TextPage):
    """A page of text, such as the imprint or the privacy notice."""

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")


class EasyLanguagePage(TextPage):
    """A page in easy language: its own text by its own rules, not a shortened one."""

    checked_by = models.CharField(
        _("checked by"),
        max_length=200,
        blank=True,
        help_text=_("The group that has read and understood the text."),
    )
    content_panels: ClassVar[list[Panel]] = [*TextPage.content_panels, FieldPanel("checked_by")]

    class Meta:
        verbose_name = _("page in easy language")
        verbose_name_plural = _("pages in easy language")


class AccessibilityStatementPage(TextPage):
    """The accessibility statement after the model of Implementing Decision (EU) 2018/1523."""

    class Status(models.TextChoices):
        """How far the site follows the rules."""

        FULL = "full", _("fully compliant")
        PARTIAL = "partial", _("partially compliant")
        NONE = "none", _("not compliant")

    class Method(models.TextChoices):
        """Who has looked."""

        SELF = "self", _("self-assessment by the town")
        THIRD = "third", _("assessment by a third party")

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PARTIAL)
    standard = models.CharField(
        _("standard"),
        max_length=200,
        default="EN 301 549 V3.2.1, WCAG 2.2 AA",
        help_text=_("What it was measured by."),
    )
    barriers = StreamField(BarriersBlock(), verbose_name=_("known barriers"), blank=True)
    method = models.CharField(_("method"), max_length=10, choices=Method.choices, default=Method.SELF)
    method_details = models.TextField(_("how it was checked"), blank=True)
    prepared_on = models.DateField(_("prepared on"), default=date.today)
    reviewed_on = models.DateField(_("last reviewed on"), null=True, blank=True)
    enforcement = RichTextField(
        _("enforcement procedure"),
        features=RICH,
        blank=True,
        help_text=_("Name and address of the enforcement or arbitration body of your state."),
    )

    content_panels: ClassVar[list[Panel]] = [
        *Page.content_panels,
        FieldPanel("introduction"),
        MultiFieldPanel([FieldPanel("status"), FieldPanel("standard")], heading=_("Status")),
        FieldPanel("barriers"),
        MultiFieldPanel(
            [
                FieldPanel("method"),
                FieldPanel("method_details"),
                FieldPanel("prepared_on"),
                FieldPanel("reviewed_on"),
            ],
            heading=_("Assessment"),
        ),
        FieldPanel("enforcement"),
        FieldPanel("body"),
    ]

    class Meta:
        verbose_name = _("accessibility statement")
        verbose_name_plural = _("accessibility statements")


class BarrierReportQuerySet(models.QuerySet["BarrierReport"]):
    """Selections of reports."""

    def open(self) -> "BarrierReportQuerySet":
        """Return what still waits for an answer."""
        return self.exclude(status=BarrierReport.Status.ANSWERED)

    def overdue(self, now: datetime | None = None) -> "BarrierReportQuerySet":
        """Return what should have been answered by now."""
        return self.open().filter(due_at__lt=now or clock.now())


def one_month_from_now() -> datetime:
    """Return when an answer is due."""
    return clock.now() + timedelta(days=settings.BARRIER_ANSWER_DAYS)


class BarrierReport(models.Model):
    """Somebody could not use a page; the town answers within a month."""

    class Status(models.TextChoices):
        """How far we are."""

        NEW = "new", _("new")
        WORKING = "working", _("in work")
        ANSWERED = "answered", _("answered")

    created_at = models.DateTimeField(_("received"), default=clock.now, editable=False)
    due_at = models.DateTimeField(_("answer due"), default=one_month_from_now)
    path = models.CharField(_("page"), max_length=500, blank=True)
    description = models.TextField(_("description"))
    email = models.EmailField(_("email address"), blank=True)
    language = models.CharField(_("language"), max_length=5, default="de")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.NEW)
    answer = models.TextField(_("answer"), blank=True, help_text=_("What was found and done."))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)

    objects = BarrierReportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        verbose_name = _("reported barrier")
        verbose_name_plural = _("reported barriers")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "due_at"], name="barrier_status_due")
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.description[:60]}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep when it was answered."""
        is_answered = self.status == self.Status.ANSWERED
        if is_answered != (self.answered_at is not None):
            self.answered_at = clock.now() if is_answered else None
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments

    @property
    def is_overdue(self) -> bool:
        """Whether an answer should have gone out by now."""
        return self.status != self.Status.ANSWERED and self.due_at < clock.now()
