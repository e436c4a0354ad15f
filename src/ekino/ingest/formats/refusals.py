"""Why a file of another format is refused, name by name; the reference page is written from it."""

from collections.abc import Mapping
from types import MappingProxyType

from ekino.kernel.errors import Problem


def problem_at(place: str, code: str, detail: str, fix: str) -> Problem:
    """Give one thing that is wrong with a file: where, by which name, why, and how to mend it."""
    return Problem(place, code, detail, fix)


# Of a file as a whole, then of XML, of elements, of records, and of what a format demands.
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "file_empty": "nothing is in the file",
        "file_too_large": "the file has more bytes than are read",
        "file_truncated": "the file ends before it is complete",
        "encoding_wrong": "the bytes are not in the encoding of the format",
        "version_wrong": "the document says that it is of a version that is not read",
        "version_unknown": "there is no such version of the format",
        "file_name_wrong": "the file's name has another form than the format's",
        "file_name_differs": "the file's name does not agree with its document",
        "currency_differs": "the amounts are in another currency than was asked for",
        "currency_unfit": "the format's decimals do not fit the currency",
        "amount_too_fine": "an amount is no whole number of minor units",
        "too_many_tickets": "the sums stand for more tickets than are read at once",
        "xml_not_well_formed": "an XML parser cannot read it",
        "xml_has_entities": "it declares or uses an entity; none is expanded or fetched",
        "xml_has_own_dtd": "it brings declarations of its own",
        "xml_too_deep": "elements are nested deeper than any format nests them",
        "xml_too_large": "too many elements, attributes or characters",
        "text_not_printable": "a character cannot stand in XML",
        "root_wrong": "the first element is another format's",
        "element_missing": "an element that has to be there is not",
        "element_unexpected": "an element stands where the format has none",
        "element_out_of_order": "the order of elements is fixed, and this is another",
        "element_given_twice": "an element stands more often than it may",
        "attribute_missing": "an attribute that has to be there is not",
        "attribute_unknown": "the version of the format has no such attribute",
        "value_wrong": "a value is not written as the format writes it",
        "text_unexpected": "text stands between elements",
        "header_missing": "record 0 is not the first line",
        "record_unknown": "a line begins with no known record",
        "record_too_long": "a record has more columns than its kind",
        "record_given_twice": "a record of the same hall, day and time stands above",
        "records_out_of_order": "a record stands above what it refers to, or a second header",
        "columns_wrong": "columns hold something else than the format has there",
        "day_of_year_wrong": "a day of the year is none of 1 to 366",
        "lines_differ": "the header's number of lines is not that of the file",
        "showings_differ": "the header's showings are not those of the file",
        "spectators_differ": "the header's spectators are not those of the file",
        "takings_differ": "the header's takings are not those of the file",
        "hall_unknown": "a record's hall is not in the file",
        "showing_unknown": "a record's showing is not in the file",
        "film_unknown": "a record's film is not in the file",
        "film_count_differs": "a showing has another number of films than it says",
        "programmed_below_held": "more showings were held than were programmed",
        "showing_outside_the_sending": "told, not refused: older than the sending before",
        "line_given_twice": "a hall and title stands twice",
        "totals_differ": "the totals are not the sums of the lines",
        "venue_unnamed": "on writing: nobody said what the format calls a venue",
        "hall_unnamed": "on writing: nobody said what the format calls a hall",
        "seals_missing": "on writing: titles have no seals of a fiscal device",
        "issuing_unreadable": "on writing: who issues the titles is not told as JSON",
        "sent_too_late": "sent before its day, or after its corrections were over",
    }
)
