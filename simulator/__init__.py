"""A local WeChat: the server that delivers messages, the API it offers, and a phone to type on.

Needs no account. It speaks the official account's real protocol to the bot, so that what works
here works with WeChat; nothing in the bot knows which of the two it talks to.
"""
