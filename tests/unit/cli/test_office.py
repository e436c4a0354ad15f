"""What commands say: each fault once, with its remedy, and tables whole to other programs."""

import pytest

from ekino.cli.office import Exit, explain, print_table
from ekino.kernel.errors import Problem, Pushback, Refused
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
