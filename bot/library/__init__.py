"""content/ and schedules/ on disk: the folder is the truth (DESIGN §3.1)."""
