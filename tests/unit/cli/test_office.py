"""What commands say: each fault once, with its remedy, and tables whole to other programs."""

import pytest

from ekino.cli.office import Exit, explain, print_table
from ekino.ingest.formats.facts import malformed
from ekino.kernel.errors import Malformed, Problem, Pushback, Refused
from ekino.totals.model.groups import read_dimensions


def test_a_fault_is_told_once_with_what_to_do_about_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Refused) as refused:
        read_dimensions("film,colour")

    assert explain(refused.value) == Exit.FAILED
    assert capsys.readouterr().err == (
        "ekino: Totals are not grouped by 'colour'.\n"
        "  by: Use any of region, film, genre, language, country, venue, showing, day, hour, "
        "sales-channel.\n"
    )


def test_a_fault_of_a_file_has_its_name_and_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    explain(malformed("line 3", "hall_unknown", "the hall is not there", "Give it."))
    one = capsys.readouterr().err
    problems = [
        Problem("line 3", "hall_unknown", "the hall is not there", "Give it."),
        Problem("line 4", "film_unknown", "the film is not there", "Give it, too."),
    ]
    detail = "line 3: the hall is not there, and 1 more"
    explain(Malformed(detail, problems=problems, code="hall_unknown"))

    assert one == "ekino: hall_unknown: line 3: the hall is not there\n  line 3: Give it.\n"
    assert capsys.readouterr().err == (
        "ekino: hall_unknown: line 3: the hall is not there, and 1 more\n"
        "  line 3: Give it.\n"
        "  line 4: the film is not there. Give it, too.\n"
    )


def test_several_faults_are_each_told_where_they_stand(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problems = [
        Problem("/venues/0", "region_unknown", "There is no region XX.", "Load it first."),
        Problem("", "empty", "Nothing is here.", "Send something."),
    ]

    explain(Refused("The document has 2 faults.", problems=problems))

    assert capsys.readouterr().err == (
        "ekino: The document has 2 faults.\n"
        "  /venues/0: There is no region XX. Load it first.\n"
        "  Nothing is here. Send something.\n"
    )


def test_what_may_be_tried_again_has_an_exit_code_of_its_own() -> None:
    assert explain(Pushback("full", retry_after_s=2)) == Exit.TRY_AGAIN_LATER


def test_another_program_gets_every_cell_whole(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300

    print_table(
        [{"key": long, "tickets": 1_000}, {"key": "", "tickets": 2}], caption="2 keys"
    )

    said = capsys.readouterr()
    assert said.err == "2 keys\n"
    assert [line.split() for line in said.out.splitlines()] == [
        ["key", "tickets"],
        [long, "1", "000"],
        ["2"],
    ]
