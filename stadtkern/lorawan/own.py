"""Names and descriptions of the device profiles that come with the program, for translation."""

from typing import Final

from django.utils.translation import gettext_noop as _

ORIGIN: Final = "stadtkern"
TEXTS: Final = frozenset(
    {
        _("Cayenne LPP"),
        _(
            "Any device that sends the published Cayenne Low Power Payload. Its fields have the number of the"
            " channel in their names."
        ),
        _("Indoor climate"),
        _("Temperature, humidity, carbon dioxide and light in a room."),
        _("Noise level meter"),
        _("Sound level of the last interval; only levels leave the device, never sound."),
        _("Parking space"),
        _("Whether a car stands on one space, by magnetic field and radar."),
        _("Counter of people and bicycles"),
        _(
            "Passers-by of the last interval, on foot and by bicycle, in both directions; it counts beams, no"
            " faces, no pictures."
        ),
        _("Pulse counter on a meter"),
        _(
            "Pulses of an electricity, water, gas or heat meter; how many make a unit is a variable of the"
            " device (`pulses_per_unit`, otherwise 1000)."
        ),
        _("Road surface"),
        _("Temperature of road and air and a warning of ice, for the winter service."),
        _("Soil moisture at a tree"),
        _("Moisture and temperature of the soil in three depths at the root ball of a tree."),
        _("Street light controller"),
        _("Dimming, power, energy and faults of a street light; it can be dimmed from here."),
        _("Filling of a waste bin"),
        _("How full a bin or container is, by the distance from its lid to what lies in it."),
        _("Water level of a stream"),
        _(
            "Distance from a bridge down to the water, by ultrasound or radar; the level above the bed"
            " follows from the height of the device (variable `height_mm`)."
        ),
        _("Weather station"),
        _("Temperature, humidity, pressure, wind, rain and radiation."),
    }
)
