"""Names that look like settings and are none: each is named with the nearest, and what Kubernetes puts there told."""

import pytest

from indexes.slips import slips

KNOWN = frozenset({"GREENLIT_LIBRARY", "GREENLIT_PORT", "GREENLIT_OIDC_ISSUER", "GREENLIT_METRICS_PORT"})


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("GREENLIT_LIBARY", "GREENLIT_LIBRARY"),
        ("GREENLIT_PROT", "GREENLIT_PORT"),
        ("GREENLIT_OIDCISSUER", "GREENLIT_OIDC_ISSUER"),
        ("greenlit_metric_port", "GREENLIT_METRICS_PORT"),
    ],
)
def test_a_slip_is_named_with_the_nearest_setting(slip: str, meant: str) -> None:
    (one,) = slips({slip: "a value that may be secret", "PATH": "/bin"}, KNOWN)
    assert one.words == f"{slip.upper()} is set and is no setting of Greenlit: did you mean {meant}?"


def test_what_is_like_none_is_sent_to_the_list() -> None:
    (one,) = slips({"GREENLIT_COLOUR": "green"}, KNOWN)
    assert one.words == "GREENLIT_COLOUR is set and is no setting of Greenlit: see .env.example for the names"


def test_settings_and_others_names_are_none() -> None:
    assert slips({"GREENLIT_PORT": "8000", "greenlit_library": "x", "GREENLITE": "x"}, KNOWN) == []


LINKS = {
    "GREENLIT_SERVICE_HOST": "10.0.0.3",
    "GREENLIT_SERVICE_PORT": "8000",
    "GREENLIT_SERVICE_PORT_HTTP": "8000",
    "GREENLIT_PORT": "tcp://10.0.0.3:8000",
    "GREENLIT_PORT_8000_TCP": "tcp://10.0.0.3:8000",
    "GREENLIT_PORT_8000_TCP_PROTO": "tcp",
    "GREENLIT_PORT_8000_TCP_PORT": "8000",
    "GREENLIT_PORT_8000_TCP_ADDR": "10.0.0.3",
}


def test_what_kubernetes_puts_there_for_a_service_of_our_name_is_told_once_and_as_that() -> None:
    (one,) = slips(LINKS, KNOWN)
    assert one.name == "GREENLIT_PORT"  # the one that is a setting, too
    assert "(and 7 more like it) is put here by Kubernetes" in one.words
    assert "enableServiceLinks: false" in one.words
    assert "10.0.0.3" not in one.words


def test_it_is_told_of_services_beside_too_and_hides_no_slip() -> None:
    linked = {"GREENLIT_METRICS_PORT": "tcp://10.0.0.3:9464", "GREENLIT_METRICS_SERVICE_HOST": "10.0.0.3"}
    link, slip = slips(linked | {"GREENLIT_LIBARY": "x"}, KNOWN)
    assert link.name == "GREENLIT_METRICS_PORT"
    assert slip.name == "GREENLIT_LIBARY"
