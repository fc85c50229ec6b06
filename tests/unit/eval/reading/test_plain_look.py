"""An independent look at web pages: what a browser shows as text, by other code than the loader's."""

from eval.reading.plain_look import html_look
from eval.reading.words import words_of


def test_scripts_and_hidden_parts_are_not_seen_and_alternative_texts_are() -> None:
    page = (
        "<html><head><title>t</title><style>s</style></head><body><p>one <b>t</b>wo<script>x</script>"
        "<div hidden><p>no<p>nor</div><del>old</del> three<br>four<img alt='five'>"
    )
    assert words_of(html_look(page)) == ["one", "two", "three", "four", "five"]


def test_the_numbers_of_lists_are_seen() -> None:
    page = "<ol start=3><li>a<ul><li>b</ul><li>c</ol><ul><li>d</ul>"
    assert words_of(html_look(page)) == ["3", "a", "b", "4", "c", "d"]
