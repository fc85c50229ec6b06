"""What a first load weighs: everything that the page names, once each, heads and all. Its times are not tested."""

from eval.speed.page_bench import _session, first_load
from tests.support.service_parts import Studio, serving


def test_a_first_load_holds_what_the_page_names_and_what_its_scripts_import(studio: Studio) -> None:
    with serving(studio.app) as url:
        port = int(url.rpartition(":")[2])
        loaded = first_load(port, _session(port, studio.code()))
    assert {"/", "/style.css", "/icon.svg", "/scripts/page.js"} <= set(loaded)
    assert loaded["/style.css"] > len(studio.stranger().get("/style.css").content)
