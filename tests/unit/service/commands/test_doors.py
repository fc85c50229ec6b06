"""Doors that need an extra: there where they are configured, and what is said where the extra is missing."""

import pytest

from service.commands.doors import missing_extra, more_doors
from service.mcp.protected import ProtectedResource
from service.settings import Settings


def test_without_the_setting_there_is_none_and_with_it_one_that_names_the_provider_only_where_people_sign_in() -> None:
    assert more_doors(Settings(_env_file=None)) == []
    url, idp = "https://greenlit.example", "https://idp.example"
    (here,) = more_doors(Settings(_env_file=None, mcp=True, public_url=url))
    (there,) = more_doors(
        Settings(_env_file=None, mcp=True, public_url=url, auth="oidc", oidc_issuer=idp, oidc_client_id="greenlit")
    )
    for door, issuer in ((here, ""), (there, idp)):
        protected = door.parts[ProtectedResource]
        assert isinstance(protected, ProtectedResource)
        assert (protected.issuer, protected.audience) == (issuer, f"{url}/mcp")
        assert len(door.routes) == 2


def test_a_module_of_ours_that_is_missing_is_no_missing_extra() -> None:
    error = ModuleNotFoundError("No module named 'service.mcp.gone'", name="service.mcp.gone")
    with pytest.raises(ModuleNotFoundError, match="gone"):
        missing_extra(error, "mcp", "greenlit mcp")
    told = str(missing_extra(ModuleNotFoundError(name="mcp_types"), "mcp", "greenlit mcp"))
    assert told == "expected what greenlit mcp needs, found no mcp_types: pip install -e '.[mcp]'"
