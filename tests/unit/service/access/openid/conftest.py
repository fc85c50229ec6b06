"""The scripted provider and the service that sends browsers to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.openid_login import There
from tests.support.openid_parts import (
    opened_access,
    scripted_provider,
    settings_of,
)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[There]:
    with scripted_provider() as provider, opened_access(tmp_path, settings_of(provider.issuer)) as opened:
        yield There(provider, opened)
