"""What is said at the start of a service, and the service of several processes: what their parent opens and holds.

The parent holds the lock of this machine's state and the two sockets, says where the service is, and counts nothing:
what the replicas count, they write into files of one folder, so that whichever is asked for the metrics gives the sums.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from indexes.console import fail, out
from indexes.errors import SettingsError
from service.access.errors import AccessError
from service.audit.errors import AuditError, AuditUnavailableError
from service.commands.listening import Listening, address, listening_at
from service.commands.opening import sign_in_link
from service.commands.replicas import NoReplicaError, Replicas
from service.settings import Settings, read_settings

_COUNTED_IN = "PROMETHEUS_MULTIPROC_DIR"  # the library of metrics looks there
_METRICS_FOLDER = "metrics"


def serve_by_several(count: int, host: str | None, port: int | None) -> None:
    """Serve by several processes, until a signal ends them.

    Args:
        count: how many.
        host: the address to listen on; the settings' unless given.
        port: the port to listen on; the settings' unless given.
    """
    from indexes.account import as_root
    from indexes.life import life
    from indexes.logs import configure_logs, notice_of
    from service.http.shares import Shares, shared_memory
    from service.operating.running import announced

    notice = notice_of("greenlit")
    with contextlib.ExitStack() as open_now:
        try:
            settings = read_settings()
            _expect_database(settings, count)
            configure_logs(settings.log_level)
        except SettingsError as error:
            raise fail(error, 2) from error
        its = open_now.enter_context(life("greenlit"))
        listening = open_now.enter_context(contextlib.closing(listening_at(settings, host, port)))

        def on_ready() -> None:
            open_now.enter_context(announced(settings.state, url=listening.url))
            its.started(processes=count, **said_at_start(settings, listening))
            if words := as_root():
                notice(words)
            tell_people(settings, listening.url)

        try:
            open_now.enter_context(_locked(settings.state))
            counted = {_COUNTED_IN: str(open_now.enter_context(_counted_in(settings.state)))}
            memory = open_now.enter_context(shared_memory(count))
            shares = open_now.enter_context(contextlib.closing(Shares(memory.fileno())))
            replicas = Replicas(
                count,
                inherited=[memory.fileno(), *listening.descriptors()],
                notice=notice,
                environment={**os.environ, **counted},
                on_end=shares.gone,
            )
            replicas.run(on_ready=on_ready, on_signal=its.ends)
        except (AccessError, AuditError) as error:
            raise fail(error, 1) from error
        except NoReplicaError as error:
            its.why = str(error)
            raise fail(error, error.status if error.status > 0 else 1) from error


def said_at_start(settings: Settings, listening: Listening) -> dict[str, str]:
    """Return what the first line of the log says of a service; the settings' hash stands in the record, too."""
    return {
        "settings": settings.config_hash(),
        "listens": address(listening.everybody),
        "metrics": address(listening.metrics) if listening.metrics else "",
        "traces": settings.otlp_endpoint,
        "public_url": settings.public_url,
        "sign_in": settings.auth,
        "library": str(settings.library),
        "builds": settings.builds_address() or str(settings.builds),
        "state": str(settings.state),
        "keys": str(settings.keys_folder()),
    }


def tell_people(settings: Settings, url: str) -> None:
    """Print that a service is ready, and how one comes in."""
    if settings.auth == "local":
        out.line(f"Greenlit is ready. Open {sign_in_link(settings, url)}")
        out.line("The link works once, within ten minutes; greenlit open gives another.")
    else:
        out.line(f"Greenlit is ready at {settings.public_url}. People sign in at {settings.oidc_issuer}.")


def _expect_database(settings: Settings, count: int) -> None:
    if not settings.database():
        raise SettingsError(
            f"expected GREENLIT_DATABASE_URL with --workers {count}, got none: one process writes a log in a file"
        )


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    """Hold the lock of this machine's state, for all replicas."""
    from indexes.private_files import make_private_folder
    from service.audit.storage.writer_lock import LOCK_FILE, WriterLock

    lock = WriterLock(path=state / LOCK_FILE)
    try:
        make_private_folder(state)
    except OSError as error:
        raise AuditUnavailableError(f"the folder {state} cannot be made ({error.strerror})") from error
    lock.take()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _counted_in(state: Path) -> Iterator[Path]:
    """Lend the folder in which replicas count, empty; the caller holds the lock of the state."""
    folder = state / _METRICS_FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # of a parent that was killed
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise AuditUnavailableError(f"the folder {folder} cannot be made ({error.strerror})") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
