"""Forms of the account."""

from django import forms

from stadtkern.people.models import User


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # django-stubs: generic only in stubs
    """What a person may change about themselves."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language")
