"""Field cases: small documents that systems like this one read or answer wrongly, each with what is right.

A case is a folder with documents and `expected.txt`, which says for a person what is right. Its checks are in
`cases.toml`, in short probes and questions of our own; "#2" there stands for the second stretch in double quotes of
`expected.txt`, so that the data stays where it is. Checks of one case:

    file          the document that `whole` to `or_refused` are about; without it a check only asks
    stored        it is in the build (any check with a file wants that)
    whole         each stands within one sentence that can be quoted
    begins        a sentence that can be quoted begins with it
    says, never   each stands somewhere in the stored text, headings included; none does
    told          each stands in what ingestion says of the document
    question      asked of the case's documents alone
    answer        each stands in a quote of the answer; `first`: in a quote of its first sentence
    not_answer    stands in no quote; `silent`: a refusal is what is right
    where         each stands in the place that a quote is cited with
    or_told       the check also holds if all of these are told: what cannot be read, and is said, is right
    or_refused    it also holds if the document is kept out and the reason holds this

Words are compared with any space as one blank, dashes alike, × as x, small and capital letters alike, and whole: "6
months" is not in "16 months". A case is right if all its checks hold. It is not checkable if it has no checks, or its
documents or expected words are not there. Case folders that `cases.toml` does not know are named: nothing passes by
being absent.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from eval.quality.question_sets import QuestionSetError

FOLDER = "field_cases"
EXPECTED = "expected.txt"
CHECKS = Path(__file__).with_name("cases.toml")
_QUOTED = re.compile(r'"([^"]*)"')
_REFERENCE = re.compile(r"#(\d+)")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | {"×": "x"})

Verdict = Literal["right", "wrong", "not checkable"]


@dataclass(frozen=True, slots=True)
class Check:
    """What has to hold of a case; the fields are those of the module's table."""

    case: str
    file: str = ""
    stored: bool = False
    whole: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    question: str = ""
    answer: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    not_answer: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    silent: bool = False
    or_told: tuple[str, ...] = ()
    or_refused: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a document: its stored text, the sentences that can be quoted, and what ingestion said of it."""

    text: str
    sentences: tuple[str, ...]
    told: str
    kept_out: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The quotes of an answer, in order, with the number of the sentence each supports and where it is cited."""

    quotes: tuple[str, ...] = ()
    sentences: tuple[int, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: its verdict, and of each check that failed what was expected."""

    case: str
    verdict: Verdict
    reasons: tuple[str, ...] = field(default=())


Ask = Callable[[str, str], Answered]  # a case and a question


def read_checks(path: Path = CHECKS) -> dict[str, list[Check]]:
    """Return the checks by case.

    Raises:
        QuestionSetError: one is not as expected.
    """
    checks: dict[str, list[Check]] = {}
    known = {one.name for one in fields(Check)}
    for number, row in enumerate(tomllib.loads(path.read_text(encoding="utf-8")).get("check", []), 1):
        if not set(row) <= known or not isinstance(row.get("case"), str):
            raise QuestionSetError(f"{path}, check {number}: expected case and fields of {', '.join(sorted(known))}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
        }
        checks.setdefault(row["case"], []).append(Check(**values))
    return checks


def case_folders(data: Path) -> list[Path]:
    """Return the folders of the cases.

    Raises:
        QuestionSetError: there is none.
    """
    found = sorted(path for path in (data / FOLDER).glob("*") if (path / EXPECTED).is_file())
    if not found:
        raise QuestionSetError(f"expected cases in {data / FOLDER}/<case>/ with {EXPECTED}, got none")
    return found


def judge(folder: Path, checks: Sequence[Check], stored: Mapping[str, Stored], ask: Ask) -> CaseResult:
    """Hold one case against its checks.

    Args:
        folder: of the case.
        checks: its checks.
        stored: its documents by file name.
        ask: asks a question of the documents of one case.
    """
    quoted = _QUOTED.findall((folder / EXPECTED).read_text(encoding="utf-8"))
    missing = _missing(checks, stored, len(quoted))
    if missing:
        return CaseResult(folder.name, "not checkable", tuple(missing))
    reasons = [reason for check in checks for reason in _failed(_resolved(check, quoted), stored, ask)]
    return CaseResult(folder.name, "wrong" if reasons else "right", tuple(reasons))


def resolved(folder: Path, checks: Sequence[Check]) -> list[Check]:
    """Return the checks of a case with the words that they point to; those that point nowhere are left out."""
    quoted = _QUOTED.findall((folder / EXPECTED).read_text(encoding="utf-8"))
    return [_resolved(check, quoted) for check in checks if not _missing([replace(check, file="")], {}, len(quoted))]


def _missing(checks: Sequence[Check], stored: Mapping[str, Stored], quoted: int) -> list[str]:
    if not checks:
        return ["no checks are written for it"]
    reasons = [f"{check.file} is not there" for check in checks if check.file and check.file not in stored]
    wanted = [int(found[1]) for check in checks for text in _texts(check) if (found := _REFERENCE.fullmatch(text))]
    return reasons + [f"{EXPECTED} has no stretch {number} in quotes" for number in wanted if number > quoted]


def _texts(check: Check) -> list[str]:
    values: list[Any] = [getattr(check, one.name) for one in fields(check)]
    return [
        text
        for value in values
        if not isinstance(value, bool)
        for text in ([value] if isinstance(value, str) else value)
    ]


def _resolved(check: Check, quoted: Sequence[str]) -> Check:
    def text(value: str) -> str:
        found = _REFERENCE.fullmatch(value)
        return quoted[int(found[1]) - 1].removesuffix("...").strip() if found else value

    def any_of(value: Any) -> Any:
        if isinstance(value, str):
            return text(value)
        return tuple(map(text, value)) if isinstance(value, tuple) else value

    return Check(**{one.name: any_of(getattr(check, one.name)) for one in fields(check)})


def _failed(check: Check, stored: Mapping[str, Stored], ask: Ask) -> list[str]:
    """Return what a check expected and did not get."""
    document = stored.get(check.file)
    if document and check.or_refused and document.kept_out and holds(document.told, check.or_refused):
        return []
    if document and check.or_told and all(holds(document.told, word) for word in check.or_told):
        return []
    reasons = _of_document(check, document) if document else []
    return reasons + (_of_answer(check, ask(check.case, check.question)) if check.question else [])


def _of_document(check: Check, document: Stored) -> list[str]:
    if document.kept_out:
        return [f"{check.file}: kept out: {document.told}"]
    plain = document.text
    reasons = [
        f"no sentence holds '{one}'" for one in check.whole if not any(holds(s, one) for s in document.sentences)
    ]
    reasons += [
        f"no sentence begins '{one}'"
        for one in check.begins
        if not any(_same(sentence).startswith(_same(one)) for sentence in document.sentences)
    ]
    reasons += [f"not stored: '{one}'" for one in check.says if not holds(plain, one)]
    reasons += [f"stored: '{one}'" for one in check.never if holds(plain, one)]
    reasons += [f"not told: '{one}'" for one in check.told if not holds(document.told, one)]
    return [f"{check.file}: {reason}" for reason in reasons]


def _of_answer(check: Check, answered: Answered) -> list[str]:
    if check.silent:
        return [] if not answered.quotes else [f"'{check.question}': answered: {answered.quotes[0]}"]
    opening = [quote for quote, at in zip(answered.quotes, answered.sentences, strict=True) if at == 0]
    reasons = [f"no quote holds '{one}'" for one in check.answer if not _any(answered.quotes, one)]
    reasons += [f"the first sentence does not quote '{one}'" for one in check.first if not _any(opening, one)]
    reasons += [f"quoted: '{one}'" for one in check.not_answer if _any(answered.quotes, one)]
    reasons += [f"not cited with '{one}'" for one in check.where if not _any(answered.places, one)]
    return [f"'{check.question}': {reason}" for reason in reasons]


def _any(texts: Sequence[str], probe: str) -> bool:
    return any(holds(text, probe) for text in texts)


def holds(text: str, probe: str) -> bool:
    """Tell whether a text holds a probe: as whole words, whatever the spaces, dashes and capitals."""
    sought = _same(probe)
    before = r"(?<!\w)" if sought[:1].isalnum() else ""
    after = r"(?!\w)" if sought[-1:].isalnum() else ""
    return bool(re.search(before + re.escape(sought) + after, _same(text)))


def _same(text: str) -> str:
    return " ".join(text.translate(_DASHES).lower().split())
