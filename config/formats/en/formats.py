"""A day before a month cannot be mistaken for a month before a day, and a time says that it is UTC."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i:s \\U\\T\\C"
DATETIME_FORMAT = "j M Y, H:i:s \\U\\T\\C"
SHORT_DATE_FORMAT = DATE_FORMAT
SHORT_DATETIME_FORMAT = DATETIME_FORMAT
