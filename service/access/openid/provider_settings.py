"""What the operator says of the provider, and of this service there."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The provider, and this service as its client.

    `audience` is that of tokens which programs bring; programs bring none where it is empty. `hosts` are those besides
    the issuer's that the provider may name. `public_url` is where browsers reach this service, without a path.
    """

    issuer: str
    client_id: str
    public_url: str
    client_secret: str | None = field(default=None, repr=False)
    audience: str = ""
    person_claim: str = "sub"
    groups_claim: str = "groups"
    email_claim: str = "email"
    scopes: str = "openid profile email"
    hosts: tuple[str, ...] = ()

    @property
    def callback(self) -> str:
        """Return where the provider sends browsers back to."""
        return f"{self.public_url}/sign-in/callback"
