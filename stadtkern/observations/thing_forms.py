"""Forms of things in the back office."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.images import get_image_model
from wagtail.images.widgets import AdminImageChooser

from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream, Thing, ThingPhoto
from stadtkern.observations.services.bulk_edit import KEEP, NO_PROFILE, Wish
from stadtkern.people.models import User
from stadtkern.web.translated_forms import TranslatedTextFormField


class ThingForm(forms.ModelForm):  # type: ignore[type-arg]  # django-stubs: generic only in stubs
    """Name, description and picture of a thing."""

    image = forms.ModelChoiceField(
        label=gettext_lazy("Picture"),
        queryset=get_image_model().objects.all(),
        required=False,
        widget=AdminImageChooser,
        help_text=gettext_lazy("Shown on the page of the sensor, so that people recognise it on the spot."),
    )
    alt = TranslatedTextFormField(
        label=gettext_lazy("Description of the picture for people who cannot see it"),
        required=False,
        help_text=gettext_lazy("Such as: a grey box on a lamp post, two metres high"),
    )
    credit = forms.CharField(label=gettext_lazy("Picture taken by"), max_length=200, required=False)

    class Meta:
        model = Thing
        fields = ("name", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "name": gettext_lazy("How people call the place: Neisse bridge, Frankfurter Straße."),
            "description": gettext_lazy("One or two sentences for the page of the sensor."),
        }

    def __init__(self, data: QueryDict | None = None, *, instance: Thing) -> None:
        photo = ThingPhoto.objects.filter(thing=instance).first()
        facts = {"image": photo.image_id, "alt": photo.alt, "credit": photo.credit} if photo else {}
        super().__init__(data, instance=instance, initial=facts)
        self.fields["name"].required = True

    def clean(self) -> dict[str, Any]:
        """Ask for a description wherever there is a picture."""
        data = super().clean() or {}
        if data.get("image") and not any(text.strip() for text in (data.get("alt") or {}).values()):
            self.add_error("alt", _("Describe the picture in at least one language."))
        return data


def _profiles(user: User) -> list[DataProfile]:
    profiles = DataProfile.objects.select_related("owner").order_by("slug")
    return [profile for profile in profiles if user.has_perm("governance.change_dataprofile", profile)]


class BulkForm(forms.Form):
    """What is to be different with the chosen things."""

    profile = forms.ChoiceField(label=gettext_lazy("Data profile of their series"), required=False)
    duplicates = forms.ChoiceField(
        label=gettext_lazy("What happens to a second value for the same time"),
        choices=[("", gettext_lazy("as it is")), *Datastream.Duplicates.choices],
        required=False,
    )
    find = forms.CharField(
        label=gettext_lazy("Replace in names"),
        max_length=200,
        required=False,
        strip=False,
        help_text=gettext_lazy("This text, wherever it stands in the name of a thing"),
    )
    replace = forms.CharField(label=gettext_lazy("by"), max_length=200, required=False, strip=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.profiles = {profile.slug: profile for profile in _profiles(user)}
        titles = [(f"p:{slug}", str(profile)) for slug, profile in self.profiles.items()]
        none = (NO_PROFILE, gettext_lazy("none: only the town sees the values"))
        self.fields["profile"].choices = [(KEEP, gettext_lazy("as it is")), none, *titles]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a form that changes nothing."""
        data = super().clean() or {}
        if not self.errors and self.wish().is_empty:
            raise forms.ValidationError(_("Choose what is to be different."))
        return data

    def wish(self) -> Wish:
        """Return what was chosen."""
        data = self.cleaned_data
        profile = data.get("profile") or KEEP
        return Wish(
            profile=self.profiles.get(profile.removeprefix("p:")) if profile.startswith("p:") else None,
            no_profile=profile == NO_PROFILE,
            duplicates=data.get("duplicates", ""),
            find=data.get("find", ""),
            replace=data.get("replace", ""),
        )
