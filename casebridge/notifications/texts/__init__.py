"""What is told: templates in Persian and English, a centre's own wording of them, their length on the air."""
