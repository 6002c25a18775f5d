"""The WeChat official account: the channel through which citizens talk to the bot."""
