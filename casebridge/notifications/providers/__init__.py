"""Ways of sending: one interface, a file a way, and the file of a centre that names its own."""
