"""The words of each language: one file a locale below `words/`, all with the same keys."""

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files

from skyferry.core.models import Record

DEFAULT = "en"


class MailWords(Record):
    subject: str
    lead: str
    note: str | None = None


class Words(Record):
    """One locale. `{…}` in a text is filled in by whoever uses it."""

    locale: str
    units: tuple[str, ...]
    decimal: str
    months: tuple[str, ...]
    first_day: str
    moment: str
    one_file: str
    many_files: str
    somebody: str
    hello: str
    hello_nobody: str
    get: str
    until: str
    more: str
    total: str
    writes: str
    yours: str
    unsubscribe: str
    why_notice: str
    mails: dict[str, MailWords]
    #: Of refused files and undelivered mails, by code.
    reasons: dict[str, str]

    def count(self, number: int) -> str:
        return self.one_file if number == 1 else self.many_files.format(count=number)

    def size(self, number: int) -> str:
        """Bytes as people say them, in decimal units."""
        value, unit = float(number), 0
        while value >= 1000 and unit < len(self.units) - 1:
            value, unit = value / 1000, unit + 1
        shown = str(number) if unit == 0 else f"{value:.1f}".replace(".", self.decimal)
        return f"{shown} {self.units[unit]}"

    def time(self, moment: datetime) -> str:
        """Of a UTC time the form that readers are used to, and that it is UTC."""
        return self.moment.format(
            day=self.first_day if moment.day == 1 else moment.day,
            month=self.months[moment.month - 1],
            year=moment.year,
            time=f"{moment:%H:%M}",
        )

    def reason(self, code: str | None) -> str:
        return self.reasons.get(code or "", self.reasons["other"])


def words_for(locale: str) -> Words:
    """Those of the locale, else of its language, else English."""
    for name in (locale, locale.partition("-")[0]):
        if name in _locales():
            return _words(name)
    return _words(DEFAULT)


@cache
def _locales() -> frozenset[str]:
    names = (entry.name for entry in (files(__package__) / "words").iterdir())
    return frozenset(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def _words(locale: str) -> Words:
    text = (files(__package__) / "words" / f"{locale}.toml").read_text(encoding="utf-8")
    return Words.model_validate({"locale": locale, **tomllib.loads(text)})
