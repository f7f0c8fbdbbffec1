"""What comes back: receipts of providers, and what citizens write."""
