"""Tables of web pages: which rows name columns, what spans, and what is no table of data."""

import pytest

from ingest.loading.web import html


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("<tr><td>Oslo<td>Desk<td>4410<tr><td>Bergen<td>Post<td>5520", "Oslo; Desk; 4410\nBergen; Post; 5520"),
        ("<tr><td><b>A</b><td><b>B</b><tr><td>1<td>2", "A; B\nA: 1; B: 2"),
        ("<tr bgcolor=#ccc><td>A<td>B<tr><td>1<td>2", "A; B\nA: 1; B: 2"),
        ("<tr bgcolor=#ccc><td>a<td>b<tr><td>1<td>2<tr bgcolor=#ccc><td>3<td>4", "a: b\n1: 2\n3: 4"),
        (
            "<tr><th rowspan=2>Grade<th colspan=2>Night<tr><th>Week<th>Sun<tr><td>B<td>1<td>2<tr><td>C<td colspan=2>9",
            "Grade; Night, Week; Night, Sun\nGrade: B; Night, Week: 1; Night, Sun: 2\nGrade: C; Night: 9",
        ),
        ("<tr><th colspan=2>Rates<tr><th>A<th>B<tr><td>1<td>2", "Rates\n\nA; B\nA: 1; B: 2"),
        ("<tr><th>A<th>B<tr><td>1<td>2<tr><th>C<th>D<tr><td>3<td>4", "A; B\nA: 1; B: 2\nC; D\nC: 3; D: 4"),
        ("<tr><th>A<th>B<tr><th colspan=2>Far<tr><td>1<td>2", "A; B\nFar\nA: 1; B: 2"),
        ("<tr><td><th>Mon<tr><th>Early<td>Ann<tr><th>Late<td>Ben", "Mon\nEarly; Mon: Ann\nLate; Mon: Ben"),
        ("<tr><th>Y<th>R<tr><th rowspan=2>2025<tr><td>5", "Y; R\nY: 2025; R: 5"),
        (
            "<thead><tr><th>A<th>B</thead><tfoot><tr><td>f<td>g</tfoot><tbody><tr><td>1<td>2",
            "A; B\nA: 1; B: 2\nA: f; B: g",
        ),
        ("<tr><td>A<td colspan=100>all<tr><td>B<td>c<td>d", "A; all\nB; c; d"),
        ("<tr><th>Phone<td>4410", "Phone: 4410"),
        ("<tr><th>A<th>B<th>C<tr><td>1<td style='text-decoration:line-through'>2<td>3", "A; B; C\nA: 1; C: 3"),
        ("<tr><th>A<th>B<tr><td>1<td><ol><li>x<li>y</ol>", "A; B\nA: 1; B: 1. x, 2. y"),
        ("<tr><td><table><tr><td>a<td>b<tr><td>c<td>d</table><td>side", "a: b\nc: d\n\nside"),
    ],
)
def test_rows_say_what_the_table_says(table: str, text: str) -> None:
    assert html.load(f"<html><body><table>{table}</table></body></html>".encode()).text == text


def test_a_table_of_roles() -> None:
    row = "<div role=row><span role={0}>{1}</span><span role={0}>{2}</span></div>"
    page = f"<html><div role=table>{row.format('columnheader', 'A', 'B')}{row.format('cell', 1, 2)}</div></html>"
    assert html.load(page.encode()).text == "A; B\nA: 1; B: 2"
