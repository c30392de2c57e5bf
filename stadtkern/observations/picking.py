"""A form field to pick a series or a place by name: suggestions by the browser, no script needed."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from stadtkern.base.units import symbol
from stadtkern.observations.models import Datastream, Thing

MOST_SUGGESTED = 500
MOST_NAMED = 8


class SuggestingInput(forms.TextInput):
    """A line of text with a list of suggestions below it."""

    template_name = "observations/widgets/suggesting.html"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"size": 60, "autocomplete": "off", **(attrs or {})})
        self.suggestions: Iterable[tuple[str, str]] = ()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ANN401
        """Add the suggestions, and tie them to the input."""
        list_id = f"list-{name}"
        context = super().get_context(name, value, {**(attrs or {}), "list": list_id})
        context["list_id"] = list_id
        context["suggestions"] = list(self.suggestions)
        context["chosen"] = dict(context["suggestions"]).get(value, "")
        return context


class SeriesField(forms.CharField):
    """A series by its key, its number or words that fit only one."""

    widget = SuggestingInput

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs.setdefault("max_length", 420)
        super().__init__(**kwargs)

    def suggest(self, suggestions: Iterable[tuple[str, str]]) -> None:
        """Set what the browser suggests: key and label of each series."""
        self.widget.suggestions = suggestions

    def clean(self, value: Any) -> Datastream | None:  # noqa: ANN401
        """Return the series."""
        text = super().clean(value).replace("\0", "").strip()
        if not text:
            return None
        found: Datastream | None = _one(
            _series(),
            text,
            Q(key=text),
            _words(text, "key", "name", "thing__name", "observed_property__slug"),
        )
        return found

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401
        """Return the key of a series."""
        if isinstance(value, Datastream):
            return value.key
        if isinstance(value, int):
            return _series().filter(pk=value).values_list("key", flat=True).first()
        return value


class PlaceField(forms.CharField):
    """A thing by its key or words that fit only one."""

    widget = SuggestingInput

    def clean(self, value: Any) -> Thing | None:  # noqa: ANN401
        """Return the thing."""
        text = super().clean(value).replace("\0", "").strip()
        if not text:
            return None
        source, _colon, key = text.partition(":")
        found: Thing | None = _one(
            Thing.objects.all(), text, Q(source=source, key=key), _words(text, "key", "name")
        )
        return found

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401
        """Return source and key of a thing."""
        found = Thing.objects.filter(pk=value).first() if isinstance(value, int) else value
        return f"{found.source}:{found.key}" if isinstance(found, Thing) else found


def _series() -> QuerySet[Datastream]:
    return Datastream.objects.select_related("thing", "observed_property", "profile").order_by("key")


def _words(text: str, *names: str) -> Q:
    wanted = Q()
    for word in text.split():
        wanted &= Q(*((f"{name}__icontains", word) for name in names), _connector=Q.OR)
    return wanted


def _one(everything: QuerySet[Any], text: str, exact: Q, loose: Q) -> Any:  # noqa: ANN401  # of the queryset
    found = list(everything.filter(exact)[:1]) or list(everything.filter(loose)[: MOST_NAMED + 1])
    if len(found) == 1:
        return found[0]
    if not found:
        raise forms.ValidationError(_("Nothing is called “%(text)s”.") % {"text": text[:100]})
    names = "; ".join(
        one.key if isinstance(one, Datastream) else f"{one.source}:{one.key}" for one in found[:MOST_NAMED]
    )
    raise forms.ValidationError(_("Several fit “%(text)s”: %(names)s") % {"text": text[:100], "names": names})


def forgive(*forms_: forms.BaseForm | forms.BaseFormSet) -> None:  # type: ignore[type-arg]  # generic only in stubs
    """Take what was typed as it is: half a form that is shown again with one more line is no mistake yet."""
    for one in forms_:
        if isinstance(one, forms.BaseFormSet):
            forgive(*one.forms)
            one._errors = [{} for _form in one.forms]  # type: ignore[attr-defined]  # noqa: SLF001  # as Django's own
            one._non_form_errors = one.error_class()  # type: ignore[attr-defined]  # noqa: SLF001
        else:
            one._errors, one.cleaned_data = {}, {}  # type: ignore[attr-defined]  # noqa: SLF001


def suggested_series() -> list[tuple[str, str]]:
    """Return key and label of the first series; one query for a whole form."""
    return [(one.key, _with_unit(one)) for one in _series()[:MOST_SUGGESTED]]


def _with_unit(stream: Datastream) -> str:
    sign = symbol(stream.unit)
    return f"{stream.label} ({sign})" if sign else stream.label


def suggested_places() -> list[tuple[str, str]]:
    """Return key and name of the first places."""
    return [
        (f"{one.source}:{one.key}", str(one)) for one in Thing.objects.order_by("name", "pk")[:MOST_SUGGESTED]
    ]
