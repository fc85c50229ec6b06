"""`make run-llm`: what it prepares is a library of its own, with an approval that is in force and says what it is."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.models.models_file import MODELS_FILE, read_models
from tests.support import run_with_small_model
from tests.support.run_with_small_model import NAME, library_with, main, not_installed


def test_the_sample_library_is_copied_and_the_model_approved_in_the_copy(root: Path, tmp_path: Path) -> None:
    for _ in range(2):  # the second time over what the first left
        given = library_with("http://127.0.0.1:8082/v1", place=tmp_path)
    library = Path(given["GREENLIT_LIBRARY"])
    path = library / MODELS_FILE
    (model,) = read_models(path.read_bytes(), path).models.values()

    assert (model.name, given["GREENLIT_MODEL"], given["GREENLIT_ANSWERER"]) == (NAME, NAME, "llm")
    assert model.why_not(datetime.now(UTC).date()) is None
    assert model.remarks(["legal"]) == []
    assert (library / "register.jsonl").read_bytes() == (root / "approved_docs" / "register.jsonl").read_bytes()
    assert not (root / "approved_docs" / MODELS_FILE).exists(), "the sample library itself approves no model"
    assert all(Path(given[f"GREENLIT_{place}"]).is_relative_to(tmp_path) for place in ("LIBRARY", "BUILDS", "STATE"))


def test_what_is_not_installed_is_said_and_nothing_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_with_small_model, "missing", lambda: "needs a real model: pip install xllamacpp")
    assert main() == 2
    assert "pip install xllamacpp" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "llama_index.llms.openai_like", None)
    assert not_installed() == "needs what calls a model: pip install -e '.[llm]'"
