"""Signed in at an OpenID provider: browsers by their session, programs by an access token of the provider.

A session lives on while the provider is away; a token is checked with the keys that are known. The provider is asked
for keys by `refresh`, when a token named one that is not known, and at a sign-in. There is no link to sign in by.
"""

from collections.abc import Callable

from service.access.errors import NotSignedInError, ProviderError
from service.access.local import PERSON
from service.access.openid.claims import is_program, person_of
from service.access.openid.connection import Connection
from service.access.openid.discovery import Discovery
from service.access.openid.login import ProviderLogin
from service.access.openid.logins import Logins
from service.access.openid.provider_settings import ProviderSettings
from service.access.openid.signing_keys import SigningKeys
from service.access.openid.tokens import Tokens
from service.access.people import Membership
from service.access.port import Brought, Carried, Departure, NewSession
from service.access.principals import PROGRAM, Principal
from service.access.session_store import SessionStore
from service.access.sessions import Sessions


class OidcAccess:
    """Recognises whom the provider knows. An `Access` and a `SignIn`."""

    def __init__(
        self,
        settings: ProviderSettings,
        *,
        connection: Connection,
        store: SessionStore,
        sessions: Sessions,
        membership: Membership,
        notice: Callable[[str], None],
    ) -> None:
        """Put the parts over a connection to the provider; nothing is asked of it yet. See `open`."""
        self._settings = settings
        self._connection = connection
        self._sessions = sessions
        self.waits = sessions.waits
        self._membership = membership
        self._notice = notice
        discovery = Discovery(connection=connection, issuer=settings.issuer)
        self._keys = SigningKeys(fetch=lambda: connection.get(discovery.endpoints().keys, what="jwks_uri").values)
        self._tokens = Tokens(
            issuer=settings.issuer, client_id=settings.client_id, audience=settings.audience, keys=self._keys
        )
        self._login = ProviderLogin(
            settings, connection=connection, discovery=discovery, tokens=self._tokens, logins=Logins(store)
        )

    @classmethod
    def open(
        cls,
        settings: ProviderSettings,
        *,
        store: SessionStore,
        sessions: Sessions,
        membership: Membership,
        notice: Callable[[str], None],
    ) -> "OidcAccess":
        """Return the access of an installation. Does not need the provider to be there.

        Args:
            settings: the provider, and this service there.
            store: where logins are remembered, between going there and coming back.
            sessions: of browsers, in the same place; closed by `close`.
            membership: makes principals of people.
            notice: is told when the provider does not give its keys.

        Raises:
            ProviderError: the issuer, or a host beside it, is no address that may be reached.
        """
        connection = Connection(issuer=settings.issuer, hosts=settings.hosts)
        return cls(
            settings, connection=connection, store=store, sessions=sessions, membership=membership, notice=notice
        )

    def principal(self, carried: Carried) -> Principal:
        """Return who carries this; see `Access`."""
        if carried.bearer is not None:
            claims = self._tokens.of_access(carried.bearer, resource=carried.resource)
            auth = PROGRAM if is_program(claims) else "oidc-token"
            return self._membership.principal(person_of(claims, self._settings), auth=auth)
        person = self._sessions.person(carried.session) if carried.session is not None else None
        if person is None or person.person_id == PERSON:  # who signed in by a link, in local mode, is nobody here
            raise NotSignedInError("expected somebody who signed in at the identity provider")
        return self._membership.principal(person, auth="oidc-session")

    def refresh(self) -> None:
        """Read anew what `principal` misses; see `Access`. Keys that do not come are none: known ones go on."""
        try:
            self._keys.refresh()
        except ProviderError as error:
            self._notice(f"the keys of the identity provider cannot be read anew: {error}")
        self._membership.refresh()

    def depart(self) -> Departure:
        """Begin a login at the provider; see `SignIn`."""
        return self._login.depart()

    def arrive(self, brought: Brought, *, before: str | None) -> NewSession:
        """Begin a session for whoever comes back from the provider; see `SignIn`."""
        person, id_token = self._login.arrive(brought)
        return self._sessions.begin(person, before=before, id_token=id_token)

    def sign_in(self, code: str) -> NewSession:
        """Refuse: nobody signs in by a link here.

        Raises:
            NotSignedInError: always.
        """
        del code
        raise NotSignedInError("expected a sign-in at the identity provider, got a link")

    def sign_out(self, session_id: str) -> str | None:
        """End the session of a browser; return where it ends its session at the provider; see `SignIn`."""
        id_token = self._sessions.end(session_id)
        return self._login.sign_out_address(id_token) if id_token else None

    def sign_out_everywhere(self, person: str) -> int:
        """End every session of a person; see `SignIn`."""
        return self._sessions.end_all(person)

    def close(self) -> None:
        """Close the store of sessions, and what is open to the provider."""
        self._sessions.close()
        self._connection.close()
