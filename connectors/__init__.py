"""The doors: one folder or file a channel, input and output together."""
