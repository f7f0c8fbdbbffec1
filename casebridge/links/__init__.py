"""Links to an outside SAMAD and to other centres: what is told to them, and what they answer."""
