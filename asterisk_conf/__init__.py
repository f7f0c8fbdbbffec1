"""What Asterisk reads: configuration templates, dialplan, prompts; rendering them for a node."""
