"""ICAA box-office files (Spain): records 0 to 5 of fixed width, and the file of incidents."""

from ekino.ingest.formats.icaa.document import Document, parse, serialise
from ekino.ingest.formats.icaa.mapping import CURRENCY, facts, read

__all__ = ["CURRENCY", "Document", "facts", "parse", "read", "serialise"]
