"""What the bot does: thin Rasa actions over a dialogue that can be tested without any server.

Everything is wired in ``actions.server``; nothing is built at import.
"""
