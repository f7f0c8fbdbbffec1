"""`line111 doctor`: what is missing or wrong on a machine, in plain words, and how to mend it."""
