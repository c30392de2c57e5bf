"""The form field of a text in several languages: one line for each language."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings


class TranslatedTextWidget(forms.MultiWidget):
    """One input for each language of the town, named `<field>_<language>`."""

    template_name = "web/widgets/texts.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        growing = {"rows": 1, "cols": 40, "data-controller": "w-autosize"}
        codes = [code for code, _name in settings.LANGUAGES]
        super().__init__({code: forms.Textarea({**growing, "lang": code}) for code in codes}, attrs)

    def decompress(self, value: Mapping[str, str] | None) -> list[str]:
        """Return the texts in the order of the languages."""
        return [(value or {}).get(code, "") for code, _name in settings.LANGUAGES]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ANN401
        """Add the name of each language to its input."""
        if isinstance(value, Mapping):
            value = self.decompress(value)
        context = super().get_context(name, value, attrs)
        names = [name for _code, name in settings.LANGUAGES]
        context["lines"] = list(zip(names, context["widget"]["subwidgets"], strict=True))
        return context


class TranslatedTextFormField(forms.MultiValueField):
    """Texts by language; languages left empty are left out."""

    widget = TranslatedTextWidget

    def __init__(self, *, encoder: object = None, decoder: object = None, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        fields = [forms.CharField(required=False) for _language in settings.LANGUAGES]
        super().__init__(fields, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        """Return what was filled in."""
        codes = [code for code, _name in settings.LANGUAGES]
        return {code: text for code, text in zip(codes, data_list, strict=False) if text}
