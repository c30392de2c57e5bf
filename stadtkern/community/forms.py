"""The forms of people around data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Dataset
from stadtkern.community.models import AccessRequest, DataRequest, Question, Reuse, Subscription
from stadtkern.web.forms import KernForm

MOST_DATASETS = 20


class SubscribeForm(KernForm, forms.Form):
    """Where news are to go."""

    email = forms.EmailField(
        label=_("Your email address"),
        max_length=254,
        help_text=_("Only for this. We first send you a mail to confirm; each mail says how to end it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    rhythm = forms.ChoiceField(
        label=_("How often?"), choices=Subscription.Rhythm.choices, initial=Subscription.Rhythm.DAILY
    )


class WebhookForm(KernForm, forms.Form):
    """The address of a program that is to be told."""

    url = forms.URLField(
        label=_("Web address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("Gets each piece of news as a signed message (JSON, POST)."),
    )


class QuestionForm(KernForm, forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """A question on a dataset."""

    class Meta:
        model = Question
        fields = ("text", "name", "email")
        widgets = {  # as Django's forms
            "text": forms.Textarea(attrs={"rows": 5}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        help_texts = {
            "text": _("Shown to everybody once we have read it."),
            "name": _("Shown with your question. Empty: “a reader”."),
            "email": _("Not shown; only to tell you of the answer. We delete it after a year."),
        }


class WishForm(KernForm, forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """A wish for data."""

    class Meta:
        model = DataRequest
        fields = ("title", "text", "name")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 5}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }
        help_texts = {
            "title": _("In a few words: “Counts of cyclists on the bridge”"),
            "text": _("The more we know, the better we can help. Everybody can read it."),
            "name": _("Shown with your wish. Empty: “a reader”."),
        }


class ReuseForm(KernForm, forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """What was made of data."""

    url = forms.URLField(label=_("where is it?"), max_length=500, assume_scheme="https")
    datasets = forms.ModelMultipleChoiceField(
        label=_("Made of which data?"),
        queryset=Dataset.objects.none(),
        to_field_name="slug",
        help_text=_("Up to 20."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    class Meta:
        model = Reuse
        fields = ("title", "kind", "url", "text", "maker", "email", "datasets")
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "maker": _("A person, a class, an association, a company; shown to everybody."),
            "email": _("Not shown; for our questions only. We delete it after a year."),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["datasets"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = Dataset.objects.public().order_by("slug")

    def clean_datasets(self) -> list[Dataset]:
        """Refuse more than anybody needs."""
        found = list(self.cleaned_data["datasets"])
        if len(found) > MOST_DATASETS:
            raise forms.ValidationError(_("Name at most 20 datasets."))
        return found


class AccessForm(KernForm, forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """A request for closed data."""

    agreed = forms.BooleanField(label=_("I agree to the terms above."))

    class Meta:
        model = AccessRequest
        fields = ("organisation", "purpose", "wanted_until")
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 5}),
            "wanted_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "organisation": forms.TextInput(attrs={"autocomplete": "organization"}),
        }
        help_texts = {
            "organisation": _("A company, an office, an association, or yourself."),
            "purpose": _("Which data, for what, who else sees them?"),
        }


class DecisionForm(forms.Form):
    """The decision on a request."""

    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty: until the day that was asked for."),
    )
    reason = forms.CharField(
        label=_("What we say to it"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Goes to who asked. Needed to decline or to take back."),
    )


class AnswerForm(forms.Form):
    """The answer to a question."""

    text = forms.CharField(
        label=_("Answer"),
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Everybody can read it, together with the question."),
    )


class ReplyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """What the town says to a wish."""

    class Meta:
        model = DataRequest
        fields = ("state", "reply", "dataset")
        widgets = {"reply": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"reply": _("Everybody can read it. Needed to decline.")}
