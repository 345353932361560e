"""HTTP: WeCom's callback, the reading page /r/ and its /static, the door of the verbs, health."""
