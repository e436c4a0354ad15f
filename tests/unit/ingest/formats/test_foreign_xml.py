"""XML of strangers: nothing is expanded, fetched or read half; each refusal has its name."""

import pytest

from ekino.ingest.formats.facts import FILE_BYTES_MAX
from ekino.ingest.formats.xml import (
    ATTRIBUTES_MAX,
    DEPTH_MAX,
    XML_TEXT_CHARACTERS_MAX,
    Element,
    read_tree,
    write_tree,
)
from ekino.kernel.errors import Malformed

LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
REFUSED = {
    "billion laughs": (
        f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>',
        "xml_has_entities",
    ),
    "quadratic": (
        f'<!DOCTYPE a [<!ENTITY x "{"y" * 1000}">]><a>{"&x;" * 1000}</a>',
        "xml_has_entities",
    ),
    "a file of the server": (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "xml_has_entities",
    ),
    "an address": (
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]><a/>',
        "xml_has_entities",
    ),
    "an unparsed entity": (
        '<!DOCTYPE a [<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "x" NDATA n>]><a/>',
        "xml_has_entities",
    ),
    "an entity that nobody declared": ("<a>&x;</a>", "xml_has_entities"),
    "an entity of a DTD that is not fetched": (
        '<!DOCTYPE a SYSTEM "a.dtd"><a>&x;</a>',
        "xml_has_entities",
    ),
    "one in an attribute": (
        '<!DOCTYPE a SYSTEM "a.dtd"><a b="&x;"/>',
        "xml_has_entities",
    ),
    "rules of its own": ("<!DOCTYPE a [<!ELEMENT a ANY>]><a/>", "xml_has_own_dtd"),
    "defaults of its own": (
        '<!DOCTYPE a [<!ATTLIST a price CDATA "0">]><a/>',
        "xml_has_own_dtd",
    ),
    "too deep": ("<a>" * (DEPTH_MAX + 1) + "</a>" * (DEPTH_MAX + 1), "xml_too_deep"),
    "too many attributes": (
        "<a " + " ".join(f'a{n}=""' for n in range(ATTRIBUTES_MAX + 1)) + "/>",
        "xml_too_large",
    ),
    "too long an attribute": (
        f'<a b="{"x" * (XML_TEXT_CHARACTERS_MAX + 1)}"/>',
        "xml_too_large",
    ),
    "too long a text": (f"<a>{'x' * (XML_TEXT_CHARACTERS_MAX + 1)}</a>", "xml_too_large"),
    "cut off within an element": ("<a><b>", "file_truncated"),
    "cut off within a tag": ('<a b="', "file_truncated"),
    "nothing but a declaration": ('<?xml version="1.0"?>', "file_truncated"),
    "two roots": ("<a/><b/>", "xml_not_well_formed"),
    "crossed": ("<a><b></a></b>", "xml_not_well_formed"),
    "no XML": ("sold;price", "xml_not_well_formed"),
    "an attribute twice": ('<a b="1" b="2"/>', "xml_not_well_formed"),
    "another encoding by its own word": (
        '<?xml version="1.0" encoding="windows-1251"?><a/>',
        "encoding_wrong",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_is_not_to_be_trusted_is_refused_by_name(name: str) -> None:
    text, code = REFUSED[name]

    with pytest.raises(Malformed) as refused:
        read_tree(text.encode())

    assert refused.value.code == code
    problem = refused.value.problems[0]
    assert problem.pointer.startswith("line ")
    assert problem.fix


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        ("<a b='ё'/>".encode("cp1251"), "encoding_wrong", "line 1"),
        ("<a>\n<b/>\nё</a>".encode("koi8-r"), "encoding_wrong", "line 3"),
        ("<a/>".encode("utf-16"), "encoding_wrong", "line 1"),
        ("<a/>".encode("utf-16-le"), "encoding_wrong", "line 1"),
        ("<a>ё".encode()[:-1], "file_truncated", "line 1"),
        (b"", "file_empty", ""),
        (b" \n", "file_empty", ""),
        (b"<" * (FILE_BYTES_MAX + 1), "file_too_large", ""),
    ],
)
def test_bytes_that_are_no_utf_8_or_too_many_are_refused(
    raw: bytes, code: str, place: str
) -> None:
    with pytest.raises(Malformed) as refused:
        read_tree(raw)

    assert (refused.value.code, refused.value.problems[0].pointer) == (code, place)


def test_the_limits_themselves_are_allowed() -> None:
    deepest = "<a>" * DEPTH_MAX + "</a>" * DEPTH_MAX
    widest = "<a " + " ".join(f'a{n}=""' for n in range(ATTRIBUTES_MAX)) + "/>"
    longest = f"<a>{'x' * XML_TEXT_CHARACTERS_MAX}</a>"

    for text in (deepest, widest, longest):
        assert read_tree(text.encode()).root.name == "a"


def test_a_named_dtd_is_told_and_not_fetched() -> None:
    tree = read_tree(
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/Log_v0039.dtd"><a>&amp;&#233;</a>'
    )

    assert tree.dtd == "http://127.0.0.1:1/Log_v0039.dtd"
    assert tree.root.text == "&é"


def test_what_is_written_is_read_back() -> None:
    root = Element(
        "a",
        {"b": "<\"'&>\n\t ё", "c": ""},
        [Element("d", {}, [], "<&\r\n ]]> ё"), Element("e", {"f": "1"})],
    )

    tree = read_tree(write_tree(root, dtd="a.dtd"))

    assert (tree.root.name, tree.root.attributes, tree.dtd) == (
        "a",
        root.attributes,
        "a.dtd",
    )
    assert [(each.name, each.attributes, each.text) for each in tree.root.children] == [
        ("d", {}, "<&\r\n ]]> ё"),
        ("e", {"f": "1"}, ""),
    ]


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud800", "\uffff"])
def test_what_xml_cannot_say_is_not_written(character: str) -> None:
    with pytest.raises(Malformed) as refused:
        write_tree(Element("a", {"b": character}))

    assert refused.value.code == "text_not_printable"
