"""The public page ``/form``: anybody files an appeal or asks for its state, without an account.

Rendered here, works without JavaScript. What is filed goes the same way as by any other channel.
"""
