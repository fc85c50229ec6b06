"""An address says where builds lie, and nothing secret: what has more in it is refused without repeating it."""

import pytest

from indexes.objects.address import checked_address, folder_of, is_address, short_name


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/a/prefix/", "s3://bucket/a/prefix"),
        ("gs://bucket/x", "gs://bucket/x"),
        ("az://container/x", "az://container/x"),
        ("file:///mnt/share/", "file:///mnt/share"),
        ("file:///", "file:///"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket/a..b/.c", "s3://bucket/a..b/.c"),
        ("file:///mnt/a%20share", "file:///mnt/a%20share"),
    ],
)
def test_addresses_are_written_in_one_way(given: str, address: str) -> None:
    assert is_address(given)
    assert checked_address(given) == address


@pytest.mark.parametrize("text", ["indexes/builds", "/srv/builds", "C:/builds", "~/builds", "builds:new", ""])
def test_a_folder_is_none(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("s3://KEY:hush@bucket/x", "keys and secrets are named by the environment"),
        ("s3://bucket/x?secret=hush", "keys and secrets are named by the environment"),
        ("az://container/x#hush", "keys and secrets are named by the environment"),
        ("hush://bucket/x", "begins with one of s3://, gs://, az://, file://"),
        ("s3:///hush", "expected the name of a bucket, such as s3://bucket/prefix"),
        ("file://host/hush", "expected the whole path of a shared folder"),
        ("s3://bucket/hush//x", "without empty parts"),
        ("s3://bucket//hush", "without empty parts"),
        ("s3://bucket/hush/../x", "without empty parts"),
        ("gs://bucket/%2e%2e/hush", "without empty parts"),
        ("az://container/./hush", "without empty parts"),
        ("file:///mnt/../hush", "without empty parts"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(given: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as told:
        checked_address(given)
    assert "hush" not in str(told.value)


def test_the_path_of_a_share_may_hold_any_character() -> None:
    assert folder_of("file:///mnt/a%20share") == "/mnt/a share"


def test_each_address_has_a_mirror_of_its_own() -> None:
    assert short_name("s3://one/x") != short_name("s3://two/x")
