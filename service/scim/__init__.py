"""The door for an identity provider: it pushes people and groups here, by SCIM 2.0."""
