"""The certificate on paper, set by Typst from values: the same values give the same bytes."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files


def set_certificate(values: Mapping[str, object]) -> bytes:
    """Give the certificate as PDF/UA-1; values are shown as text, nothing is read as markup."""
    import typst  # noqa: PLC0415 - 80 MB that only paper needs

    data = json.dumps(values, ensure_ascii=False, sort_keys=True)
    pdf: bytes = typst.compile(
        _source(),
        sys_inputs={"data": data},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )
    return pdf


@cache
def _source() -> bytes:
    with as_file(files("ekino.certification") / "paper" / "certificate.typ") as path:
        return path.read_bytes()
