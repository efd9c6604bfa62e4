"""When each student handed in: the times in a grading worksheet of Moodle, in its five languages.

Moodle writes "Monday, 30 November 2026, 11:59 PM" in the words and the time zone of whoever downloads the worksheet.
"""

import re
import unicodedata
from datetime import UTC, datetime
from functools import cache

from babel.dates import get_month_names

LANGUAGES = ("en", "it", "de", "es", "fr")
CLOCK = r",?\s+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:\s*(?P<half>[ap])\.?\s?m\.?)?"
DAY, MONTH, YEAR = r"(?P<day>\d{1,2})\.?", r"(?P<month>[^\W\d]+)\.?", r"(?P<year>\d{4})"
FORMS = tuple(
    re.compile(rf"(?:[^\W\d]+[,.]?\s+)?{date}{CLOCK}")
    for date in (rf"{DAY}\s+(?:de\s+)?{MONTH}\s+(?:de\s+)?{YEAR}", rf"{MONTH}\s+{DAY},?\s+{YEAR}")
)


def utc(local: datetime) -> datetime:
    """A time of this machine's clock in UTC, without a time zone, as nbgrader keeps times."""
    return local.astimezone(UTC).replace(tzinfo=None)


def moodles(cell: str) -> datetime | None:
    """The time in a cell of the worksheet, in UTC; None where it holds none that can be read."""
    plain = " ".join(unicodedata.normalize("NFKC", cell).casefold().split())
    found = next(filter(None, (form.fullmatch(plain) for form in FORMS)), None)
    month = _months().get(found["month"]) if found else None
    if not found or not month:
        return None
    hour = int(found["hour"]) % 12 + 12 * (found["half"] == "p") if found["half"] else int(found["hour"])
    try:
        return utc(datetime(int(found["year"]), month, int(found["day"]), hour, int(found["minute"])))
    except (ValueError, OverflowError, OSError):
        return None


@cache
def _months() -> dict[str, int]:
    names = [get_month_names("wide", locale=language) for language in LANGUAGES]
    return {name.casefold(): number for month in names for number, name in month.items()}
