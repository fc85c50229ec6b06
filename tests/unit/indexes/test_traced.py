"""A traced model gives the very same vectors; a model that cannot be traced is run as it is."""

import warnings
from typing import Any, cast

import pytest
import torch
from sentence_transformers import SentenceTransformer

from indexes import traced as traced_module
from indexes.arithmetic import arithmetic, number_type
from indexes.traced import Features, Ran, stands_alone, traced


class Summing(torch.nn.Module):
    """A model of three lines: a text's vector is the mean of its tokens' vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(50, 4)

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        mask = features["attention_mask"].unsqueeze(-1)
        tokens = self.embedding(features["input_ids"]) * mask
        return {"sentence_embedding": tokens.sum(1) / mask.sum(1)}


class Layered(Summing):
    """Has a linear layer with a bias and one without, in the arithmetic that the encoder prefers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.GELU(), torch.nn.Linear(8, 4, bias=False))
        self.to(number_type(arithmetic()))

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        return {"sentence_embedding": self.layers(super().forward(features)["sentence_embedding"])}


class Deciding(Summing):
    """Decides by its input, in Python: a trace would hold what it decided for the example."""

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        found = super().forward(features)["sentence_embedding"]
        return {"sentence_embedding": found if features["input_ids"].shape[1] < 20 else -found}


class Untraceable(Summing):
    """Gives something that no trace can hold."""

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        if torch._C._get_tracing_state():
            raise RuntimeError
        return super().forward(features)


def _features(texts: int, tokens: int) -> dict[str, Any]:
    ids = torch.randint(0, 50, (texts, tokens), generator=torch.Generator().manual_seed(tokens))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "modality": "text"}


@pytest.mark.parametrize("kind", [Summing, Layered, Deciding, Untraceable])
def test_whatever_the_model_the_vectors_are_its_own(kind: type[Summing]) -> None:
    model = kind().eval()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("error")
        (run,) = traced([cast("SentenceTransformer", model)], _features(2, 8))
        for shape in ((1, 8), (2, 30), (5, 16)):
            assert torch.equal(run(_features(*shape)).texts, model(_features(*shape))["sentence_embedding"])


def test_a_trace_is_used_where_it_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Summing().eval()
    (run,) = traced([cast("SentenceTransformer", model)], _features(2, 8))
    monkeypatch.setattr(model, "forward", lambda _: pytest.fail("the model itself was run"))
    with torch.inference_mode():
        assert run(_features(3, 12)).texts.shape == (3, 4)


def test_copies_share_a_trace_and_where_there_is_none_each_runs_itself() -> None:
    for kind, shared in ((Layered, True), (Deciding, False)):
        models = [kind().eval(), kind().eval()]  # not the same, so that it shows which one runs
        one, other = traced(cast("list[SentenceTransformer]", models), _features(2, 8))
        with torch.inference_mode():
            of_first, of_second = (model(_features(3, 12))["sentence_embedding"] for model in models)
            assert torch.equal(one(_features(3, 12)).texts, of_first)
            assert torch.equal(other(_features(3, 12)).texts, of_first if shared else of_second)


@pytest.mark.parametrize("error", [0.0, 1e-3])
def test_layers_are_packed_only_if_one_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch, error: float) -> None:
    class Packed(torch.nn.Module):
        def __init__(self, layer: torch.nn.Linear) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            return cast("torch.Tensor", self.layer(values) + error)

    packed: list[object] = []
    monkeypatch.setattr(traced_module, "_Packed", Packed)
    monkeypatch.setattr(traced_module, "_packed", lambda model: packed.append(model) or model)  # type: ignore[func-returns-value]
    traced([cast("SentenceTransformer", Layered().eval())], _features(2, 8))
    assert bool(packed) == (error == 0.0)


def test_packed_layers_compute_the_same_and_share_the_rest() -> None:
    model = cast("SentenceTransformer", Layered().eval())
    packed = traced_module._packed(model)
    parts, packed_parts = cast("Any", model), cast("Any", packed)
    with torch.inference_mode():
        found, expected = (one(_features(3, 12))["sentence_embedding"] for one in (packed, model))
    torch.testing.assert_close(found, expected)
    assert not [module for module in packed.modules() if isinstance(module, torch.nn.Linear)]
    assert packed_parts.embedding.weight is parts.embedding.weight
    assert [type(module) for module in parts.layers] == [torch.nn.Linear, torch.nn.GELU, torch.nn.Linear]


@pytest.mark.parametrize("problem", [AttributeError, RuntimeError])
def test_where_layers_cannot_be_packed_the_model_is_traced_as_it_is(
    monkeypatch: pytest.MonkeyPatch, problem: type[Exception]
) -> None:
    def fail(_: object) -> None:
        raise problem("not in this version of PyTorch")

    model = Layered().eval()
    monkeypatch.setattr(traced_module, "_packed", fail)
    monkeypatch.setattr(traced_module, "_packs_to_the_bit", lambda _: True)
    (run,) = traced([cast("SentenceTransformer", model)], _features(2, 8))
    monkeypatch.setattr(model, "forward", lambda _: pytest.fail("the model itself was run"))
    with torch.inference_mode():
        assert run(_features(3, 12)).texts.shape == (3, 4)


def _moved_beside(others: int, *, tokens: int, by: float) -> Any:
    """Return what runs a model as AMX does: from so many texts of a size on, each comes out a little different."""
    model = Summing().eval()

    def run(features: Features) -> Ran:
        texts = model(features)["sentence_embedding"]
        rows, size = features["input_ids"].shape
        return Ran(texts + by if rows > others and size >= tokens else texts)

    return run


@pytest.mark.parametrize(("others", "tokens"), [(1, 16), (2, 16), (11, 16), (1, 72)])
def test_a_processor_that_computes_a_text_otherwise_beside_others_is_found_out(others: int, tokens: int) -> None:
    assert not stands_alone(_moved_beside(others, tokens=tokens, by=1e-4), _features(2, 8))


def test_the_last_bits_of_float32_are_let_pass_and_a_model_that_cannot_be_tried_is_not_trusted() -> None:
    assert stands_alone(_moved_beside(1, tokens=1, by=1e-7), _features(2, 8))

    def fail(features: Features) -> Ran:
        raise RuntimeError(features)

    assert not stands_alone(fail, _features(2, 8))


def test_shapes_it_is_tried_with_reach_beyond_the_example() -> None:
    assert {texts for texts, _ in traced_module._SHAPES} > {1}
    assert max(tokens for _, tokens in traced_module._SHAPES) > 64
