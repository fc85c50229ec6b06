"""What was found for the parts of a question, as one ranking."""

from dataclasses import replace

from service.answering.finding.merged import each, merged
from tests.support.answering_parts import Made, found, open_made

LIBRARY: Made = {
    "people/hotels.md": [["A hotel night may cost 165 euros."], ["A hotel night in Oslo may cost more."]],
    "people/illness.md": [["A certificate is needed from the fourth day."], ["A certificate is sent by post."]],
    "people/swans.md": [["Swans live on the lake."], ["Swans sleep at night."]],
}


def test_each_part_has_its_best_passages_in_one_ranking() -> None:
    with open_made(LIBRARY) as build:
        parts = [found("hotel night cost", build), found("certificate needed", build)]
        together = merged(parts, 4)
    rows = [hit.row for hit in together.hits]
    assert {part.hits[0].row for part in parts} <= set(rows)
    assert [hit.rank for hit in together.hits] == [1, 2, 3, 4]
    assert [hit.score for hit in together.hits] == sorted((hit.score for hit in together.hits), reverse=True)
    for part, whole in zip(each(together), parts, strict=True):
        assert {hit.row for hit in part.hits} <= set(rows), "what may be cited is on record"
        assert [hit.row for hit in part.hits] == [hit.row for hit in whole.hits if hit.row in rows]


def test_asked_for_as_many_as_there_were_the_ranking_is_the_same() -> None:
    with open_made(LIBRARY) as build:
        wide = merged([found("hotel night cost", build, k=10), found("certificate needed", build, k=10)], 10)
        k = len(wide.hits)
        again = merged([found("hotel night cost", build, k=k), found("certificate needed", build, k=k)], k)
    assert again.hits == wide.hits
    assert [part.hits for part in again.parts] == [part.hits for part in wide.parts]


def test_where_nothing_was_found_there_is_nothing_to_rank() -> None:
    with open_made(LIBRARY) as build:
        nothing = replace(found("hotel", build), hits=(), matches=None)
    assert merged([nothing, nothing], 10).hits == ()
    assert each(nothing) == (nothing,)
