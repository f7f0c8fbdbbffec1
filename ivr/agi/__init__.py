"""FastAGI (Asterisk Gateway Interface over TCP): protocol without I/O, thin asyncio on top."""
