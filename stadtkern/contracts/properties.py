"""Observed properties that connectors share, so that sources of one kind can be compared.

A connector may use a slug that is not listed here; it then appears under its own name.
"""

from dataclasses import dataclass


def gettext_noop(text: str) -> str:
    """Mark a text for the translation tool; it is translated where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Property:
    """An observed property: English name, unit to store and show (UCUM), plausible range, definition."""

    name: str
    unit: str
    minimum: float
    maximum: float
    definition: str
    decimals: int = 1


_CF = "https://vocab.nerc.ac.uk/standard_name/"
_WQ = "https://www.wikidata.org/wiki/"

OBSERVED_PROPERTIES: dict[str, Property] = {
    "water_level": Property(gettext_noop("Water level"), "cm", -500, 2500, _WQ + "Q2265910", 0),
    "discharge": Property(
        gettext_noop("Discharge"), "m3/s", 0, 20000, _CF + "water_volume_transport_in_river_channel/", 1
    ),
    "water_temperature": Property(
        gettext_noop("Water temperature"), "Cel", -3, 40, _CF + "water_temperature/"
    ),
    "air_temperature": Property(gettext_noop("Air temperature"), "Cel", -50, 60, _CF + "air_temperature/"),
    "apparent_temperature": Property(
        gettext_noop("Felt temperature"), "Cel", -70, 70, _CF + "apparent_air_temperature/"
    ),
    "dew_point": Property(gettext_noop("Dew point"), "Cel", -60, 40, _CF + "dew_point_temperature/"),
    "relative_humidity": Property(
        gettext_noop("Relative humidity"), "%", 0, 105, _CF + "relative_humidity/", 0
    ),
    "absolute_humidity": Property(
        gettext_noop("Absolute humidity"), "g/m3", 0, 100, _CF + "mass_concentration_of_water_vapor_in_air/"
    ),
    "air_pressure": Property(
        gettext_noop("Air pressure at sea level"),
        "hPa",
        850,
        1100,
        _CF + "air_pressure_at_mean_sea_level/",
        0,
    ),
    "station_pressure": Property(gettext_noop("Air pressure"), "hPa", 500, 1100, _CF + "air_pressure/", 0),
    "wind_speed": Property(gettext_noop("Wind speed"), "km/h", 0, 400, _CF + "wind_speed/", 0),
    "wind_gust": Property(gettext_noop("Wind gusts"), "km/h", 0, 450, _CF + "wind_speed_of_gust/", 0),
    "wind_direction": Property(
        gettext_noop("Wind direction"), "deg", 0, 360, _CF + "wind_from_direction/", 0
    ),
    "precipitation": Property(
        gettext_noop("Precipitation"), "mm", 0, 500, _CF + "lwe_thickness_of_precipitation_amount/"
    ),
    "precipitation_probability": Property(
        gettext_noop("Chance of precipitation"), "%", 0, 100, _WQ + "Q25257", 0
    ),
    "sunshine": Property(gettext_noop("Sunshine"), "min", 0, 1440, _CF + "duration_of_sunshine/", 0),
    "cloud_cover": Property(gettext_noop("Cloud cover"), "%", 0, 100, _CF + "cloud_area_fraction/", 0),
    "visibility": Property(gettext_noop("Visibility"), "m", 0, 200000, _CF + "visibility_in_air/", 0),
    "snow_depth": Property(gettext_noop("Snow depth"), "cm", 0, 1000, _CF + "surface_snow_thickness/", 0),
    "global_radiation": Property(
        gettext_noop("Global radiation"),
        "W/m2",
        0,
        1800,
        _CF + "surface_downwelling_shortwave_flux_in_air/",
        0,
    ),
    "weather_code": Property(
        gettext_noop("Weather (WMO code)"), "1", 0, 199, "https://codes.wmo.int/306/4678", 0
    ),
    "soil_temperature": Property(gettext_noop("Soil temperature"), "Cel", -40, 70, _CF + "soil_temperature/"),
    "soil_moisture": Property(
        gettext_noop("Soil moisture"), "%", 0, 100, _CF + "volume_fraction_of_condensed_water_in_soil/"
    ),
    "pm10": Property(
        gettext_noop("Particulates PM10"),
        "ug/m3",
        0,
        3000,
        "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/5",
        0,
    ),
    "pm2_5": Property(
        gettext_noop("Fine particulates PM2.5"),
        "ug/m3",
        0,
        2000,
        "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/6001",
        0,
    ),
    "nitrogen_dioxide": Property(
        gettext_noop("Nitrogen dioxide"),
        "ug/m3",
        0,
        2000,
        "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/8",
        0,
    ),
    "ozone": Property(
        gettext_noop("Ozone"), "ug/m3", 0, 1000, "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/7", 0
    ),
    "sulphur_dioxide": Property(
        gettext_noop("Sulphur dioxide"),
        "ug/m3",
        0,
        5000,
        "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/1",
        0,
    ),
    "carbon_monoxide": Property(
        gettext_noop("Carbon monoxide"),
        "mg/m3",
        0,
        200,
        "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/10",
    ),
    "benzene": Property(
        gettext_noop("Benzene"), "ug/m3", 0, 1000, "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/20"
    ),
    "air_quality_index": Property(gettext_noop("Air quality index"), "1", 0, 10, _WQ + "Q2364111", 0),
    "carbon_dioxide": Property(
        gettext_noop("Carbon dioxide"), "[ppm]", 0, 40000, _CF + "mole_fraction_of_carbon_dioxide_in_air/", 0
    ),
    "noise": Property(gettext_noop("Noise"), "dB[SPL]", 0, 160, _WQ + "Q3884205", 0),
    "noise_background": Property(
        gettext_noop("Background noise (L95)"), "dB[SPL]", 0, 160, _WQ + "Q3884205", 0
    ),
    "noise_maximum": Property(gettext_noop("Highest noise"), "dB[SPL]", 0, 160, _WQ + "Q3884205", 0),
    "soil_moisture_30cm": Property(
        gettext_noop("Soil moisture at 30 cm"),
        "%",
        0,
        100,
        _CF + "volume_fraction_of_condensed_water_in_soil/",
    ),
    "soil_moisture_60cm": Property(
        gettext_noop("Soil moisture at 60 cm"),
        "%",
        0,
        100,
        _CF + "volume_fraction_of_condensed_water_in_soil/",
    ),
    "distance": Property(gettext_noop("Distance"), "mm", 0, 100000, _WQ + "Q126017", 0),
    "pedestrians": Property(gettext_noop("Pedestrians"), "1", 0, 100000, _WQ + "Q221488", 0),
    "bicycles": Property(gettext_noop("Bicycles"), "1", 0, 100000, _WQ + "Q11442", 0),
    "fill_level": Property(gettext_noop("Fill level"), "%", 0, 100, _WQ + "Q216320", 0),
    "container_temperature": Property(
        gettext_noop("Temperature in the container"), "Cel", -50, 200, _WQ + "Q11466"
    ),
    "fire_alarm": Property(gettext_noop("Fire alarm"), "1", 0, 1, _WQ + "Q1190554", 0),
    "tilted": Property(gettext_noop("Tipped over"), "1", 0, 1, _WQ + "Q1190554", 0),
    "energy": Property(gettext_noop("Energy"), "kW.h", 0, 1e9, _WQ + "Q11379"),
    "dimming": Property(gettext_noop("Dimming"), "%", 0, 100, _WQ + "Q1225322", 0),
    "lamp_power": Property(gettext_noop("Power of the lamp"), "W", 0, 5000, _WQ + "Q25342"),
    "lamp_hours": Property(gettext_noop("Hours of light"), "h", 0, 1000000, _WQ + "Q1138737", 0),
    "lamp_fault": Property(gettext_noop("Fault of the lamp"), "1", 0, 1, _WQ + "Q1190554", 0),
    "ice_phenomenon": Property(gettext_noop("Ice on the river (code)"), "1", 0, 99, _WQ + "Q23392", 0),
    "illuminance": Property(gettext_noop("Illuminance"), "lx", 0, 200000, _WQ + "Q194411", 0),
    "uv_intensity": Property(gettext_noop("UV intensity"), "uW/cm2", 0, 10000, _WQ + "Q11391", 0),
    "parking_free": Property(gettext_noop("Free parking spaces"), "1", 0, 100000, _WQ + "Q6501349", 0),
    "parking_occupied": Property(
        gettext_noop("Occupied parking spaces"), "1", 0, 100000, _WQ + "Q6501349", 0
    ),
    "parking_capacity": Property(gettext_noop("Parking spaces"), "1", 0, 100000, _WQ + "Q6501349", 0),
    "vehicles_available": Property(gettext_noop("Vehicles to rent"), "1", 0, 100000, _WQ + "Q1358919", 0),
    "docks_available": Property(gettext_noop("Free docks"), "1", 0, 100000, _WQ + "Q1358919", 0),
    "charging_points": Property(gettext_noop("Charging points"), "1", 0, 10000, _WQ + "Q2140665", 0),
    "charging_power": Property(gettext_noop("Charging power"), "kW", 0, 100000, _WQ + "Q2140665", 0),
    "electricity_price": Property(
        gettext_noop("Electricity price (exchange)"), "{EUR}/(MW.h)", -10000, 20000, _WQ + "Q1806783", 0
    ),
    "electricity_power": Property(gettext_noop("Electric power"), "MW", -1000000, 1000000, _WQ + "Q27137", 0),
    "renewable_share": Property(gettext_noop("Share of renewable energy"), "%", 0, 1000, _WQ + "Q12705", 0),
    "grid_signal": Property(gettext_noop("Electricity traffic light"), "1", -1, 2, _WQ + "Q12705", 0),
    "count": Property(gettext_noop("Count"), "1", 0, 10000000, _WQ + "Q4681865", 0),
    "flood_alarm_class": Property(gettext_noop("Flood alarm class"), "1", 0, 4, _WQ + "Q8068", 0),
    "gateways": Property(gettext_noop("Gateways in reach"), "1", 0, 1000, _WQ + "Q1371744", 0),
    "battery_level": Property(gettext_noop("Battery level"), "%", 0, 100, _WQ + "Q267298", 0),
    "battery_voltage": Property(gettext_noop("Battery voltage"), "V", 0, 100, _WQ + "Q267298", 2),
    "signal_strength": Property(gettext_noop("Signal strength"), "dB", -200, 50, _WQ + "Q1787337", 0),
    "signal_to_noise": Property(gettext_noop("Signal-to-noise ratio"), "dB", -60, 60, _WQ + "Q17004745", 1),
}
