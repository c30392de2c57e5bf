"""Tags of `{% load people %}`: forms in KERN's clothes."""

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.template import Context
from django.utils.safestring import SafeString

from stadtkern.people.second_factor import WAY_BACK, has_second_factor

register = template.Library()

CLASSES = {
    forms.CheckboxInput: "kern-form-check__checkbox",
    forms.CheckboxSelectMultiple: "kern-form-check__checkbox",
    forms.RadioSelect: "kern-form-check__radio",
    forms.Select: "kern-form-input__select",
}


@register.filter
def kind(field: BoundField) -> str:
    """Return which frame the field is drawn in: check, select, radio or input."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect):
        return "radio"
    return "select" if isinstance(widget, forms.Select) else "input"


@register.filter
def widget(field: BoundField) -> SafeString:
    """Draw the input itself, with its class; help and errors are announced with it."""
    found = next(
        (css for base, css in CLASSES.items() if isinstance(field.field.widget, base)),
        "kern-form-input__input",
    )
    attributes: dict[str, str | bool] = {"class": f"{found} {found}--error" if field.errors else found}
    described = [f"{field.auto_id}-help"] * bool(field.help_text) + [f"{field.auto_id}-error"] * bool(
        field.errors
    )
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)


@register.simple_tag
def signup_is_open() -> bool:
    """Return whether anybody may make an account."""
    return bool(settings.SIGNUP_OPEN)


@register.simple_tag(takes_context=True)
def way_back(context: Context) -> bool:
    """Return whether the person came from the back office for a second factor and has one now."""
    request = context["request"]
    return bool(request.session.get(WAY_BACK)) and has_second_factor(request)
