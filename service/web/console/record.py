"""The page `/audit/records/{seq}`: one record in full, and what is done with one.

Its texts are opened, the answer is made again, its texts are erased, its proof is taken away: each is a step of its own
and on record before it shows or does anything; but for the proof, which is hashes and a signature.
"""

import json
import threading
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from indexes.counting import counted
from service.answering.errors import ReplayError
from service.answering.past.grounds import Grounds
from service.audit.desk import Replaying
from service.audit.errors import FilterError, NotCoveredError, SealError
from service.audit.reading.on_record import OnRecord
from service.http.given import given
from service.web.console.frame import ConsolePage, TheConsole, sentence
from service.web.console.written import model_part
from service.web.forms import field_of, from_here

_MAX_NUMBER = 2**53 - 1
_MAX_PURPOSE_CHARS = 2000
_AT_ONCE = threading.BoundedSemaphore(2)  # answers that are made again, or wait for one that is: each opens a build
_BUSY = "Another answer is being made again at this moment. Try again in a while."

_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Record:
    """One record as somebody has it open."""

    console: ConsolePage
    grounds: Grounds
    seq: int

    def page(self, status: int = 200, **values: Any) -> Response:
        """Show it, with what was done with it just now."""
        console = self.console
        shown = console.auditing.questions.one(console.who, self.seq)
        proof, no_proof = self._proof()
        kept = {"record": shown, "proof": proof, "no_proof": no_proof, "seq": self.seq}
        grounds = self._grounds(shown, opened="texts" in values)
        leaf = json.dumps(shown.value, indent=2, ensure_ascii=False)
        return console.page("record", "/audit", status, **kept, grounds=grounds, leaf=leaf, **values)

    def _grounds(self, shown: OnRecord, *, opened: bool) -> Any:
        if shown.received is None or shown.finished is None:
            return []
        return self.grounds.of(shown.received, shown.finished, groups=self.console.person.groups, opened=opened)

    def _proof(self) -> tuple[dict[str, Any] | None, str]:
        try:
            return self.console.auditing.proofs.inclusion(self.seq), ""
        except NotCoveredError as error:
            return None, sentence(error)

    def opened(self, purpose: str) -> Response:
        """Show its texts, for a purpose."""
        questions = self.console.auditing.questions
        try:
            texts = questions.texts(self.console.who, self.seq, purpose=_purpose(purpose))
        except FilterError as error:
            return self.page(422, problem=sentence(error), at="texts")
        except SealError as error:
            return self.page(500, problem=sentence(error), at="texts")
        part = model_part(texts["raw"]) if "raw" in texts else None
        shown = {name: text for name, text in texts.items() if name != "raw" or part is None}
        return self.page(texts=shown, model=part, purpose=purpose.strip())

    def made_again(self, replay: Replaying) -> Response:
        """Make the answer again and show what differs."""
        if not _AT_ONCE.acquire(blocking=False):
            return self.page(429, problem=_BUSY, at="again")
        try:
            result = replay.run(self.console.who, self.seq)
        except ReplayError as error:
            return self.page(409, problem=sentence(error), at="again")
        finally:
            _AT_ONCE.release()
        return self.page(again=result)

    def erased(self, ground: str, purpose: str) -> Response:
        """Erase its texts, on a ground."""
        auditing = self.console.auditing
        if not purpose.strip():
            return self.page(
                422, problem="Expected a purpose in words for which the texts are erased, got none.", at="erase"
            )
        request_id = auditing.questions.request_of(self.seq)
        done = auditing.erasure.by_request(self.console.who, request_id, ground=ground, purpose=_purpose(purpose))
        return self.page(told=_erased(done))


async def _record(console: TheConsole, grounds: Annotated[Grounds, Depends(given(Grounds))], seq: str) -> _Record:
    number = int(seq) if seq.isascii() and seq.isdecimal() else -1
    return _Record(console, grounds, min(number, _MAX_NUMBER))


_TheRecord = Annotated[_Record, Depends(_record)]


@_router.get("/audit/records/{seq}")  # noqa: FAST003  (in _record)
def record(one: _TheRecord) -> Response:
    """Show one record, without its texts."""
    return one.console.shown(one.page)


@_router.get("/audit/records/{seq}/proof")  # noqa: FAST003  (in _record)
def proof(one: _TheRecord) -> Response:
    """Give the proof that a record is in the log, as a file; hashes and a signature, no record."""
    return one.console.shown(lambda: _proof_file(one))


@_router.post("/audit/records/{seq}/texts", dependencies=[Depends(from_here)])  # noqa: FAST003  (in _record)
async def texts(request: Request, one: _TheRecord) -> Response:
    """Open the texts of a record, for a purpose."""
    purpose = await field_of(request, "purpose")
    return await run_in_threadpool(one.console.shown, lambda: one.opened(purpose))


@_router.post("/audit/records/{seq}/again", dependencies=[Depends(from_here)])
async def again(one: _TheRecord, replay: Annotated[Replaying, Depends(given(Replaying))]) -> Response:
    """Make a past answer again."""
    return await run_in_threadpool(one.console.shown, lambda: one.made_again(replay))


@_router.post("/audit/records/{seq}/erase", dependencies=[Depends(from_here)])  # noqa: FAST003  (in _record)
async def erase(request: Request, one: _TheRecord) -> Response:
    """Erase the texts of a question."""
    ground, purpose = await field_of(request, "ground"), await field_of(request, "purpose")
    return await run_in_threadpool(one.console.shown, lambda: one.erased(ground, purpose))


ROUTES = _router.routes


def _purpose(text: str) -> str:
    if len(text) > _MAX_PURPOSE_CHARS:
        raise FilterError(f"expected a purpose of at most {_MAX_PURPOSE_CHARS} characters, got {len(text)}")
    return text.strip()


def _erased(done: dict[str, Any]) -> str:
    if not done["erased"]:
        return "There was nothing left to erase."
    records = counted(done["erased"], "record")
    return f"The texts of {records} were erased for good, and that is record {done['receipt']['seq']}. The proofs stay."


def _proof_file(one: _Record) -> Response:
    found = one.console.auditing.proofs.inclusion(one.seq)
    headers = {"Content-Disposition": f'attachment; filename="proof-{one.seq}.json"'}
    return Response(json.dumps(found, indent=2) + "\n", media_type="application/json", headers=headers)
