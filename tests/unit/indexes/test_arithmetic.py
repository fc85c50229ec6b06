"""Two machines go by the same name of arithmetic only where they compute the same."""

import pytest
import torch

from indexes.arithmetic import arithmetic, number_type

AVX512 = {"avx512_bf16": True}
AMX = {**AVX512, "amx_bf16": True}


@pytest.mark.parametrize(
    ("capabilities", "granted", "most", "expected"),
    [
        ({}, False, None, "float32"),
        (AVX512, False, None, "bfloat16"),
        (AMX, True, None, "bfloat16-amx"),
        ({"amx_bf16": True}, True, None, "bfloat16-amx"),
        (AMX, False, None, "bfloat16"),
        ({"amx_bf16": True}, False, None, "float32"),
        (AMX, True, "AVX512_CORE_BF16", "bfloat16"),
        (AMX, True, "avx512_core_bf16", "bfloat16"),
        (AMX, True, "AVX512_CORE_AMX", "bfloat16-amx"),
        (AMX, True, "ALL", "bfloat16-amx"),
        (AMX, True, "", "bfloat16-amx"),
    ],
)
@pytest.mark.parametrize("cap", ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
def test_it_is_named_by_what_the_processor_can_the_system_grants_and_the_operator_lets_be_used(
    monkeypatch: pytest.MonkeyPatch,
    capabilities: dict[str, bool],
    granted: bool,  # noqa: FBT001
    most: str | None,
    expected: str,
    cap: str,
) -> None:
    for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    monkeypatch.setattr(torch.cpu, "_init_amx", lambda: granted)
    if most is not None:
        monkeypatch.setenv(cap, most)
    assert arithmetic() == expected


def test_each_has_numbers_of_its_type() -> None:
    found = [number_type(of) for of in ("float32", "bfloat16", "bfloat16-amx")]
    assert found == [torch.float32, torch.bfloat16, torch.bfloat16]
