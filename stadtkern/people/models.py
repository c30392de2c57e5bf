"""Who uses Stadtkern."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.web.fields import TranslatedTextField


class User(AbstractUser):
    """A person with an account; signs in with the mail address."""

    email = models.EmailField(_("email address"), unique=True)
    language = models.CharField(_("language"), max_length=5, default="de")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["username"]
    objects: ClassVar[UserManager["User"]] = UserManager()

    def __str__(self) -> str:
        return self.get_full_name() or self.email


class Organisation(models.Model):
    """The town, a department of it, or somebody else who owns data."""

    slug = models.SlugField(unique=True)
    name = TranslatedTextField(_("name"))
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="departments"
    )
    homepage = models.URLField(_("homepage"), blank=True)
    email = models.EmailField(_("email address"), blank=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.get_name() or self.slug
