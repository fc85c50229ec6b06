"""Where Milvus is: taken apart, and shown without who connects."""

import pytest

from indexes.milvus_address import MilvusAddress, milvus_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://milvus:19530", MilvusAddress("http://milvus:19530", "default", "")),
        (" https://m.example/ ", MilvusAddress("https://m.example", "default", "")),
        (
            "http://root:Mil%40vus@10.0.0.7:19530/greenlit",
            MilvusAddress("http://10.0.0.7:19530", "greenlit", "root:Mil@vus"),
        ),
        ("https://db_admin%3Apw@m.example:443", MilvusAddress("https://m.example:443", "default", "db_admin:pw")),
        ("https://tok3n@m.example/a%20b", MilvusAddress("https://m.example", "a b", "tok3n")),
        ("http://[::1]:19530/x", MilvusAddress("http://[::1]:19530", "x", "")),
    ],
)
def test_an_address_says_where_who_and_which_database(text: str, address: MilvusAddress) -> None:
    assert milvus_address(text) == address


def test_who_connects_is_in_nothing_that_is_shown() -> None:
    address = milvus_address("https://ann:s3cret@m.example:19530/greenlit")
    assert address.shown == "https://m.example:19530/greenlit"
    assert "s3cret" not in repr(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3cret",
        "milvus:19530",
        "./milvus.db",
        "ftp://s3cret@m.example",
        "http://",
        "http://s3cret@m.example:port",
        "http://m.example/a/s3cret",
        "http://m.example/a?token=s3cret",
        "http://[s3cret",
    ],
)
def test_what_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^expected http://HOST:19530 or https://USER:PASSWORD@HOST:19530/DATABASE"
    ) as raised:
        milvus_address(text)
    assert "s3cret" not in str(raised.value)
