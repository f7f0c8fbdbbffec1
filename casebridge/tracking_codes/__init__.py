"""Ten-digit codes told to callers: never twice, neighbours not guessable."""
