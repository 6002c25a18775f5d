"""Entry points and wiring. May import everything; nothing imports it."""
