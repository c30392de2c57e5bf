"""The classes of the air quality index of the German Environment Agency."""

from collections.abc import Mapping

# Upper limits of the classes very good, good, moderate and poor, ug/m3, hourly mean; above: very poor.
# Umweltbundesamt, "Der Luftqualitaetsindex (LQI) des Umweltbundesamtes", table of classes,
# https://www.umweltbundesamt.de/der-luftqualitaetsindex-lqi-des-umweltbundesamtes
LIMITS: Mapping[str, tuple[float, float, float, float]] = {
    "pm10": (9, 27, 54, 90),
    "pm2_5": (5, 15, 30, 50),
    "ozone": (24, 72, 144, 240),
    "nitrogen_dioxide": (10, 30, 60, 100),
    "sulphur_dioxide": (10, 30, 60, 100),
}
