"""The door for people: pages that ask, show a source at the quoted place, show one's own record. No script.

Questions are posted, never put into an address. A browser is known by its session, in a cookie that no script can read
and no other site can use. Whatever is shown went through the same pipeline as the API.
"""
