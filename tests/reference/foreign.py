"""docs/reference/formats/: each foreign format's fields, what becomes of them, why it is refused."""

from collections.abc import Iterator
from typing import Any

from ekino.ingest.formats import comscore as comscore_format
from ekino.ingest.formats import eais as eais_format
from ekino.ingest.formats.fixed import columns_of
from ekino.ingest.formats.icaa import incidents
from ekino.ingest.formats.icaa.records import RECORDS
from ekino.ingest.formats.refusals import REFUSALS
from ekino.ingest.formats.shapes import Kind, Part, parts_of
from ekino.ingest.formats.siae import codes, log, lta, lta_fixed, rca, summaries
from reference.markdown import code, page, table

_KINDS = {
    Kind.ATTRIBUTE: "attribute",
    Kind.TEXT: "element",
    Kind.VALUED: "element, `valore`",
    Kind.ROWS: "element",
}


_RETURNED = (
    "a refund of the last sale of its seat in the file, else of the sale with the same seat and"
    " `sale_date` in another file"
)


def shapes_of(root: Any) -> Iterator[Any]:
    """Give a shape and every shape within it, each once, outermost first."""
    waiting, seen = [root], {root}
    while waiting:
        shape = waiting.pop(0)
        yield shape
        for part in parts_of(shape):
            if part.shape is not None and part.shape not in seen:
                seen.add(part.shape)
                waiting.append(part.shape)


def describe(root: Any) -> str:
    """Write a table for each element of a document, its fields in the order of the file."""
    return "\n\n".join(
        f"### {shape.ELEMENT}\n\n{promise_of(shape)}\n\n"
        + table(("Name", "Is", "How many", "Form", "Means"), rows_of(shape))
        for shape in shapes_of(root)
    )


def promise_of(shape: Any) -> str:
    """Give the first line of a shape's promise."""
    return str(shape.__doc__).strip().splitlines()[0]


def rows_of(shape: Any) -> Iterator[tuple[str, ...]]:
    """Give the rows of one element's table."""
    for part in parts_of(shape):
        if part.kind is Kind.LINE:
            continue
        if part.kind is Kind.OTHERS:
            yield ("any other", "attribute", "", "text", part.words)
            continue
        only = f" ({', '.join(part.only)} only)" if part.only else ""
        means = f"{part.words}; checked and forgotten" if part.is_personal else part.words
        form = "" if part.form is None else part.form.words
        yield (code(part.name), _KINDS[part.kind], how_many(part), form, means + only)


def how_many(part: Part) -> str:
    """Write how often a part may stand."""
    if part.most is None:
        return f"{part.least} or more"
    return "1" if part.least else "0 or 1"


def records(kinds: Any) -> str:
    """Write a table for each kind of record."""
    parts = []
    for record in kinds:
        rows = [
            (f"{each.first}–{each.last}", each.words, each.cells.words)
            for each in columns_of(record)
        ]
        title = f"Record {record.HEAD}" if record.HEAD else "Record"
        parts.append(
            f"### {title}\n\n{promise_of(record)} {record.WIDTH} columns.\n\n"
            + table(("Columns", "Means", "Form"), rows)
        )
    return "\n\n".join(parts)


_REFUSED = (
    "A file that is not as described is refused whole, with the line, the reason and what to do"
    " about each thing that is wrong: [names of refusals](refusals.md).\n"
    "What no fact can hold is kept and told, field by field or row by row; nothing is dropped."
)


def eais() -> str:
    """Write the page of EAIS."""
    return page(
        "EAIS XML 3.2.0",
        "One showing a file, one `form` a ticket; read and written.\n"
        "Source: working integrations; no schema is public, so attributes that we do not know"
        " are kept.\n"
        "Times are local to the cinema; amounts are whole units of its currency with a point.\n"
        "`ekino export --format eais --cinema …` writes a venue's day, a file a showing.",
        "## What becomes what\n\n"
        + table(
            ("In the file", "Here"),
            (
                ("`org_id`, `showroom`", "names of venue and hall, to be mapped"),
                (
                    "`seans_date`",
                    "start, in the venue's zone; with cinema and hall the showing",
                ),
                (
                    "`pu_number`, `seans_title`, `format`",
                    "the film's certificate, title, format",
                ),
                ("`form` with `price` ≥ 0", "a sale; `discount` is its discount"),
                (
                    "`form` with a minus, `-0` included",
                    _RETURNED,
                ),
                (
                    "`place_y`, `place_x`, `section`",
                    "row, seat, section; none: standing room",
                ),
                (
                    f"`ticket_type` other than {code(eais_format.PLAIN_TICKET)}",
                    "concession",
                ),
                ("`subscription`", "a season ticket without a number"),
                ("`online`", "sales channel `web`, else `box_office`"),
                ("`terminal_id`, `payment_id`", "payment `card` where one is given"),
            ),
        ),
        "A file is named `ekb_{org_id}_{YYYYMMDD_HHMMSS}{nnn}.xml`.\n" + _REFUSED,
        "## Fields\n\n" + describe(eais_format.Document),
    )


def icaa() -> str:
    """Write the page of ICAA."""
    return page(
        "ICAA box-office file",
        "Records 0 to 5 in ISO-8859-1, one a line, CRLF; read and written.\n"
        "Blanks at the end of a line may be missing, and LF alone is read as well.\n"
        "Positions count from 1 and include both ends; code tables are not confirmed, so codes"
        " stay as written.\n"
        "Amounts are euros: a venue that takes another currency is refused (`currency_differs`),"
        " read or written. `ekino export --format icaa --mailbox …` writes a venue's day.",
        "## What is checked\n\n"
        "- The header's lines, showings, spectators and takings are the sums of the file.\n"
        "- Every record stands below what it refers to; films may be described before or after"
        " they are shown.\n"
        "- A showing has as many records 3 as it has films, each with its record 4.\n"
        "- No more showings were held than programmed, by hall and day; a showing before 06:00"
        " counts to the day before.\n"
        "- A regular file (`FL`) tells, without being refused, showings older than the sending"
        " before it. The days of the year are turned into dates from the last showing onwards.",
        "## What becomes what\n\n"
        + table(
            ("In the file", "Here"),
            (
                ("mailbox, hall code", "names of venue and hall, to be mapped"),
                (
                    "record 2",
                    "a showing, and as many sales as spectators, marked as spread",
                ),
                ("takings", "spread over them without loss, the dearer ones first"),
                ("record 4 of the first film", "certificate, title, language, distributor"),
                ("header and record 2", "totals to compare with"),
                ("further films, incidents, record 5", "kept and told"),
            ),
        ),
        _REFUSED,
        "## Records\n\n" + records(RECORDS),
        "## The file of incidents\n\n"
        f"A file of its own, {code(incidents.NAME)}: halls that did not report, by day. Every"
        " record 1 is kept and told (`hall_incident`), record 0 as fields; nothing is entered and"
        " nothing is to be mended.\n\n" + records((incidents.Week, incidents.Incident)),
    )


_SIAE = (
    (
        "`CodiceLocale`, `DataEvento`, `OraEvento`",
        "the showing; the file has no hall",
    ),
    ("`Titolo`, `TipoGenere`, `CFOrganizzatore`", "title, format, promoter"),
    ("system, card and number", "the ticket, the same in LOG and LTA"),
    (
        "`CorrispettivoLordo`, `Prevendita`",
        "price and fee; in LTA they are one sum",
    ),
    ("`CodiceOrdine`, `Posto`", "section, seat; `UNICO` is no seat"),
    ("`TipoTitolo` that begins with no `I`", "concession: reduced, free"),
    ("`BigliettoAbbonamento`", "a sale for nothing that names the season pass"),
    (
        "`Abbonamento`",
        "kept and told with its price: it is of no single showing",
    ),
    (
        "annulment",
        "a reversal of the original: voided for 001, 002, 003, else refunded",
    ),
    ("states `Z.`, `M.` of LTA", "an admission at the time of entry"),
    ("states `A.`", "a reversal"),
    ("states `D.`, `F.`, `B.`", "kept and told: the title stays sold"),
    ("RMG, RPM", "totals of each event, sold less annulled"),
    (
        "RCA",
        "titles of each event less annulled ones, compared with the register's tickets",
    ),
    ("RCA's counts by state", "kept and told; compared with LTA by `ekino validate`"),
)


def siae() -> str:
    """Write the page of SIAE."""
    return page(
        "SIAE: LOG, LTA, RMG, RPM, RCA",
        "Italy's fiscal documents of concerts, theatres and cinemas: LOG and LTA are read and"
        " written, LTA in XML and in records of 518 columns; RMG, RPM and RCA are read, and"
        " written for tests.\n"
        "The grammar is ours, below; it takes and refuses the same documents as SIAE's own DTDs.\n"
        "Amounts are cents of the euro; times are local; text is UTF-8.\n"
        "`ekino export --format siae-log` and `siae-lta` write a venue's day. Titles bear seals of"
        " a fiscal device, which the register is not: it refuses (`seals_missing`) unless"
        " `--issuing` brings a statement, in JSON, of `organiser`, `licensee`, `system`, `card`,"
        " `genre`, `venue`, `first_number` and `seals` in the order of numbers.\n"
        "A venue that takes another currency is refused (`currency_differs`), read or written.",
        f"LOG is read as version {log.V0039} when its last issue is before"
        f" {log.V0040_FROM:%Y-%m-%d}, else as {log.V0040}, unless its DOCTYPE names one.\n"
        "A DOCTYPE's address is never opened.",
        "Fields that name a person are checked for their form and forgotten: they are not kept,"
        " told, logged or written.",
        "## What becomes what\n\n" + table(("In the file", "Here"), _SIAE),
        _REFUSED,
        "## Checks across documents\n\n"
        "`ekino validate LOG LTA RCA RPM …` asks these of the files that it is given together,"
        " each where both of its documents are there, and names what does not agree.\n"
        "Nothing is compared when files are handed in one by one.\n\n"
        "1. Each issue in LOG has exactly one row in LTA, by system, card, number and seal; an"
        " annulment is named by the row of its original.\n"
        "2. LTA's price is LOG's price and presale fee together.\n"
        "3. Each annulment points to an existing original, and the original is marked.\n"
        "4. Titles counted by state in LTA are those of RCA.\n"
        "5. LOG added up is RPM, and RMG: count and every amount, by organiser, event, section"
        " and kind.\n"
        "6. No seal occurs twice.",
        "## Names of files\n\n"
        "`RMG_YYYYMMDD_SSSSSSSS_NNN.xsi`, `RPM_YYYYMM_SSSSSSSS_NNN.xsi`,"
        " `RCA_YYYYMMDD_SSSSSSSS_NNN.xsi`, with `.p7m` when signed; date, system and number are"
        " those of the document.",
        "## States\n\n"
        + table(
            ("Code", "Entry"),
            [
                (code(each), codes.entry_of(each).replace("_", " "))
                for each in codes.ENTRY_CODES
            ],
        ),
        "## Answers of SIAE\n\n"
        + table(
            ("Code", "Means"), [(code(each), said) for each, said in codes.ANSWERS.items()]
        ),
        "## LOG\n\n" + describe(log.Document),
        "## LTA\n\n" + describe(lta.Document),
        "## LTA in 518 columns\n\n" + records((lta_fixed.Row,)),
        "## RMG\n\n" + describe(summaries.Daily),
        "## RPM\n\n" + describe(summaries.Monthly),
        "## RCA\n\n" + describe(rca.Document),
    )


def nightly() -> str:
    """Write the page of the nightly summary."""
    return page(
        "Nightly summary",
        "What a cinema's business date took, by hall and title, in the manner of Comscore, whose"
        " schema is not public. `ekino export --format nightly` writes it; the trade's hour for"
        f" sending it is {comscore_format.SENT_AT_HOUR:02d}:00, and whoever operates the register"
        " sends it.\n"
        "A day that changed is written whole again, `corrected`, by `--sent` with the file that"
        f" was sent, for {comscore_format.CORRECTION_DAYS_MAX} days after it; a later change is"
        " told and not written.\n"
        "Written, and read so that it can be checked: its totals are the sums of its lines.",
        _REFUSED,
        "## Fields\n\n" + describe(comscore_format.Document),
    )


def refusals() -> str:
    """Write the page of the names of refusals."""
    return page(
        "Why a file is refused",
        "A file of [EAIS](eais.md), [ICAA](icaa.md), [SIAE](siae.md) or a"
        " [nightly summary](nightly.md) is judged as a whole, and nothing of a refused one is"
        " entered.\n"
        "Each thing that is wrong has a place, a name, a reason and what to do about it; up to a"
        " hundred are told at once.",
        table(("Name", "Means"), [(code(name), words) for name, words in REFUSALS.items()]),
    )
