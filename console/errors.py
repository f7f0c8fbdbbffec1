"""What can go wrong on a screen, in the words of the field."""

from __future__ import annotations


class ScreenError(Exception):
    """Base: `status` is the HTTP status the page is sent with."""

    status = 500


class StaleForm(ScreenError):
    """The form's token is not this browser's: an old tab, or another site's doing."""

    status = 403


class NotSignedIn(ScreenError):
    """Nobody is signed in: to the sign-in page, and back afterwards."""

    status = 401


class NotAllowed(ScreenError):
    """The person's roles do not open this screen."""

    status = 403
