"""Where cases go: routing by the articles, referrals, escalation."""
