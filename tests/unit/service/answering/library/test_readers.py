"""Whether several people may all read some versions: what the boundary asks of one, asked of all."""

from service.access.principals import Principal
from service.answering.library.readers import may_all_read
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, open_studio, with_rules

STAFF, BOARD = frozenset({"staff"}), frozenset({"staff", "board"})
PLAN = "board/plan.md"


def test_all_have_to_be_allowed_each_version_as_it_is_approved_now(library: TinyLibrary) -> None:
    library.allow("board", groups=("board",))
    library.add(PLAN, "# Plan\n\nThe old building is sold in the spring.\n")
    library.add("legal/secret.md", "# Vault\n\nThe vault opens at nine.\n", groups=["board"])
    with open_studio(with_rules(library)) as studio:
        reading = studio.service.reading
        member = Principal("ann", BOARD, frozenset(), "test")

        def versions() -> dict[str, str]:
            return {one.info.document: one.info.sha256 for one in reading.documents(member)}

        def together(*documents: str, people: list[frozenset[str]], sha256: str = "") -> bool:
            now = versions() | (dict.fromkeys(documents, sha256) if sha256 else {})
            pairs = [(document, now.get(document, "0" * 64)) for document in documents]
            return may_all_read(reading.within(member), pairs, people)

        assert together(POLICY, people=[STAFF, BOARD, STAFF])
        assert together(POLICY, PLAN, "legal/secret.md", people=[BOARD, BOARD])
        assert not together(POLICY, PLAN, people=[BOARD, STAFF])  # the source is for others
        assert not together("legal/secret.md", people=[STAFF, BOARD])  # its approval is for others
        assert not together(POLICY, people=[BOARD, frozenset()])
        assert not together(POLICY, people=[BOARD], sha256="1" * 64)
        assert not together("legal/none.md", people=[BOARD])
        known = versions()[POLICY]
        library.revoke(POLICY)
        assert not together(POLICY, people=[BOARD], sha256=known)
