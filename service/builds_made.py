"""Makes what of a service rests on where builds lie: in a folder, or in an object store that the folder mirrors."""

from collections.abc import Callable

from indexes.clock import utc_now
from indexes.holds import HOLDS_FOLDER
from indexes.objects.held import Holding
from indexes.objects.mirror import Mirror
from service.answering.live_build import LiveBuild
from service.answering.past.grounds import Grounds
from service.audit.opening import OpenLog
from service.operating.followed_builds import FollowedBuilds
from service.settings import Settings


def followed_made(
    settings: Settings, mirror: Mirror | None, live_build: LiveBuild, notice: Callable[[str], None]
) -> FollowedBuilds | None:
    """Return what follows the builds of a mirror; `None` without one."""
    if mirror is None:
        return None
    holding = Holding(mirror.store, settings.state / HOLDS_FOLDER)
    return FollowedBuilds(mirror, holding, damaged=live_build.is_damaged, now=utc_now, notice=notice)


def grounds_made(settings: Settings, opened: OpenLog, mirror: Mirror | None) -> Grounds:
    """Return what finds the grounds of past answers."""
    return Grounds(
        builds=settings.builds,
        library=settings.library,
        store=opened.store,
        now=utc_now,
        fetch_passages=mirror.past_passages if mirror else None,
        scratch=settings.state,
    )
