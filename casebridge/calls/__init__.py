"""What happened in a call, step by step."""
