"""The embedded encoder, loaded once for all processes of the tests that are forked off the one that loaded it.

Loading takes most of a second of a processor: more than all else that a service does to start. What is loaded holds no
thread and no open file, so a process that is forked off has it as if it had loaded it. `lend` gives it to the product
in a program; a program that does not ask for that, and every test of loading, loads its own.
"""

import sys
from types import ModuleType

from indexes.encoder import DEFAULT_ENCODER, SentenceTransformersEncoder, load_encoder

_PRODUCT = ("eval", "indexes", "ingest", "service")
_loaded: list[SentenceTransformersEncoder] = []
_who_loads: list[ModuleType] = []  # looked for once: in each program, a look at all modules would copy their memory


def load_to_lend() -> None:
    """Load it, unless that was done, and find who in the product loads one.

    Raises:
        EncoderError: it cannot be loaded; then none is lent, and whoever needs one meets the same error.
    """
    if not _loaded:
        _loaded.append(load_encoder(DEFAULT_ENCODER))
    _who_loads[:] = [
        module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _PRODUCT and getattr(module, "load_encoder", None) is load_encoder
    ]


def lent() -> SentenceTransformersEncoder | None:
    """Return it, if a process above this one has loaded it."""
    return _loaded[0] if _loaded else None


def lend() -> None:
    """Let the product have it in this process, where a module that was imported before it was loaded loads one."""
    for module in _who_loads:
        module.load_encoder = _lent_or_loaded  # type: ignore[attr-defined]


def _lent_or_loaded(name: str, *, copies: int | None = None) -> SentenceTransformersEncoder:
    found = lent()
    is_enough = found is not None and (copies is None or copies <= found.copies)
    return found if found and name == DEFAULT_ENCODER and is_enough else load_encoder(name, copies=copies)
