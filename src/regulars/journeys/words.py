"""Words in every language, kept beside what they name: a playbook's folder holds all its texts and needs no catalogue."""

from django.utils.translation import get_language


class Words:
    """One text in several languages, shown in the active one: `Words(en="Birthday gift", de="Geburtstagsgeschenk")`."""

    __slots__ = ("texts",)

    def __init__(self, *, en: str, **others: str) -> None:
        self.texts = {"en": en, **others}

    def in_language(self, locale: str) -> str:
        """The text in `locale`, else in its main language, else in English."""
        return self.texts.get(locale) or self.texts.get(locale.split("-", maxsplit=1)[0]) or self.texts["en"]

    def __str__(self) -> str:
        return self.in_language(get_language() or "en")

    def __repr__(self) -> str:
        return f"Words({self.texts['en']!r})"
