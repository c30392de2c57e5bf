"""The app `lorawan`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LorawanConfig(AppConfig):
    """LoRaWAN devices: their uplinks, codecs and what their fields mean."""

    name = "stadtkern.lorawan"
    verbose_name = _("LoRaWAN")
