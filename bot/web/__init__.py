"""HTTP: WeCom's callback, the door of the verbs, health. Console and reading page come here."""
