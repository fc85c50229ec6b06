"""Law 1: what was approved and published answers; of a build that was changed where it lies nothing is shown."""

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, TRAVEL_QUESTION, VENDOR_QUESTION, open_studio, with_rules

APPROVED, PUT_IN = b"ten working days", b"two working days"


def _changed(library: TinyLibrary) -> int:
    """Put other words into every file of the build that holds those of the policy; return how many do."""
    files = [path for path in library.places.published_files(library.builds) if APPROVED in path.read_bytes()]
    for path in files:
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(APPROVED, PUT_IN))
    return len(files)


@pytest.mark.parametrize("question", [VENDOR_QUESTION, TRAVEL_QUESTION])
def test_a_build_that_was_changed_where_it_lies_answers_nothing(library: TinyLibrary, question: str) -> None:
    """Neither what was put into it nor what was not touched."""
    with_rules(library)
    assert _changed(library) >= 2, "the stored texts, and the original"
    with open_studio(library) as studio:
        response = studio.api.post("/v1/ask", json={"question": question})
        assert response.status_code == 503
        assert studio.doors_showing(POLICY, question, PUT_IN.decode()) == []
