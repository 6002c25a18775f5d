"""The bot's own knowledge: vocabulary, settings, and (in ``bot.nlu``) the Rasa graph components.

Everything outside ``bot.nlu`` is light: importing it never pulls in rasa, spaCy or TensorFlow.
"""
