"""Which arithmetic this machine computes vectors in: what two machines have to share for theirs to be the same."""

import os

import torch

__all__ = ["arithmetic", "number_type"]

_AMX = "amx"
# What oneDNN may use, if whoever runs the process says so: by its present name and its former one.
_CAPS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")


def arithmetic() -> str:
    """Return "bfloat16-amx", "bfloat16" or "float32".

    bfloat16 is used where the processor computes in it itself; emulated it is slower than float32. AMX sums in another
    order than AVX-512, which moves the evidence of an answer by some thousandths. So it goes by a name of its own, and
    a replay on another processor says why it differs.
    """
    found = torch.cpu.get_capabilities()
    if found.get("amx_bf16") and _uses_amx():
        return f"bfloat16-{_AMX}"
    return "bfloat16" if found.get("avx512_bf16") else "float32"


def number_type(of: str) -> torch.dtype:
    """Return the type of numbers of an arithmetic."""
    found: torch.dtype = getattr(torch, of.partition("-")[0])
    return found


def _uses_amx() -> bool:
    """Tell whether the system lets a process use AMX, and whoever runs it does."""
    most = next((found for name in _CAPS if (found := os.environ.get(name))), "").upper()
    if most.startswith(("SSE", "AVX")) and "AMX" not in most:
        return False
    return bool(torch.cpu._init_amx())  # noqa: SLF001  (torch is pinned)
