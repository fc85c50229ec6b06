"""Columns of plain text are rows, justified lines are not, and cells that go on below are whole."""

import time

from ingest.loading.text import plain


def _lines(content: str) -> list[str]:
    return [line for line in plain.load(content.encode()).text.split("\n") if line]


def test_justified_lines_are_text_wherever_their_blanks_stand() -> None:
    assert _lines(
        "The   colour  printer  on  the  third   floor  is   reserved  for  the\n"
        "marketing  team   until  noon.  Other   teams  may  print  in   colour\n"
        "between   one   and   five   in   the   afternoon   without   asking."
    ) == [
        (
            "The colour printer on the third floor is reserved for the marketing team until noon. "
            "Other teams may print in colour between one and five in the afternoon without asking."
        )
    ]


def test_a_justified_paragraph_may_be_set_in_and_end_ragged() -> None:
    assert _lines(
        "   The   canteen  serves   hot  meals  from  half  past  eleven  until\n"
        "two  in  the  afternoon.  Guests   of  the  house  pay  nine   euros  for\n"
        "a  meal."
    ) == [
        (
            "The canteen serves hot meals from half past eleven until two in the afternoon. "
            "Guests of the house pay nine euros for a meal."
        )
    ]


def test_columns_that_stand_below_each_other_are_rows() -> None:
    assert _lines(
        "Rates:\nRoom        Price  Deposit\nHall A        900      200\nHall B      1,250      300\n"
        "All prices are in euros and hold until the end of the year, whatever the\nseason is."
    ) == [
        "Rates:",
        "Room: Hall A; Price: 900; Deposit: 200",
        "Room: Hall B; Price: 1,250; Deposit: 300",
        "All prices are in euros and hold until the end of the year, whatever the season is.",
    ]


def test_a_cell_that_goes_on_below_is_whole() -> None:
    assert _lines(
        "Zone          First hour    Further hours\n------------  ------------  -------------\n"
        "North lot     2.00          1.50 until noon,\n                            then 1.00\n"
        "Visitors'     free          4.00\ngarage\n"
    ) == [
        "Zone: North lot; First hour: 2.00; Further hours: 1.50 until noon, then 1.00",
        "Zone: Visitors' garage; First hour: free; Further hours: 4.00",
    ]


def test_a_name_and_its_value_are_a_row() -> None:
    assert _lines("Phone      +47 555 12 34\nMobile     +47 555 99 99\n\nDate:\t3 May\n\nPorter       desk 4") == [
        "Phone: +47 555 12 34",
        "Mobile: +47 555 99 99",
        "Date: 3 May",
        "Porter: desk 4",
    ]


def test_tabs_part_cells_and_an_empty_one_is_none() -> None:
    assert _lines("Codec\tUse\tRate\nProRes\tEdit\t110\nDNxHR\t\t220") == [
        "Codec: ProRes; Use: Edit; Rate: 110",
        "Codec: DNxHR; Rate: 220",
    ]


def test_drawn_tables_are_rows() -> None:
    assert _lines(
        "+---------+-------------+\n| Device  | Who may     |\n|         | use it      |\n+=========+=============+\n"
        "| Plotter | drawing     |\n|         | office only |\n+---------+-------------+\n"
        "| Laser   | all         |\n+---------+-------------+\n\n"
        " id | name  | fee\n----+-------+-----\n  1 | Pool  | 12\n  2 | Sauna | 8\n\n"
        "| Key | Holder |\n|-----|--------|\n| A1  | Porter |"
    ) == [
        "Device: Plotter; Who may use it: drawing office only",
        "Device: Laser; Who may use it: all",
        "id: 1; name: Pool; fee: 12",
        "id: 2; name: Sauna; fee: 8",
        "Key: A1; Holder: Porter",
    ]


def test_two_columns_of_running_text_are_read_one_after_the_other() -> None:
    assert " ".join(
        _lines(
            "The museum opens at nine on       Groups of more than twenty\n"
            "working days and at ten on        people book a week ahead and\n"
            "Sundays. The last visitors        pay a deposit of ninety euros.\n"
            "are let in at five.               Dogs stay outside."
        )
    ) == (
        "The museum opens at nine on working days and at ten on Sundays. The last visitors are let in at five. "
        "Groups of more than twenty people book a week ahead and pay a deposit of ninety euros. Dogs stay outside."
    )


def test_two_blanks_after_a_stop_and_after_a_bullet_part_nothing() -> None:
    assert _lines(
        "Tea is hot.  It is made.\nPots are warm.  They are.\n\no  A bullet of\n   two lines.\no  Another."
    ) == [
        "Tea is hot. It is made.",
        "Pots are warm. They are.",
        "- A bullet of two lines.",
        "- Another.",
    ]


def test_much_text_takes_time_that_grows_with_its_length_only() -> None:
    started = time.process_time()
    for hostile in (
        "." * 100_000,
        " " * 200_000 + "a",
        ("a" + " " * 3000 + "b\n") * 30,
        "a  b  c\n" * 3000,
        "(" * 100_000,
    ):
        plain.load(f"Text.\n{hostile}".encode())
    assert time.process_time() - started < 5
