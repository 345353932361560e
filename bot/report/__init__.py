"""What the office is told: the weekly summary today; chart, ledger and pack come here."""
