"""``python -m cli`` is ``suqiu``."""

from cli.main import app

app()
