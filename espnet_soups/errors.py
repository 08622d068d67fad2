"""Errors that a user can act on, and how the command line shows them."""

import functools
import sys
from collections.abc import Callable


class UserError(Exception):
    """Wrong input: the message is one sentence that says what is wrong, where, and what to do."""


def cli_main[**P](main: Callable[P, None]) -> Callable[P, None]:
    """Make ``main`` print a :class:`UserError` as one line on stderr and exit with status 1."""

    @functools.wraps(main)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            main(*args, **kwargs)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)

    return guarded
