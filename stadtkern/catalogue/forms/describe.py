"""What the data are: the whole form of a dataset, and the short one for the way in four steps."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.models import formfield_for_dbfield

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.queries import profiles_for
from stadtkern.catalogue.services.approval import set_keywords
from stadtkern.catalogue.vocabularies import FREQUENCIES, HVD_CATEGORIES, THEMES, Concept
from stadtkern.people.models import User
from stadtkern.web.fields import in_language

TEXTS = ("title", "summary", "description")
MOST_KEYWORDS = 30


def _choices(table: dict[str, Concept]) -> list[tuple[str, Any]]:
    return [(one.code, one.title) for one in table.values()]


class KeywordsField(forms.CharField):
    """Words parted by commas."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs = {
            "label": _("keywords"),
            "help_text": _(
                "Words by which people look for these data, parted by commas: trees, street, register"
            ),
            "max_length": 2000,
            "required": False,
            **kwargs,
        }
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401  # Django's signature
        """Return the words as one text."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:  # noqa: ANN401  # Django's signature
        """Return the words, each once."""
        text = super().clean(self.prepare_value(value))
        words = list(
            dict.fromkeys(word.strip() for word in text.replace(";", ",").split(",") if word.strip())
        )
        if len(words) > MOST_KEYWORDS or any(len(word) > 100 for word in words):  # noqa: PLR2004  # of the column
            raise forms.ValidationError(_("Give 30 keywords at most, each of 100 letters at most."))
        return words

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401  # Django's signature
        """Compare texts with texts."""
        return bool(super().has_changed(self.prepare_value(initial), data))


def words_of(dataset: Dataset) -> list[str]:
    """Return the keywords of a dataset as it was last written."""
    if dataset.draft_keywords is not None:
        return dataset.draft_keywords
    return [one.word for one in dataset.keywords.all()] if dataset.pk else []


class DatasetForm(WagtailAdminModelForm):
    """Everything about a dataset."""

    keywords = KeywordsField()
    themes = forms.MultipleChoiceField(
        label=_("themes"), choices=_choices(THEMES), widget=forms.CheckboxSelectMultiple, required=False
    )
    hvd_categories = forms.MultipleChoiceField(
        label=_("high-value data"),
        choices=_choices(HVD_CATEGORIES),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Only if the regulation of the EU on high-value datasets names these data."),
    )

    class Meta:
        model = Dataset
        formfield_callback = formfield_for_dbfield
        fields = [
            *("title", "summary", "description", "slug", "themes", "hvd_categories"),
            *("profile", "publisher", "contact_name", "contact_email", "contact_url", "series"),
            *("level", "area", "temporal_start", "temporal_end", "frequency", "availability", "language"),
            *("landing_page", "provenance", "identifier"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.initial["keywords"] = words_of(self.instance)
        user = self.for_user
        if isinstance(user, User) and "profile" in self.fields:
            self.fields["profile"].queryset = profiles_for(user)

    def _post_clean(self) -> None:
        super()._post_clean()
        if "keywords" in self.cleaned_data:
            self.instance.draft_keywords = self.cleaned_data["keywords"]

    def save(self, commit: bool = True) -> Dataset:  # noqa: FBT001, FBT002  # Django's signature
        """Store the dataset with its keywords; of a public one nothing is stored but the revision."""
        dataset: Dataset = super().save(commit=commit)
        if commit and dataset.draft_keywords is not None:
            set_keywords(dataset, dataset.draft_keywords)
        return dataset


class DescribeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """What everybody should know about a table, in the language of the person who writes."""

    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("What it is, where and when, in a few words.")
    )
    summary = forms.CharField(
        label=_("In plain words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("One or two sentences for everybody: what can be read from these data?"),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("What is in it, how it was made, what it is not good for."),
    )
    keywords = KeywordsField(label=_("Keywords"))
    themes = forms.MultipleChoiceField(
        label=_("Themes"), choices=_choices(THEMES), widget=forms.CheckboxSelectMultiple, required=False
    )
    frequency = forms.ChoiceField(
        label=_("Rhythm"),
        choices=[("", "---------"), *_choices(FREQUENCIES)],
        required=False,
        help_text=_("How often a new version is to be expected."),
    )
    temporal_start = forms.DateTimeField(
        label=_("Data from"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    temporal_end = forms.DateTimeField(
        label=_("Data until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    contact_name = forms.CharField(label=_("Who answers questions"), max_length=200, required=False)
    contact_email = forms.EmailField(label=_("Email address for questions"), required=False)

    class Meta:
        model = Dataset
        fields = ["themes", "frequency", "temporal_start", "temporal_end", "contact_name", "contact_email"]

    field_order = (*TEXTS, "keywords", "themes", "frequency", "temporal_start", "temporal_end")

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        self._language = (get_language() or "de").partition("-")[0]
        dataset: Dataset = kwargs["instance"]
        texts = {name: getattr(dataset, name).get(self._language, "") for name in TEXTS}
        kwargs["initial"] = {**texts, "keywords": words_of(dataset), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for name in TEXTS:  # what stands there in another language is enough, and is shown
            if not texts[name] and (other := in_language(getattr(dataset, name))[0]):
                self.fields[name].required = False
                self.fields[name].widget.attrs["placeholder"] = other[:300]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # of ModelForm, not in the stubs
        for name in TEXTS:
            if name in self.cleaned_data:
                texts = {**getattr(self.instance, name), self._language: self.cleaned_data[name].strip()}
                setattr(self.instance, name, {code: text for code, text in texts.items() if text})
        if "keywords" in self.cleaned_data:
            self.instance.draft_keywords = self.cleaned_data["keywords"]
