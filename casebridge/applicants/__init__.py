"""Citizens who phone, known by an encrypted national identifier (article 5-3)."""
