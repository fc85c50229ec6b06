"""Texts to what a model is given of them: its tokenizer's numbers as tensors, padded to a step.

A model's own way there would cut each text twice, as a batch is put together by what its texts need, and a question
spends more time around the tokenizer than in it. So tensors are made here of the tokens that were counted. They are
only used if, for some examples, they are the very same as the model's own: one that writes its texts anew before it
cuts them, pads elsewhere or has a tokenizer in Python is asked itself. Makes no vectors.
"""

import copy
import threading
from collections.abc import Sequence
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

Features = dict[str, Any]  # tensors by name, and names of other things
Cut = Sequence[Any]  # the tokens of each of some texts, as a tokenizer gives them
OFFSETS = "offset_mapping"
_FIELDS = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}  # nosec B105 - names, no password
_EXAMPLES = ("Who approves a new vendor, and by when?", "  ÜBER ﬁne\tprint’s  10.000 €\n", "Yes.")
_EXAMPLE_STEP = 8


class Tokens:
    """The tokens of texts for one model. Safe to call from several threads."""

    def __init__(self, model: SentenceTransformer, *, prompt: str | None, most: int) -> None:
        """Take a model's tokenizer.

        Args:
            model: the model, ready to encode.
            prompt: what it is given before each text; `None` for nothing.
            most: how many tokens of a text it takes.
        """
        self._tokenizer = copy.deepcopy(model.tokenizer)  # its truncation is shared state: never one that encodes
        self._lock = threading.Lock()
        self._prompt = prompt
        self._most = most
        self._backend: Any = getattr(self._tokenizer, "backend_tokenizer", None)
        self._others: Features = {}
        self._gives_the_same = False
        if self._backend is not None:
            self._backend.no_truncation()
            self._backend.no_padding()
            self._gives_the_same = self._compared(model)

    def tokenize(self, text: str) -> list[int]:
        """Return a text's token ids without the special ones, untruncated."""
        with self._lock:
            ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False, truncation=False, verbose=False)
        return ids

    def vocabulary(self) -> dict[str, int]:
        """Return the number of each token."""
        numbers: dict[str, int] = self._tokenizer.get_vocab()
        return numbers

    def cut(self, texts: Sequence[str]) -> tuple[list[int], Cut | None]:
        """Return how many tokens the model is given of each text, and the tokens; `None` where the model makes them."""
        given = self._given(texts)
        with self._lock:
            if self._backend is None:
                cut = self._tokenizer(given, truncation=True, max_length=self._most)["input_ids"]
                return [len(tokens) for tokens in cut], None
            found = self._backend.encode_batch(given)
        return [min(len(tokens), self._most) for tokens in found], found if self._gives_the_same else None

    def features(self, cut: Cut, step: int) -> Features | None:
        """Return what the model is given of texts, with `OFFSETS`; `None` where a text is longer than it takes.

        Args:
            cut: the tokens of each text, at least one.
            step: the number of tokens is padded to a multiple of it.
        """
        longest = max(map(len, cut))
        if longest > self._most:
            return None
        size = -(-longest // step) * step
        pads = {"input_ids": self._tokenizer.pad_token_id, "token_type_ids": self._tokenizer.pad_token_type_id}
        made: Features = {
            name: torch.tensor([getattr(one, field) + [pads.get(name, 0)] * (size - len(one)) for one in cut])
            for name, field in _FIELDS.items()
            if name in self._tokenizer.model_input_names
        }
        made[OFFSETS] = torch.tensor([one.offsets + [(0, 0)] * (size - len(one)) for one in cut])
        return self._others | made

    def _compared(self, model: SentenceTransformer) -> bool:
        """Tell whether what is made here is what the model makes of examples; keep what it is given beside tensors."""
        kwargs = {"text": {"pad_to_multiple_of": _EXAMPLE_STEP, "return_offsets_mapping": True}}
        theirs = model.preprocess(list(_EXAMPLES), prompt=self._prompt, processing_kwargs=kwargs)
        self._others = {name: value for name, value in theirs.items() if not isinstance(value, torch.Tensor)}
        ours = self.features(self._backend.encode_batch(self._given(_EXAMPLES)), _EXAMPLE_STEP)
        if ours is None or ours.keys() != theirs.keys():
            return False
        return all(torch.equal(theirs[name], ours[name]) for name in theirs.keys() - self._others.keys())

    def _given(self, texts: Sequence[str]) -> list[str]:
        return [(self._prompt or "") + text for text in texts]
