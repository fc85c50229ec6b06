"""What commands open: the parts of the service in this process, the log first; a browser's way in."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from service.settings import Settings, encoder_copies

if TYPE_CHECKING:
    from indexes.encoder import Encoder
    from service.answering.course import Watchers
    from service.parts import Service


@contextlib.contextmanager
def opened_service(
    settings: Settings,
    notice: Callable[[str], None],
    *,
    load: "Callable[[Settings], Encoder] | None" = None,
    watchers: "Watchers | None" = None,
    locked: bool = False,
) -> Iterator["Service"]:
    """Open the audit log first: if a service holds it, there is no need to `load` an encoder, which some keep.

    With `locked`, a parent of this process holds the lock of the state folder for it.

    Raises:
        SettingsError: a language model is asked for, and what it needs is not installed.
    """
    from service.audit.log import system_clock_us
    from service.audit.opening import assemble, open_store

    opened = assemble(
        open_store(settings.state, database=settings.database(), locked=locked),
        keys=settings.keys_folder(),
        name=settings.log_name,
        clock=system_clock_us,
        notice=notice,
    )
    with contextlib.closing(opened):
        from service.answering.course import NO_WATCHERS
        from service.commands.models import connecting
        from service.parts import open_service

        connect = connecting(settings)
        encoder = (load or loaded_encoder)(settings)
        with open_service(
            settings,
            opened=opened,
            encoder=encoder,
            notice=notice,
            connect=connect,
            watchers=watchers or NO_WATCHERS,
        ) as service:
            yield service


def loaded_encoder(settings: Settings) -> "Encoder":
    """Return the encoder of an installation, loaded."""
    from indexes.encoder import load_encoder

    return load_encoder(settings.encoder, copies=encoder_copies(settings))


def sign_in_link(settings: Settings, url: str) -> str:
    """Return a link that signs a browser in, once and within minutes, to the service at an address.

    Raises:
        AccessError: the code of the link cannot be written.
    """
    from service.access_made import local_access

    with contextlib.closing(local_access(settings)) as access:
        return f"{url}/open?code={access.new_code()}"
