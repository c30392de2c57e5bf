"""Areas and addresses."""

import re
from collections.abc import Callable
from typing import Any, Self

from django.contrib.gis.db import models
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from stadtkern.places.folding import folded_words
from stadtkern.web.fields import TranslatedTextField, in_language

LEADING_DIGITS = re.compile(r"\d{1,6}")


class Area(models.Model):
    """A part of the earth with a name and an outline."""

    get_name: Callable[[], str]

    class Kind(models.TextChoices):
        """How large an area is, as the administration counts."""

        COUNTRY = "country", _("Country")
        # Translators: the German Landkreis, the Polish powiat
        DISTRICT = "district", _("District")
        TOWN = "town", _("Town or municipality")
        QUARTER = "quarter", _("Quarter")
        OTHER = "other", _("Other area")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    name = TranslatedTextField(_("name"))
    code = models.CharField(
        _("official number"), max_length=12, blank=True, help_text=_("AGS or ARS in Germany, TERYT in Poland")
    )
    geometry = models.MultiPolygonField(_("outline"), srid=4326)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="children",
    )

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"], condition=~models.Q(code=""), name="places_area_code"
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="places_area_not_in_itself"
            ),
        ]
        indexes = [models.Index(fields=["kind", "slug"], name="places_area_kind")]

    def __str__(self) -> str:
        return in_language(self.name)[0] or self.slug


class AddressQuerySet(models.QuerySet["Address"]):
    """Addresses."""

    def search(self, text: str) -> Self:
        """Return the addresses that have, for each word of `text`, a word beginning with it.

        Spelling does not matter as far as `folding` goes: "Frankfurter Str 12" finds "Frankfurter Straße 12".
        """
        words = sorted(set(folded_words(text)), key=len, reverse=True)[:MOST_WORDS]
        if not words:
            return self.none()
        found = self
        for word in words:
            having = AddressWord.objects.filter(word__has_prefix=word).values("address")
            found = found.filter(pk__in=having)
        return found.order_by("street", "number_order", "house_number", "place", "pk")


MOST_WORDS = 8
"""Words of a search text that are looked at."""


class Address(models.Model):
    """A house, or a street as a whole, and where it stands."""

    street = models.CharField(_("street"), max_length=150)
    house_number = models.CharField(_("house number"), max_length=20, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True)
    point = models.PointField(_("position"), srid=4326)
    area = models.ForeignKey(
        Area,
        verbose_name=_("area"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="addresses",
    )
    number_order = models.PositiveIntegerField(default=0, editable=False)
    """The number alone, so that 9 comes before 10."""

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["street", "number_order", "house_number", "place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["street", "house_number", "postcode", "place"], name="places_address_once"
            )
        ]

    def __str__(self) -> str:
        street = f"{self.street} {self.house_number}".strip()
        place = f"{self.postcode} {self.place}".strip()
        return ", ".join(part for part in (street, place) if part)

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # Django's signature
        """Save the address and the words by which it is found."""
        self.fill_order()
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.words.all().delete()
            AddressWord.objects.bulk_create(self.fresh_words())

    def fill_order(self) -> None:
        """Take the number out of the house number."""
        digits = LEADING_DIGITS.search(self.house_number)
        self.number_order = int(digits.group()) if digits else 0

    def fresh_words(self) -> list["AddressWord"]:
        """Return the words by which this address is to be found."""
        words = {
            *folded_words(f"{self.street} {self.house_number}"),
            *folded_words(f"{self.postcode} {self.place}"),
        }
        return [AddressWord(address=self, word=word[:60]) for word in sorted(words)]


class AddressWord(models.Model):
    """A word by which an address is found, in the spelling of `folding`."""

    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=60)

    class Meta:
        indexes = [
            # PostgreSQL's plain index does not serve LIKE in every collation.
            models.Index(
                fields=["word", "address"], name="places_word", opclasses=["varchar_pattern_ops", "int8_ops"]
            )
        ]

    def __str__(self) -> str:
        return self.word
