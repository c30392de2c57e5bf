"""Forms with KERN's markup: label, hint, error at the field, and a summary of errors above."""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorList

CHOICES = (forms.RadioSelect, forms.CheckboxSelectMultiple)


class KernRenderer(DjangoTemplates):
    """Draws forms and fields from `web/forms/`."""

    form_template_name = "web/forms/form.html"
    field_template_name = "web/forms/field.html"


class KernErrors(ErrorList):
    """Errors of one field or of the form."""

    template_name = "web/forms/errors.html"


def dress(field: forms.Field) -> None:
    """Give the widget of a field KERN's classes."""
    widget = field.widget
    if isinstance(widget, forms.Select) and not isinstance(widget, CHOICES):
        widget.attrs.setdefault("class", "kern-form-input__select")
    elif isinstance(widget, forms.CheckboxInput):
        widget.attrs.setdefault("class", "kern-form-check__checkbox")
    elif not isinstance(widget, CHOICES):
        widget.attrs.setdefault("class", "kern-form-input__input")


class KernForm(forms.BaseForm):
    """Mixin for forms on public pages."""

    default_renderer = KernRenderer

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as Django's forms
        kwargs.setdefault("error_class", KernErrors)
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)
        # the errors of the page say more than the bubbles of the browser, and in the language of the page
        self.use_required_attribute = False
