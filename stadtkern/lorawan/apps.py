"""The app `lorawan`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LorawanConfig(AppConfig):
    """LoRaWAN devices: their uplinks, codecs and what their fields mean."""

    name = "stadtkern.lorawan"
    verbose_name = _("LoRaWAN")

    def ready(self) -> None:
        """Give what grows an end, and watch what people may change."""
        from stadtkern.governance import retention as ends  # noqa: PLC0415  # models are loaded only now
        from stadtkern.lorawan import models, retention  # noqa: PLC0415
        from stadtkern.people.audit import audited  # noqa: PLC0415

        ends.register("lorawan.uplinks", retention.delete_uplinks)
        ends.register("lorawan.unknown_devices", retention.delete_unknown_devices)
        ends.register("lorawan.downlinks", retention.delete_downlinks)
        ends.register("lorawan.redecodings", retention.delete_redecodings)
        ends.register("lorawan.alarms", retention.delete_alarms)
        ends.register("lorawan.gateways", retention.delete_gateways)
        audited(models.Device, exclude_fields=["network_id", "application", "first_seen"])
        audited(models.DeviceProfile)
        audited(models.Codec, exclude_fields=["examples", "digest"])
        audited(models.Downlink, exclude_fields=["attempts", "next_try", "changed"])
        audited(models.Gateway, exclude_fields=["uplinks", "last_seen"])
