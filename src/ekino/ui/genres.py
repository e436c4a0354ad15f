"""Genres in words: catalogs hold the words of Wikidata and of IMDb, readers want their own."""

from collections.abc import Iterable

from ekino.ui.languages import Language

# By the catalog's word, folded: Kazakh, Russian.
_NAMES = {
    "action": ("экшн", "боевик"),
    "adventure": ("шытырман оқиға", "приключения"),
    "animation": ("анимация", "анимация"),
    "biography": ("өмірбаян", "биография"),
    "comedy": ("комедия", "комедия"),
    "crime": ("детектив", "криминал"),
    "documentary": ("деректі фильм", "документальный"),
    "drama": ("драма", "драма"),
    "family": ("отбасылық", "семейный"),
    "fantasy": ("фэнтези", "фэнтези"),
    "film-noir": ("нуар", "нуар"),
    "history": ("тарихи", "исторический"),
    "horror": ("қорқынышты", "ужасы"),
    "music": ("музыка", "музыка"),
    "musical": ("мюзикл", "мюзикл"),
    "mystery": ("құпия", "мистика"),
    "romance": ("махаббат", "мелодрама"),
    "sci-fi": ("фантастика", "фантастика"),
    "short": ("қысқа метр", "короткий метр"),
    "sport": ("спорт", "спорт"),
    "thriller": ("триллер", "триллер"),
    "war": ("соғыс", "военный"),
    "western": ("вестерн", "вестерн"),
}


def genre_name(genre: str, language: Language) -> str:
    """Name a genre of the catalog in the reader's language; its own word where we know none."""
    known = _NAMES.get(genre.casefold())
    if known is None or language is Language.EN:
        return genre
    return known[0] if language is Language.KK else known[1]


def genre_names(genres: Iterable[str], language: Language) -> str:
    """Name several genres, the principal one first: Комедия, драма."""
    names = ", ".join(genre_name(genre, language) for genre in genres)
    return names[:1].upper() + names[1:]
