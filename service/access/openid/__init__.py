"""Sign-in at an OpenID provider: people by the authorization code flow, programs by the provider's access tokens.

In order: `connection` reaches the provider and nobody else, `discovery` asks it where its endpoints are, `signing_keys`
keeps what its tokens are checked with, `tokens` checks them, `claims` makes people of what they say, `logins` remembers
who was sent away, `login` sends them and takes them back, `access` is the adapter that doors see.
"""
