"""Polish formats where Django's differ from what is written today: dots in dates, see CLDR `pl`."""

SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
