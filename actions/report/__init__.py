"""Filing an appeal: the draft, the questions, the summary, and the Rasa form around them."""
