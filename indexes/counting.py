"""Numbers with what they count, as a person reads them: "1 document", "1,204 documents".

For whatever people read: commands, the doctor, pages, messages. Formats no amounts of time, bytes or money.
"""


def counted(count: int, one: str, more: str = "") -> str:
    """Return a count with the noun in its number.

    Args:
        count: how many, from 0 on.
        one: what is said of one, such as "approved document".
        more: what is said of any other count; `one` with an s if that is not given.
    """
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"
