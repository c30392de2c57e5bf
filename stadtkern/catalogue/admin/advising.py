"""What could be better, shown while somebody writes."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from stadtkern.catalogue.admin.base import DatasetPage, OpenDataPage
from stadtkern.catalogue.advice import Finding, Summary, advise
from stadtkern.catalogue.forms.describe import DatasetForm, DescribeForm
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.services import approval


def advice_on(dataset: Dataset, errors: Any = None, missing: Sequence[str] = ()) -> Summary:  # noqa: ANN401  # ErrorDict
    """Return what all rules say of a dataset, with what the form itself says and what is missing first."""
    there = dataset.distributions.order_by("position", "pk") if dataset.pk else Distribution.objects.none()
    found = advise(dataset, [approval.as_written(one) for one in there])
    found.own += [Finding("", text, "error") for text in missing]
    for name, texts in (errors or {}).items():
        for text in texts:
            found.own.append(Finding(name, text, "error"))
    return found


class AdviceOnForm(DatasetPage):
    """The fragment beside a form, for what stands in it now."""

    http_method_names = ("post",)
    short = False

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Return what could be better; nothing is stored."""
        written = approval.latest(self.dataset)
        form: Any = (
            DescribeForm(request.POST, instance=written)
            if self.short
            else DatasetForm(request.POST, instance=written, for_user=self.user)
        )
        form.is_valid()
        return render(
            request, "catalogue/admin/advice.html", {"advice": advice_on(form.instance, form.errors)}
        )


class AdviceOnNew(OpenDataPage):
    """The same for a dataset that is not stored yet."""

    http_method_names = ("post",)
    permission = "catalogue.add_dataset"

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Return what could be better."""
        form = DatasetForm(request.POST, instance=Dataset(live=False), for_user=self.user)
        form.is_valid()
        return render(
            request, "catalogue/admin/advice.html", {"advice": advice_on(form.instance, form.errors)}
        )
