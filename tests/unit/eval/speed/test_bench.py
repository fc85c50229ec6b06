"""The benchmark's own parts: its pages. Its figures are not tested: machines are noisy."""

from eval.speed import bench


def test_no_two_pages_of_the_reingestion_share_a_paragraph() -> None:
    pages = [bench._page(number, "first") for number in range(200)] + [bench._page(7, "second")]
    paragraphs = [paragraph for page in pages for paragraph in page.split("\n\n")[1:]]
    assert len(set(paragraphs)) == len(paragraphs)
