"""How users are told: the one kind of error that their mistakes raise, and counts in words."""


class HasilaError(Exception):
    """A mistake in what was given: the message says what was found, where, and what to do.

    The command line prints it without a traceback.
    """


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "bad row"), counted(2_000, "bad row")
    ('1 bad row', '2,000 bad rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
