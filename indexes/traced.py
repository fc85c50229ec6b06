"""A model's way from features to vectors, of texts and of their tokens, as one call into PyTorch.

Run as Python, a model calls PyTorch some three hundred times, and each call lets go of the interpreter's lock and waits
to get it back. Beside other busy threads that took 794 ms where the same steps as one call took 45 ms (8 questions, two
cores). So the steps are traced once. A trace is only used if it gives the very same bits as the model for other numbers
and lengths of texts; a model that decides by its input in Python does not, and is run as it is.

Few texts take less time to compute than to rearrange the weights for it, which a linear layer does at every call. So
the trace is first tried with weights that were rearranged once: a question of 11 words took 5.1 ms instead of 7.4. Not
every processor gives the same bits then. Where one layer does not, no trace of all of them is made to find that out.

Nor does every processor compute a text the same way beside others, which `stands_alone` tells.

A trace keeps nothing between calls and may run in several threads at once, so copies of a model need one.
"""

import contextlib
import copy
import functools
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import torch
from sentence_transformers import SentenceTransformer

Features = dict[str, Any]  # tensors by name, and names of other things


class Ran(NamedTuple):
    """What a model makes of features, in its own arithmetic.

    `texts` has shape (texts, dimensions), `tokens` (texts, tokens, dimensions): the last layer's; `None` if the model
    does not say.
    """

    texts: torch.Tensor
    tokens: torch.Tensor | None = None


Run = Callable[[Features], Ran]
_SHAPES = ((1, 16), (3, 32), (2, 72))  # texts and tokens that a trace is tried with
_COMPANY = ((16, (3, 12)), (72, (2,)))  # tokens, and how many texts of as many are tried together
_SAME = 2e-6  # a component: single precision differs by less, AMX by some hundred times as much
_ROWS = 16  # tokens that the weights are rearranged for; more are computed no slower
_NOT_TRACEABLE = (RuntimeError, ValueError, TypeError, KeyError, AttributeError)


class _Positional(torch.nn.Module):
    """A model that takes its tensors one by one: what a trace can record."""

    def __init__(self, model: SentenceTransformer, names: tuple[str, ...], others: Features) -> None:
        super().__init__()
        self.model = model
        self.names = names
        self.others = others

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = {**self.others, **dict(zip(self.names, tensors, strict=True))}
        return tuple(found for found in _plain(self.model, features) if found is not None)


class _Packed(torch.nn.Module):
    """A linear layer whose weights lie as they are computed with.

    Calls the operation with a summand, here zeros: a trace cannot hold the arguments of the one without.
    """

    def __init__(self, layer: torch.nn.Linear) -> None:
        super().__init__()
        self.outputs = layer.out_features
        packed = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), _ROWS)  # noqa: SLF001  (torch is pinned)
        self.register_buffer("weight", packed)
        self.register_buffer("bias", None if layer.bias is None else layer.bias.detach())

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        zeros = values.new_zeros((*values.shape[:-1], self.outputs))
        summed = torch.ops.mkldnn._linear_pointwise.binary(values, zeros, self.weight, self.bias, "add")  # noqa: SLF001
        return cast("torch.Tensor", summed)


def traced(models: Sequence[SentenceTransformer], example: Features) -> list[Run]:
    """Return what runs each of some models: one trace for all, or, where it would give anything else, each itself.

    Args:
        models: copies of one model, ready to encode.
        example: features of a few texts.
    """
    trace = _true_trace(models[0], example)
    return [trace or functools.partial(_plain, model) for model in models]


def stands_alone(run: Run, example: Features) -> bool:
    """Tell whether a text's vector is the same whatever is computed beside it, tried with a few sizes of batches.

    It is with AVX-512's bfloat16 instructions. With AMX, oneDNN sums in another order from 48 rows on, and a component
    of all-MiniLM-L6-v2's unit vectors moves by up to 0.002.

    Args:
        run: what runs the model.
        example: features of a few texts.
    """
    names = _tensors(example)
    with torch.inference_mode(), contextlib.suppress(*_NOT_TRACEABLE):
        for tokens, sizes in _COMPANY:
            alone = run(_like(example, names, 1, tokens)).texts
            for texts in sizes:
                beside = run(_like(example, names, texts, tokens)).texts
                if not torch.allclose(beside, alone.expand_as(beside), rtol=0, atol=_SAME):
                    return False
        return True
    return False


def _plain(model: SentenceTransformer, features: Features) -> Ran:
    found = model(dict(features))
    return Ran(found["sentence_embedding"], found.get("token_embeddings"))


def _true_trace(model: SentenceTransformer, example: Features) -> Run | None:
    """Return a trace of a model that gives the same bits; `None` if there is none."""
    with torch.inference_mode(), warnings.catch_warnings(), _quiet_logs():
        warnings.simplefilter("ignore")  # the tracer warns of what the comparison finds out
        for made in (_packed, lambda given: given) if _packs_to_the_bit(model) else (lambda given: given,):
            with contextlib.suppress(*_NOT_TRACEABLE):
                run, names = _trace(made(model), example)
                others = _others_like(example, names)
                if all(_equal(run(features), _plain(model, features)) for features in others):
                    return run
    return None


def _equal(one: Ran, other: Ran) -> bool:
    if one.tokens is None or other.tokens is None:
        return one.tokens is other.tokens and torch.equal(one.texts, other.texts)
    return torch.equal(one.texts, other.texts) and torch.equal(one.tokens, other.tokens)


def _packs_to_the_bit(model: SentenceTransformer) -> bool:
    """Tell whether a model's first linear layer gives the same bits with packed weights, if it has one."""
    layer = next((module for module in model.modules() if type(module) is torch.nn.Linear), None)
    if layer is None:
        return False
    chance = torch.Generator().manual_seed(0)
    with contextlib.suppress(*_NOT_TRACEABLE):
        packed = _Packed(layer)
        tried = (torch.randn(*shape, layer.in_features, generator=chance).to(layer.weight.dtype) for shape in _SHAPES)
        return all(torch.equal(packed(values), layer(values)) for values in tried)
    return False


def _trace(model: SentenceTransformer, example: Features) -> tuple[Run, tuple[str, ...]]:
    """Return a model's trace, and the names of the features it takes."""
    names = _tensors(example)
    others = {name: value for name, value in example.items() if name not in names}
    tensors = tuple(example[name] for name in names)
    trace = torch.jit.trace(_Positional(model, names, others), tensors, check_trace=False)  # type: ignore[no-untyped-call]
    trace = torch.jit.freeze(trace.eval())
    return lambda features: Ran(*trace(*(features[name] for name in names))), names


def _packed(model: SentenceTransformer) -> SentenceTransformer:
    """Return a copy of a model with packed linear layers, which shares everything else with it."""
    shared = {id(part): part for part in (*model.parameters(), *model.buffers(), getattr(model, "tokenizer", None))}
    packed = copy.deepcopy(model, shared)
    for module in list(packed.modules()):
        for name, child in module.named_children():
            if type(child) is torch.nn.Linear:
                setattr(module, name, _Packed(child))
    return packed


@contextlib.contextmanager
def _quiet_logs() -> Iterator[None]:
    """Keep the libraries from logging that the tracer looked at what they no longer like to be looked at."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _others_like(example: Features, names: tuple[str, ...]) -> list[Features]:
    """Return features of other shapes, some of the end of their last text masked."""
    made = [_like(example, names, texts, tokens) for texts, tokens in _SHAPES]
    for features in made:
        if "attention_mask" in names:
            mask = features["attention_mask"]
            mask[-1, mask.shape[1] // 2 :] = 0
    return made


def _like(example: Features, names: tuple[str, ...], texts: int, tokens: int) -> Features:
    """Return features of one text so many times, with so many tokens: the example's first, cut or repeated."""
    rows = {name: example[name][:1] for name in names}
    repeated = {name: row.repeat(texts, -(-tokens // row.shape[1]))[:, :tokens].clone() for name, row in rows.items()}
    return {**example, **repeated}


def _tensors(example: Features) -> tuple[str, ...]:
    return tuple(sorted(name for name, value in example.items() if isinstance(value, torch.Tensor)))
