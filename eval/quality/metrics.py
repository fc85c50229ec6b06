"""What is counted of a question, and the figures of a set; EVALUATION.md says the same in words.

`values` are the figures of one question; their mean over the questions that have them is the figure of a set. Figures
of the evidence (AUROC, what is refused at 5% false refusals) and times are of a whole set.

Written out rather than taken from a library: pytrec_eval, on which ir-measures rests, is built from sources that may
be used for "research, non-commercial purposes" only, and ranx brings numba, pandas, matplotlib and 15 more. The tests
hold these to scikit-learn's.
"""

import math
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from eval.quality.ask import Asked
from eval.quality.holding import SeenQuote, holds, overlap
from eval.quality.intervals import (
    Estimate,
    Figure,
    Floats,
    estimate_auroc,
    estimate_mean,
    estimate_quantile,
    estimate_refused_at,
    figure,
    macro,
)
from eval.quality.question_sets import Gold

FALSE_REFUSALS = 0.05  # of answerable questions, where what is refused of the others is compared
# In the order of tables. What is refused of one kind of question follows what is refused of all.
MEANINGS = {
    "hit@1": "the first passage found is right",
    "hit@5": "one of the first five is",
    "hit@10": "one of the first ten is",
    "mrr@10": "one divided by the rank of the first right passage",
    "ndcg@10": "how far up the right passages stand, of all that there are",
    "page_hit@1": "the first passage found lies on the right page",
    "page_hit@5": "one of the first five does",
    "ceiling": "one unit of the first five passages, by itself, holds the gold",
    "gold_in_answer": "the answer quotes the gold; a refusal does not",
    "gold_first": "its first sentence does",
    "words_to_gold": "words of an answer until its right sentence ends, of half of those that hold the gold",
    "token_f1": "words in common with the reference, as SQuAD counts them",  # nosec B105  # (a measure, in words)
    "sentence_precision": "share of an answer's sentences that overlap the gold",
    "question_quoted": "answers with a sentence that is but a question of a document",
    "clause_missed": "questions for a clause of a long sentence, answered without it",
    "misquotes_released": "share of made misquotes that the check of citations let pass",
    "written": "answers that a language model wrote, where it was asked to; the others are quotes",
    "cited_document": "share of an answer's citations in the right document",
    "cited_page": "share of them on the right page",
    "cited_gold": "share of them whose quote holds the gold",
    "refused_answerable": "questions that are answered in the library, refused: false refusals",
    "refused_unanswerable": "questions that are not, refused",
    "auroc": "how often an answerable question has more evidence than an unanswerable one",
    "refused_unanswerable_at_5": "unanswerable questions refused where 5% of the answerable are",
    "find_ms_median": "finding passages, half of the questions, in ms",
    "find_ms_p95": "finding passages, 95 of 100 questions, in ms",
    "answer_ms_median": "weighing, drafting and checking, half of the questions, in ms",
    "answer_ms_p95": "weighing, drafting and checking, 95 of 100 questions, in ms",
}
MEDIANS = frozenset({"words_to_gold"})  # of what is counted; all others are means
CLAUSE = "clause"  # the kind of question whose answer is a clause of a sentence that is too long to be quoted
HALVES: dict[str, Callable[[Asked], bool]] = {
    "all": lambda _: True,
    "tuned": lambda asked: asked.question.tuned_on,
    "held_out": lambda asked: not asked.question.tuned_on,
}
_ARTICLES = frozenset({"a", "an", "the"})
_NO_MARKS = str.maketrans("", "", string.punctuation)

Figures = dict[str, dict[str, Figure]]  # by half, by name
Estimates = dict[str, dict[str, Estimate]]


def values(asked: Asked) -> dict[str, float]:
    """Return what is counted of one question, by name; what does not apply to it is left out."""
    if asked.question.answerable:
        return _ranking(asked) | _answer(asked) | {"refused_answerable": float(asked.refused)}
    refused = float(asked.refused)
    return {"refused_unanswerable": refused, f"refused_{asked.question.kind}": refused}


def _ranking(asked: Asked) -> dict[str, float]:
    right = [hit.right for hit in asked.hits]
    found = {f"hit@{k}": float(any(right[:k])) for k in (1, 5, 10)}
    gain = sum(1 / math.log2(rank + 1) for rank, is_right in enumerate(right[:10], 1) if is_right)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(asked.relevant, 10) + 1))
    found["mrr@10"] = 1 / asked.rank if asked.rank and asked.rank <= 10 else 0.0  # noqa: PLR2004  (its name says it)
    found["ndcg@10"] = gain / best if best else 0.0
    pages = {(gold.document, gold.page) for gold in asked.question.gold if gold.page is not None}
    if pages:
        on_page = [(hit.document, hit.page) in pages for hit in asked.hits]
        found |= {f"page_hit@{k}": float(any(on_page[:k])) for k in (1, 5)}
    return found


def _answer(asked: Asked) -> dict[str, float]:
    gold, found = asked.question.gold, {}
    spans = [one for one in gold if not one.whole_page]
    references = asked.question.answers or tuple(one.text for one in spans)
    if references:
        found["token_f1"] = max(token_f1(" ".join(asked.sentences), one) for one in references)
    if spans:
        found["ceiling"] = float(asked.ceiling)
        found["gold_in_answer"] = float(any(holds(asked.quotes, one) for one in spans))
        first = [quote for quote in asked.quotes if quote.sentence == 0]
        found["gold_first"] = float(any(holds(first, one) for one in spans))
        if found["gold_in_answer"]:
            found["words_to_gold"] = float(_words_to(spans, asked))
        if asked.question.kind == CLAUSE:
            found["clause_missed"] = float(not asked.refused and not found["gold_in_answer"])
    if asked.quotes:
        found |= _citations(asked, spans)
        found |= {"written": float(asked.wrote)} if asked.wrote is not None else {}
    return found


def _words_to(spans: Sequence[Gold], asked: Asked) -> int:
    """Return how many words of an answer are read when the first sentence ends with which it holds the gold."""
    for number in range(len(asked.sentences)):
        read = [quote for quote in asked.quotes if quote.sentence <= number]
        if any(holds(read, one) for one in spans):
            break
    return sum(len(sentence.split()) for sentence in asked.sentences[: number + 1])


def _is_a_question(quotes: Sequence[SeenQuote], spans: Sequence[Gold]) -> bool:
    """Tell whether a sentence rests on nothing but questions of documents, none of them the answer."""
    return all(quote.text.rstrip().endswith("?") for quote in quotes) and not any(
        overlap(quote, one) for quote in quotes for one in spans
    )


def _citations(asked: Asked, spans: Sequence[Gold]) -> dict[str, float]:
    """Return the shares of an answer's citations and sentences that are right; an answer has at least one of each."""
    gold = asked.question.gold
    documents = {one.document for one in gold}
    found = {
        "misquotes_released": asked.misquoted,
        "cited_document": _share(quote.document in documents for quote in asked.quotes),
        "question_quoted": float(
            any(
                _is_a_question([quote for quote in asked.quotes if quote.sentence == number], spans)
                for number in range(len(asked.sentences))
            )
        ),
    }
    pages = {(one.document, one.page) for one in gold if one.page is not None}
    if pages:
        found["cited_page"] = _share((quote.document, quote.page) in pages for quote in asked.quotes)
    if spans:
        found["cited_gold"] = _share(any(holds([quote], one) for one in spans) for quote in asked.quotes)
        right = {quote.sentence for quote in asked.quotes if any(overlap(quote, one) for one in spans)}
        found["sentence_precision"] = len(right) / len(asked.sentences)
    return found


def _share(those: Iterable[bool]) -> float:
    return float(np.mean(list(those)))


def token_f1(answer: str, reference: str) -> float:
    """Return SQuAD's token F1 (Rajpurkar et al., 2016): words in lower case, without articles and punctuation."""
    said, wanted = (
        Counter(word for word in text.lower().translate(_NO_MARKS).split() if word not in _ARTICLES)
        for text in (answer, reference)
    )
    common = (said & wanted).total()
    return 2 * common / (said.total() + wanted.total()) if common else 0.0


def estimates(asked: Sequence[Asked], label: str) -> Estimates:
    """Return the figures of a set by half and name; one that no question has is left out."""
    return {
        half: _of_half([one for one in asked if belongs(one)], f"{label}/{half}") for half, belongs in HALVES.items()
    }


def place_of(name: str) -> tuple[int, str]:
    """Return where a figure belongs in a table."""
    order = list(MEANINGS)
    if name in order:
        return order.index(name), ""
    return order.index("refused_unanswerable_at_5" if name.endswith("_at_5") else "refused_unanswerable"), name


def _of_half(asked: Sequence[Asked], label: str) -> dict[str, Estimate]:
    by_name: defaultdict[str, list[float]] = defaultdict(list)
    for one in asked:
        for name, value in values(one).items():
            by_name[name].append(value)
    found = {name: _estimate(name, np.array(several), f"{label}/{name}") for name, several in by_name.items()}
    found |= _of_evidence(asked, label) | _of_times(asked, label)
    return {name: found[name] for name in sorted(found, key=place_of)}


def _estimate(name: str, several: Floats, label: str) -> Estimate:
    return estimate_quantile(several, 0.5, label) if name in MEDIANS else estimate_mean(several, label)


def _of_evidence(asked: Sequence[Asked], label: str) -> dict[str, Estimate]:
    """Return how well the evidence tells answerable from unanswerable questions, if there are both."""
    answered = _evidence(one for one in asked if one.question.answerable)
    kinds = sorted({one.question.kind for one in asked if not one.question.answerable})
    if not len(answered) or not kinds:
        return {}
    unanswered = _evidence(one for one in asked if not one.question.answerable)
    found = {
        "auroc": estimate_auroc(answered, unanswered, f"{label}/auroc"),
        "refused_unanswerable_at_5": estimate_refused_at(answered, unanswered, FALSE_REFUSALS, f"{label}/at_5"),
    }
    for kind in kinds:
        of_kind = _evidence(one for one in asked if one.question.kind == kind and not one.question.answerable)
        name = f"refused_{kind}_at_5"
        found[name] = estimate_refused_at(answered, of_kind, FALSE_REFUSALS, f"{label}/{name}")
    return found


def _evidence(asked: Iterable[Asked]) -> Floats:
    return np.array([one.evidence for one in asked], dtype=np.float64)


def _of_times(asked: Sequence[Asked], label: str) -> dict[str, Estimate]:
    if not asked:
        return {}
    took = {
        "find_ms": np.array([1000 * one.find_s for one in asked]),
        "answer_ms": np.array([1000 * one.answer_s for one in asked]),
    }
    return {
        f"{name}_{word}": estimate_quantile(times, share, f"{label}/{name}_{word}")
        for name, times in took.items()
        for word, share in (("median", 0.5), ("p95", 0.95))
    }


def figures(found: Estimates) -> Figures:
    """Return estimates as figures with intervals."""
    return {half: {name: figure(one) for name, one in by_name.items()} for half, by_name in found.items()}


def overall(sets: Sequence[Estimates]) -> Figures:
    """Return the plain means over sets, of every figure, over the sets that have it."""
    combined: Estimates = {}
    for half in HALVES:
        names = sorted({name for one in sets for name in one[half]}, key=place_of)
        combined[half] = {name: macro([one[half][name] for one in sets if name in one[half]]) for name in names}
    return figures(combined)
