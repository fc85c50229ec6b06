"""Calibrate the evidence: fit the logistic model and its threshold on public question sets, and report the other half.

Order: two libraries (real documents; encyclopaedia articles); questions that their documents answer, and questions
taken from elsewhere, which they do not; the features of each; a logistic model fitted on one half of each set, every
set weighing the same; the threshold at which, on that half, a mean of 5% of the answerable questions is refused; the
rates on the half that was not touched. Writes `service/answering/evidence.json`. Run as `greenlit eval calibrate`.

Not fitted on: SQuAD's adversarial questions, whose paragraph looks as if it answered them. They are reported.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from eval.libraries import approve_all, ingest_all, open_for_staff
from eval.question_sets import SetQuestion, read_set, sample, write_paragraph_library, write_real_library
from indexes.builds import Build
from indexes.encoder import DEFAULT_ENCODER, Encoder, load_encoder
from service.answering.boundary import Scope
from service.answering.evidence import CALIBRATION_FILE, features
from service.answering.retrieve import retrieve

FALSE_REFUSALS = 0.05  # the share of answerable questions that may be refused
_FEATURES = ("dense_top", "dense_mean", "coverage_top", "coverage_all", "rarest_missing")
_HITS = 10
_STRENGTH = 10.0  # of the fit: the inverse of its regularisation


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """A question set asked of a library: the features of the questions, shape (questions, features), by half."""

    name: str
    answerable: bool
    tuned: NDArray[np.float64]
    held_out: NDArray[np.float64]


def calibrate(data: Path, *, write_to: Path = CALIBRATION_FILE) -> dict[str, object]:
    """Fit, write and return the calibration.

    Args:
        data: the folder of public question sets.
        write_to: the file to write.
    """
    encoder = load_encoder(DEFAULT_ENCODER)
    with TemporaryDirectory() as folder:
        sets = _measure(data, Path(folder), encoder)
    fitted_on = [one for one in sets if one.name != "squad2 adversarial"]
    model = _fit(fitted_on)
    threshold = _threshold(model, fitted_on)
    calibration: dict[str, object] = {
        "intercept": round(float(model.intercept_[0]), 4),
        "coefficients": {name: round(float(c), 4) for name, c in zip(_FEATURES, model.coef_[0], strict=True)},
        "threshold": round(threshold, 4),
        "made_by": "greenlit eval calibrate",
        "made_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "encoder": encoder.digest,
        "refused": {one.name: _rates(model, one, threshold) for one in sets},
    }
    write_to.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
    return calibration


def _measure(data: Path, folder: Path, encoder: Encoder) -> list[MeasuredSet]:
    places = {}
    for name, write in (("documents", write_real_library), ("articles", write_paragraph_library)):
        library, builds = folder / name, folder / f"{name}-builds"
        approve_all(library, write(library, data))
        ingest_all(library, builds, encoder)
        places[name] = open_for_staff(library, builds, encoder)
    return [
        _measured(name, questions, places[place], encoder, answerable=answerable)
        for name, place, questions, answerable in _asked(data)
    ]


def _asked(data: Path) -> list[tuple[str, str, list[SetQuestion], bool]]:
    """Return which questions are asked of which library, and whether it answers them."""
    handbook = read_set(data / "handbook_18f" / "questions.jsonl")
    elsewhere = read_set(data / "handbook_18f" / "unanswerable_cross.jsonl")
    pdfs = sample(read_set(data / "public_pdfs" / "questions.jsonl"), 500)
    squad2 = read_set(data / "squad2" / "questions.jsonl")
    answered = sample([question for question in squad2 if question.answerable], 800)
    adversarial = sample([question for question in squad2 if not question.answerable], 800)
    squad11 = sample(read_set(data / "squad11" / "questions.jsonl"), 400)
    return [
        ("18F handbook", "documents", handbook, True),
        ("public PDFs", "documents", pdfs, True),
        ("squad2", "articles", answered, True),
        ("squad11", "articles", squad11, True),
        ("another handbook's, of documents", "documents", elsewhere, False),
        ("articles', of documents", "documents", sample(answered + squad11, 500), False),
        ("18F handbook's, of articles", "articles", handbook, False),
        ("another handbook's, of articles", "articles", elsewhere, False),
        ("public PDFs', of articles", "articles", sample(pdfs, 200), False),
        ("squad2 adversarial", "articles", adversarial, False),
    ]


def _measured(
    name: str, questions: list[SetQuestion], place: tuple[Build, Scope], encoder: Encoder, *, answerable: bool
) -> MeasuredSet:
    halves: dict[bool, list[list[float]]] = {True: [], False: []}
    for question in questions:
        build, scope = place
        found = retrieve(question.question, build=build, scope=scope, encoder=encoder, k=_HITS)
        if found.terms:
            values = features(found)
            halves[question.tuned_on].append([values[feature] for feature in _FEATURES])
    return MeasuredSet(name, answerable, np.array(halves[True]), np.array(halves[False]))


def _fit(sets: list[MeasuredSet]) -> LogisticRegression:
    rows = np.concatenate([one.tuned for one in sets])
    labels = np.concatenate([np.full(len(one.tuned), one.answerable) for one in sets])
    weights = np.concatenate([np.full(len(one.tuned), 1 / len(one.tuned)) for one in sets])
    return LogisticRegression(C=_STRENGTH, max_iter=5000).fit(rows, labels, sample_weight=weights / weights.mean())


def _threshold(model: LogisticRegression, sets: list[MeasuredSet]) -> float:
    """Return the highest threshold that keeps the mean of false refusals within what is allowed."""
    scores = [model.predict_proba(one.tuned)[:, 1] for one in sets if one.answerable]
    candidates = np.linspace(0.01, 0.99, 981)
    refused = np.array([np.mean([(score < candidate).mean() for score in scores]) for candidate in candidates])
    return float(candidates[refused <= FALSE_REFUSALS].max())


def _rates(model: LogisticRegression, one: MeasuredSet, threshold: float) -> dict[str, object]:
    def refused(rows: NDArray[np.float64]) -> float:
        return round(float((model.predict_proba(rows)[:, 1] < threshold).mean()), 3)

    return {
        "answerable": one.answerable,
        "tuned": refused(one.tuned),
        "held_out": refused(one.held_out),
        "questions": len(one.tuned) + len(one.held_out),
    }
