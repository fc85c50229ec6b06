"""The commands ask and search: what they print, and with which code they end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import indexes.encoder
import service.answering_made
import service.parts
from service.answering.evidence import read_calibration
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.operating.running import announced
from tests.support.command_line import Run, held_log
from tests.support.fakes import TinyLibrary
from tests.support.listed_answers import (
    BEHIND,
    ITEMS,
    LEAD_IN,
    MODEL,
    MORE,
    SAYS_LEFT,
    WORDS,
    listed_answer,
    refused_by_model,
    written_answer,
)
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    POLICY,
    TOKEN,
    TRAVEL,
    VENDOR_QUESTION,
    with_rules,
)
from tests.support.small_pdf import small_pdf

SENTENCE = "The security team reviews every new AI vendor within ten working days."
HOSTILE = "a\x1b[2Jb\u009b1m\u202ec\rd\u2028[red]"
HOSTILE_REPLIES = [
    (
        "ask",
        200,
        {
            "sentences": [{"text": f"{HOSTILE}\n- {HOSTILE}", "citations": [1], "more": 3}],
            "citations": [
                {
                    **dict.fromkeys(("title", "document", "expires"), HOSTILE),
                    "n": 1,
                    "quote": HOSTILE,
                    "locator": {"kind": "heading", "path": [HOSTILE]},
                }
            ],
            "not_mentioned": [HOSTILE, HOSTILE],
            "not_looked_up": [HOSTILE, HOSTILE],
            "notes": [HOSTILE],
            "passages": [{**dict.fromkeys(("title", "document", "expires"), HOSTILE), "locator": {"kind": "document"}}],
            "refusal": None,
        },
    ),
    ("ask", 200, {"refusal": {"message": HOSTILE}}),
    (
        "search",
        200,
        {
            "passages": [
                {"rank": 1, "score": 1.0, "document": HOSTILE, "text": f"{HOSTILE}\n{HOSTILE}", "note": HOSTILE}
            ]
        },
    ),
    ("ask", 503, {"title": HOSTILE, "detail": HOSTILE}),
]


def test_an_answer_is_printed_with_its_sources(library: TinyLibrary, run: Run) -> None:
    with_rules(library)
    result = run("ask", VENDOR_QUESTION)
    assert result.exit_code == 0
    assert f"{SENTENCE} [1]" in result.stdout
    assert "[1] AI use policy" in result.stdout
    assert f"({POLICY}, until 2027-11-20)" in result.stdout
    assert result.stderr == ""


def test_what_was_not_read_of_what_is_cited_is_printed_with_it(library: TinyLibrary, run: Run) -> None:
    pages = ["The agreement was signed by both parties in March."], ["Annex one."], ["Annex two."]
    library.add("legal/agreement.pdf", small_pdf(pages[0], [], [], *pages[1:]))
    with_rules(library)
    note = "Note: pages 2 and 3 of this document could not be read."
    assert note in run("ask", "When was the agreement signed by both parties?").stdout
    assert note in run("search", "When was the agreement signed by both parties?").stdout
    assert "Note:" not in run("ask", VENDOR_QUESTION).stdout


def test_as_json_it_is_what_the_api_gives(library: TinyLibrary, run: Run) -> None:
    with_rules(library)
    value = json.loads(run("ask", VENDOR_QUESTION, "--json").stdout)
    assert (value["outcome"], value["answer"]) == ("answered", SENTENCE)
    stored = SqliteLeafStore(folder=library.root / "state").leaf(value["receipt"]["seq"])
    assert stored is not None
    assert (stored.type, stored.leaf_hash) == ("query.finished", value["receipt"]["leaf_hash"])


def test_a_refusal_ends_with_1(library: TinyLibrary, run: Run) -> None:
    with_rules(library)
    result = run("ask", OFF_TOPIC_QUESTION)
    assert result.exit_code == 1
    assert "No answer: The approved documents that you may read do not hold enough evidence" in result.stdout
    as_json = run("ask", OFF_TOPIC_QUESTION, "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["refusal"]["reason"]) == (1, "no_evidence")


def test_passages_are_printed_by_rank(library: TinyLibrary, run: Run) -> None:
    with_rules(library)
    result = run("search", VENDOR_QUESTION)
    assert result.exit_code == 0
    assert result.stdout.index(f"1  1.000  {POLICY}") < result.stdout.index(f"2  0.000  {TRAVEL}")
    assert len(json.loads(run("search", VENDOR_QUESTION, "--limit", "1", "--json").stdout)["passages"]) == 1


def test_every_question_is_on_record(library: TinyLibrary, run: Run) -> None:
    with_rules(library)
    run("ask", VENDOR_QUESTION)
    run("search", VENDOR_QUESTION)
    store = SqliteLeafStore(folder=library.root / "state")
    leaves = [json.loads(leaf.leaf) for leaf in store.leaves(-1, 100)]
    channels = [leaf.get("channel") for leaf in leaves if leaf["type"].startswith("query.")]
    assert channels == ["cli", None, "cli", None]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask", ""), "expected a question, got none"),
        (("ask", "a" * 2001), "expected a question of at most 2000 characters, got 2001"),
        (("search", "a\x07"), "got the character U+0007"),
        (("search", "a", "--limit", "0"), "Invalid value"),
        (("ask",), "Missing argument"),
    ],
)
def test_bad_usage_ends_with_2(run: Run, arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("command", [("ask", VENDOR_QUESTION), ("search", "a")])
def test_a_wrong_setting_ends_with_2_and_names_itself(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, GREENLIT_PORT="none")
    assert result.exit_code == 2
    assert "greenlit: GREENLIT_PORT: " in result.stderr


def test_without_a_calibration_it_says_so_and_ends_with_1(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library.ingest()
    monkeypatch.setattr(service.answering_made, "read_calibration", lambda: read_calibration(tmp_path / "none.json"))
    told = run("ask", VENDOR_QUESTION)
    assert told.exit_code == 1
    assert "none.json cannot be read as a calibration" in told.stderr


def test_without_a_build_it_ends_with_1(run: Run) -> None:
    result = run("ask", VENDOR_QUESTION)
    assert result.exit_code == 1
    assert "no current build in" in result.stderr


def test_what_is_wrong_with_the_register_is_told_beside_the_answer(library: TinyLibrary, run: Run) -> None:
    with_rules(library)
    with library.register_path.open("ab") as file:
        file.write(b"nonsense\n")
    result = run("ask", VENDOR_QUESTION)
    assert result.exit_code == 0
    assert SENTENCE in result.stdout
    assert "problem: " in result.stderr
    assert "register.jsonl, line 3" in result.stderr


def test_a_log_that_is_busy_with_no_service_to_ask_ends_with_1(library: TinyLibrary, run: Run) -> None:
    with_rules(library)
    log = held_log(library)
    result = run("ask", VENDOR_QUESTION)
    log.close()
    assert result.exit_code == 1
    assert "another process" in result.stderr


class TestWhileAServiceRuns:
    """The log is held, and the address of the service is announced."""

    @pytest.fixture(autouse=True)
    def _held(self, library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> Any:
        def no_encoder(_name: str, **_more: object) -> None:
            raise AssertionError

        log = held_log(library)
        monkeypatch.setattr(indexes.encoder, "load_encoder", no_encoder)
        with announced(library.root / "state", url="http://127.0.0.1:1"):
            yield
        log.close()

    @pytest.fixture
    def replies(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Any], list[httpx.Request]]:
        """Let the service reply; the requests that came are listed."""

        def reply(status: int, content: Any) -> list[httpx.Request]:
            asked: list[httpx.Request] = []

            def answer(request: httpx.Request) -> httpx.Response:
                asked.append(request)
                return httpx.Response(status, json=content)

            client = httpx.Client
            monkeypatch.setattr(
                httpx, "Client", lambda **settings: client(transport=httpx.MockTransport(answer), **settings)
            )
            return asked

        return reply

    def test_it_is_asked_with_the_token(self, run: Run, replies: Callable[[int, Any], list[httpx.Request]]) -> None:
        asked = replies(200, {"refusal": {"reason": "no_evidence", "message": "Nothing [here]."}})
        result = run("ask", VENDOR_QUESTION, GREENLIT_TOKEN=TOKEN)
        assert (result.exit_code, result.stdout) == (1, "No answer: Nothing [here].\n")
        (request,) = asked
        assert str(request.url) == "http://127.0.0.1:1/v1/ask"
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert json.loads(request.content) == {"question": VENDOR_QUESTION}

    def test_a_list_is_printed_line_by_line_with_what_was_left_out_and_what_is_near(
        self, run: Run, replies: Callable[[int, Any], list[httpx.Request]]
    ) -> None:
        replies(200, listed_answer().as_json())
        printed = run("ask", VENDOR_QUESTION, GREENLIT_TOKEN=TOKEN).stdout
        assert printed.startswith(
            f"{LEAD_IN} [1]\n- {ITEMS[0]} [2]\n- {ITEMS[1]} [3]\n"
            f"and {MORE} more, in AI policy, page 2 (legal/policy.pdf, until 2026-11-20)\n"
            "Contracts are kept … for ten years. [4][5]\n"
            f"The sources do not mention New York or trainees.\n{SAYS_LEFT}\n\n[1][2][3][4][5] AI policy, page 2 "
        )
        assert "\n\nAlso on this:\n  Guide 1, page 1 (legal/more-1.pdf, until 2026-11-20)\n" in printed

    def test_what_a_model_wrote_is_printed_with_the_quotes_behind_its_words(
        self, run: Run, replies: Callable[[int, Any], list[httpx.Request]]
    ) -> None:
        replies(200, written_answer().as_json())
        printed = run("ask", VENDOR_QUESTION, GREENLIT_TOKEN=TOKEN).stdout
        assert printed.startswith(
            f"Written by {MODEL} from the passages below; each sentence was checked against them.\n"
            "2 sentences were left out because the passages do not say them.\n"
            f"{WORDS[0]} [1]\n{WORDS[1]} [2][3]\n\n"
            f"[1] Records, page 2 (legal/records.pdf, until 2026-11-20)\n  “{BEHIND[0]}”\n"
        )

    def test_a_refusal_says_what_the_model_found(
        self, run: Run, replies: Callable[[int, Any], list[httpx.Request]]
    ) -> None:
        replies(200, refused_by_model().as_json())
        assert f"\n{MODEL} found no passage that answers this.\n" in run("ask", "x", GREENLIT_TOKEN=TOKEN).stdout

    def test_its_problem_is_told(self, run: Run, replies: Callable[[int, Any], list[httpx.Request]]) -> None:
        replies(503, {"title": "No record, no answer", "detail": "the log is full"})
        result = run("search", VENDOR_QUESTION, GREENLIT_TOKEN=TOKEN)
        assert (result.exit_code, result.stderr) == (1, "greenlit: No record, no answer: the log is full\n")

    @pytest.mark.parametrize("more", [(), ("--json",)])
    @pytest.mark.parametrize(("command", "status", "content"), HOSTILE_REPLIES)
    def test_nothing_that_it_says_steers_the_terminal(
        self,
        run: Run,
        replies: Callable[[int, Any], list[httpx.Request]],
        command: str,
        status: int,
        content: Any,
        more: tuple[str, ...],
    ) -> None:
        replies(status, content)
        printed = run(command, VENDOR_QUESTION, *more, GREENLIT_TOKEN=TOKEN).output
        assert "[red]" in printed
        assert all(char.isprintable() or char == "\n" for char in printed)

    def test_that_it_does_not_answer_is_told_without_the_question(self, run: Run) -> None:
        result = run("ask", VENDOR_QUESTION, GREENLIT_TOKEN=TOKEN)
        assert result.exit_code == 1
        assert "the running service at http://127.0.0.1:1 does not answer (ConnectError)" in result.stderr
        assert VENDOR_QUESTION not in result.output

    def test_a_token_that_cannot_be_read_is_told(self, run: Run) -> None:
        result = run("ask", VENDOR_QUESTION, GREENLIT_TOKEN="short")
        assert result.exit_code == 1


def test_markup_in_a_document_is_printed_as_it_is(library: TinyLibrary, run: Run) -> None:
    library.add("legal/markup.txt", "The vendor form says [red]stop[/red] and [link=x]go[/link] on page one.\n")
    library.ingest()
    result = run("ask", "What does the vendor form say?")
    assert "says [red]stop[/red] and [link=x]go[/link] on page one. [1]" in result.stdout
