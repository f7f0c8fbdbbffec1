"""The same call — environment, eighteen commands, goodbye — served by three FastAGI servers.

Each module is run as `python -m benchmarks.agi_peers.<name> PORT` and says `ready` on stdout.
"""

COMMANDS = 18
"""Commands a call sends; a case-opening call sends about as many."""
