"""The one kind of error a user's mistake raises; the command line prints it without a traceback."""


class HasilaError(Exception):
    """A mistake in what was given: the message says what was found, where, and what to do."""
