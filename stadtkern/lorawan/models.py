"""LoRaWAN devices: what they are, what they sent, what was sent to them, who heard them.

Keys (AppKey, session keys) are not here: encryption is the business of the network server and the join
server, and what is not stored cannot be stolen.
"""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stadtkern.base.clock import now
from stadtkern.lorawan.own import ORIGIN, TEXTS
from stadtkern.observations.models import Thing

EUI = RegexValidator(r"^[0-9A-F]{16}\Z", _("An EUI has 16 hexadecimal digits, such as 70B3D57ED0050101."))


class Codec(models.Model):
    """A program of the maker (JavaScript) that reads the bytes of a kind of device."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    script = models.TextField(_("program"))
    digest = models.CharField(max_length=64, editable=False)
    origin = models.CharField(_("origin"), max_length=200, blank=True)
    """Which folder it was imported from, empty: written here."""
    examples = models.JSONField(_("examples"), default=list, blank=True)
    changed = models.DateTimeField(_("changed"), default=now)

    class Meta:
        ordering = ["key"]
        verbose_name = _("codec")
        verbose_name_plural = _("codecs")

    def __str__(self) -> str:
        return self.key


class DeviceProfile(models.Model):
    """A kind of device: its maker, its codec, and what its fields mean."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    vendor = models.CharField(_("maker"), max_length=200)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    codec = models.ForeignKey(
        Codec,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="profiles",
        verbose_name=_("codec"),
    )
    fields = models.JSONField(_("fields"), default=list, blank=True)
    """Lines of the form `field = property [unit]`; empty: as the codec normalises, else well-known names."""
    interval = models.DurationField(_("expected interval"), null=True, blank=True)
    vendor_number = models.PositiveIntegerField(null=True, blank=True)
    profile_number = models.PositiveIntegerField(null=True, blank=True)
    """As the QR codes of the LoRa Alliance (TR005) name the kind."""
    homepage = models.CharField(_("home page"), max_length=500, blank=True)
    origin = models.CharField(_("origin"), max_length=200, blank=True)

    class Meta:
        ordering = ["vendor", "name"]
        verbose_name = _("device profile")
        verbose_name_plural = _("device profiles")

    def __str__(self) -> str:
        return f"{self.vendor} {self._translated(self.name)}".strip()

    def description_text(self) -> str:
        """Return the description; that of our own profiles in the active language."""
        return self._translated(self.description)

    def _translated(self, text: str) -> str:
        return gettext(text) if self.origin == ORIGIN and text in TEXTS else text


class DeviceQuerySet(models.QuerySet["Device"]):
    """Choices among devices."""

    def enrolled(self) -> Self:
        """Return those that somebody has set up."""
        return self.filter(enrolled__isnull=False)

    def unknown(self) -> Self:
        """Return those that were only heard."""
        return self.filter(enrolled=None)

    def for_list(self) -> Self:
        """Return them with all that a list shows."""
        return self.select_related("profile", "state", "thing")

    def matching(self, text: str) -> Self:
        """Return those in whose name or EUI a text is found."""
        if not text:
            return self.all()
        eui = "".join(sign for sign in text if sign.isalnum())
        found = models.Q(name__icontains=text) | models.Q(profile__name__icontains=text)
        return self.filter(found | models.Q(eui__icontains=eui)) if eui else self.filter(found)


class Device(models.Model):
    """A LoRaWAN device, set up by somebody or only heard so far."""

    eui = models.CharField(_("device EUI"), max_length=16, unique=True, validators=[EUI])
    name = models.CharField(_("name"), max_length=200, blank=True)
    profile = models.ForeignKey(
        DeviceProfile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="devices",
        verbose_name=_("device profile"),
    )
    thing = models.ForeignKey(
        Thing,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="devices",
        verbose_name=_("thing"),
    )
    source = models.CharField(_("source"), max_length=100, blank=True)
    join_eui = models.CharField(_("join EUI"), max_length=16, blank=True, validators=[EUI])
    serial = models.CharField(_("serial number"), max_length=100, blank=True)
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    fields = models.JSONField(_("fields"), default=list, blank=True)
    """List of {"field", "property", "unit", "name"}; empty: as the profile says."""
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    """Constants of this one device that its codec reads (`input.variables`), such as a mounting height."""
    interval = models.DurationField(
        _("expected interval"),
        null=True,
        blank=True,
        help_text=_("How often it should send. Empty: as its profile says."),
    )
    patience = models.FloatField(
        _("patience"),
        default=3,
        validators=[MinValueValidator(1.1), MaxValueValidator(100)],
        help_text=_("After so many intervals without a word the device counts as silent."),
    )
    network_id = models.CharField(max_length=200, blank=True, editable=False)
    application = models.CharField(max_length=200, blank=True, editable=False)
    enrolled = models.DateTimeField(_("enrolled"), null=True, blank=True, editable=False)
    first_seen = models.DateTimeField(_("first heard"), default=now, editable=False)

    objects: ClassVar["models.Manager[Device]"] = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "eui"]
        verbose_name = _("LoRaWAN device")
        verbose_name_plural = _("LoRaWAN devices")
        indexes = [models.Index(fields=["enrolled", "name"], name="device_enrolled_name")]

    def __str__(self) -> str:
        return self.name or self.eui


class DeviceState(models.Model):
    """How a device is doing; written with its uplinks, apart from what people change."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="state")
    last_seen = models.DateTimeField(null=True, db_index=True)
    uplinks = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    lost = models.PositiveBigIntegerField(default=0)
    """Uplinks that no gateway heard, by the gaps in the counter."""
    counter = models.BigIntegerField(null=True)
    battery = models.FloatField(null=True)
    """Percent."""
    battery_voltage = models.FloatField(null=True)
    rssi = models.FloatField(null=True)
    snr = models.FloatField(null=True)
    gateways = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    """Why the last uplink could not be decoded."""
    errors_in_row = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.device_id}: {self.last_seen}"


class Uplink(models.Model):
    """What a device sent, byte by byte, and what was read in it."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="uplinks", db_index=False)
    time = models.DateTimeField(_("time"))
    counter = models.BigIntegerField(_("counter"), default=-1)
    """-1: the network server told none."""
    port = models.PositiveSmallIntegerField(_("port"), null=True)
    payload = models.BinaryField(_("bytes"))
    received = models.DateTimeField(_("received"))
    data_rate = models.CharField(_("data rate"), max_length=20, blank=True)
    frequency = models.FloatField(_("frequency"), null=True)
    receptions = models.JSONField(_("reception"), default=list)
    """List of [gateway, rssi, snr]."""
    server_decoded = models.JSONField(_("decoded by the server"), null=True)
    decoded = models.JSONField(_("decoded"), null=True)
    normalized = models.JSONField(_("normalised"), null=True)
    results = models.JSONField(_("results"), default=list)
    """List of [property, ISO time, result, unit] that became readings."""
    warnings = models.JSONField(default=list)
    error = models.CharField(_("error"), max_length=300, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    """Which text of the codec decoded it."""

    class Meta:
        ordering = ["-time", "-pk"]
        verbose_name = _("uplink")
        verbose_name_plural = _("uplinks")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "time", "counter"], name="one_uplink_device_time_counter"
            )
        ]
        indexes = [models.Index(fields=["time"], name="uplink_time")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.time.isoformat()}"

    @property
    def hex(self) -> str:
        """The bytes in hexadecimal, grouped by two digits."""
        return bytes(self.payload).hex(" ").upper()


class Gateway(models.Model):
    """An antenna that hears devices."""

    gateway_id = models.CharField(_("id"), max_length=200, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    location = models.PointField(_("place"), srid=4326, null=True, blank=True)
    is_placed_by_hand = models.BooleanField(_("placed by hand"), default=False)
    last_seen = models.DateTimeField(_("last heard"), null=True)
    uplinks = models.PositiveBigIntegerField(_("uplinks"), default=0)

    class Meta:
        ordering = ["name", "gateway_id"]
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")

    def __str__(self) -> str:
        return self.name or self.gateway_id


class Coverage(models.Model):
    """How well a gateway hears a device."""

    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="coverage")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="coverage")
    uplinks = models.PositiveBigIntegerField(default=0)
    last_seen = models.DateTimeField()
    rssi = models.FloatField(null=True)
    """Of the last uplink, in dBm."""
    snr = models.FloatField(null=True)
    best_rssi = models.FloatField(null=True)

    class Meta:
        ordering = ["-last_seen"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "device"], name="one_coverage_gateway_device")
        ]

    def __str__(self) -> str:
        return f"{self.gateway_id} {self.device_id}"


class Downlink(models.Model):
    """A message to a device."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", _("waiting to be handed over")
        HANDED = "handed", _("handed to the network server")
        QUEUED = "queued", _("in the queue of the network server")
        SENT = "sent", _("sent")
        ACKNOWLEDGED = "acknowledged", _("confirmed by the device")
        FAILED = "failed", _("failed")

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="downlinks")
    reference = models.CharField(max_length=64, unique=True, editable=False)
    port = models.PositiveSmallIntegerField(_("port"))
    payload = models.BinaryField(_("bytes"))
    fields = models.JSONField(_("as typed"), null=True)
    is_confirmed = models.BooleanField(_("with confirmation"), default=False)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.WAITING, db_index=True
    )
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(default=now)
    ordered = models.DateTimeField(_("ordered"), default=now)
    changed = models.DateTimeField(_("changed"), default=now)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        ordering = ["-ordered", "-pk"]
        verbose_name = _("message to a device")
        verbose_name_plural = _("messages to devices")

    def __str__(self) -> str:
        return f"{self.device} {self.ordered:%Y-%m-%d %H:%M}"

    @property
    def hex(self) -> str:
        """The bytes in hexadecimal."""
        return bytes(self.payload).hex(" ").upper()


class Redecoding(models.Model):
    """A run that decodes what is stored once more, after a codec or a meaning of fields was mended."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    profile = models.ForeignKey(
        DeviceProfile,
        on_delete=models.CASCADE,
        null=True,
        related_name="redecodings",
        verbose_name=_("profile"),
    )
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, null=True, related_name="redecodings", verbose_name=_("device")
    )
    since = models.DateTimeField(_("since"), null=True)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.WAITING)
    total = models.PositiveBigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    added = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    reached = models.BigIntegerField(default=0)
    """Key of the last uplink that is done: where a run goes on that was interrupted."""
    until = models.BigIntegerField(default=0)
    """Key of the last uplink that there was at the beginning."""
    error = models.CharField(max_length=300, blank=True)
    started = models.DateTimeField(_("started"), default=now)
    alive = models.DateTimeField(default=now)
    finished = models.DateTimeField(_("finished"), null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-started", "-pk"]
        verbose_name = _("decoding once more")
        verbose_name_plural = _("decodings once more")

    def __str__(self) -> str:
        return f"{self.profile or self.device} {self.started:%Y-%m-%d %H:%M}"

    @property
    def percent(self) -> int:
        """How much is done."""
        return 100 if not self.total else min(100, int(100 * self.done / self.total))


class ResultChange(models.Model):
    """A result that another decoding changed: what it was and what it is."""

    run = models.ForeignKey(Redecoding, on_delete=models.CASCADE, related_name="changes")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    observed_property = models.CharField(max_length=100)
    time = models.DateTimeField()
    old = models.FloatField(null=True)
    old_unit = models.CharField(max_length=50, blank=True)
    new = models.FloatField(null=True)
    new_unit = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.observed_property} {self.time.isoformat()}: {self.old} -> {self.new}"


class DeviceAlarm(models.Model):
    """Something about a device that somebody should look at; other parts of the program may act on it."""

    class Kind(models.TextChoices):
        """What is wrong."""

        SILENT = "silent", _("silent")
        BATTERY = "battery", _("battery low")
        CODEC = "codec", _("cannot be decoded")

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    since = models.DateTimeField(_("since"))
    ended = models.DateTimeField(_("until"), null=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("device alarm")
        verbose_name_plural = _("device alarms")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "kind"], condition=models.Q(ended=None), name="one_open_alarm_device_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device}: {self.get_kind_display()}"


def best_signal(receptions: list[Any]) -> tuple[float | None, float | None]:
    """Return strength and ratio at the gateway that heard best, out of `Uplink.receptions`."""
    heard = [one for one in receptions if one[1] is not None]
    return (None, None) if not heard else tuple(max(heard, key=lambda one: one[1])[1:3])
