"""Texts in several languages in one column."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from stadtkern.web.translated_forms import TranslatedTextFormField

FALLBACK = ("de", "en", "pl", "dsb")


def in_language(texts: Mapping[str, str] | None, language: str | None = None) -> tuple[str, str]:
    """Return the text for `language` (default: the active one) and the language it is really in.

    Falls back along German, English, Polish, Lower Sorbian; ("", language) if there is no text at all.
    """
    wanted = (language or get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    for code in (wanted, *FALLBACK):
        if texts and texts.get(code):
            return texts[code], code
    return "", wanted


def validate_texts(value: object) -> None:
    """Refuse anything but a mapping of known languages to texts."""
    known = {code for code, _name in settings.LANGUAGES}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValidationError(_("Write the texts as language and text."))
    if unknown := sorted(set(value) - known):
        raise ValidationError(_("Unknown language: %(codes)s"), params={"codes": ", ".join(unknown)})


class TranslatedTextField(models.JSONField):
    """A text in several languages, stored as `{"de": "...", "pl": "..."}`.

    On a model with a field `name` the method `get_name()` returns the text in the active language.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)
        if validate_texts not in self.validators:
            self.validators = [*self.validators, validate_texts]

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002
        """Add `get_<name>()` to the model."""
        super().contribute_to_class(cls, name, private_only)

        def text(self: models.Model) -> str:
            return in_language(getattr(self, name))[0]

        text.__doc__ = f"Return `{name}` in the active language."
        setattr(cls, f"get_{name}", text)

    def formfield(self, **kwargs: Any) -> Any:  # noqa: ANN401  # as JSONField declares it
        """Return a field with one line for each language."""
        return super().formfield(**{"form_class": TranslatedTextFormField, **kwargs})
