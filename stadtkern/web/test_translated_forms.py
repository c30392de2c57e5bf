"""Editors write a text in several languages, one line for each."""

from django import forms

from stadtkern.web.fields import TranslatedTextField
from stadtkern.web.translated_forms import TranslatedTextFormField


class TextForm(forms.Form):
    """A form with one such text."""

    title = TranslatedTextFormField(label="Title")


def test_model_field_brings_its_form_field() -> None:
    assert isinstance(TranslatedTextField("title").formfield(), TranslatedTextFormField)


def test_languages_left_empty_are_left_out() -> None:
    form = TextForm({"title_de": "Pegel", "title_pl": " Stany wód ", "title_en": "", "title_dsb": "  "})
    assert form.is_valid()
    assert form.cleaned_data["title"] == {"de": "Pegel", "pl": "Stany wód"}


def test_a_required_text_needs_one_language() -> None:
    assert "title" in TextForm({}).errors


def test_every_line_is_labelled_and_keeps_what_was_typed() -> None:
    html = str(TextForm({"title_pl": 'Stany "wód" <b>'})["title"])
    assert '<label for="id_title_1">Polski</label>' in html
    assert 'lang="pl"' in html
    assert "Stany &quot;wód&quot; &lt;b&gt;" in html


def test_nothing_changed_is_nothing_changed() -> None:
    form = TextForm({"title_de": "Pegel"}, initial={"title": {"de": "Pegel"}})
    assert not form.has_changed()
    assert TextForm({"title_de": "Pegel"}, initial={"title": {"de": "Wasser"}}).has_changed()
