"""Understanding: one Rasa graph component a file, on top of rules that know nothing of Rasa."""
